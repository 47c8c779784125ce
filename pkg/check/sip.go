package check

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"

	"systole/pkg/ipvs"
)

// sip sends one OPTIONS request over the virtual's protocol; up if the answer begins with
// "SIP/2.0 200 OK" (ldirectord spec 9.4). The Via line names UDP even over TCP, as the original's.
func sip(ctx context.Context, env *Env, t Target) Result {
	network := "udp"
	if t.Virtual.Service.Protocol == ipvs.TCP {
		network = "tcp"
	}
	w, err := open(ctx, env, network, t.address(), headerMax)
	if err != nil {
		return failed(ctx, err)
	}
	defer w.Close()
	request, err := sipOptions(env, t.Virtual.Login, w.LocalAddr())
	if err != nil {
		return failed(ctx, err)
	}
	if _, err := w.Write([]byte(request)); err != nil {
		return failed(ctx, err)
	}
	h := &headReader{r: bufio.NewReaderSize(w, headerMax), left: headerMax}
	first, err := h.line()
	switch {
	case strings.HasPrefix(first, "SIP/2.0 200 OK"):
		return Result{Up: true}
	case err != nil:
		return failed(ctx, err)
	}
	return Result{Message: first}
}

func sipOptions(env *Env, login string, local net.Addr) (string, error) {
	var id [8]byte
	if _, err := io.ReadFull(env.Rand, id[:]); err != nil {
		return "", err
	}
	lines := []string{
		"OPTIONS sip:" + login + " SIP/2.0",
		"Via: SIP/2.0/UDP " + local.String() + ";branch=z9hG4bKhjhs8ass877",
		"Max-Forwards: 70",
		"To: <sip:" + login + ">",
		"From: <sip:" + login + ">;tag=1928301774",
		fmt.Sprintf("Call-ID: %x", id),
		"CSeq: 63104 OPTIONS",
		"Contact: <sip:" + login + ">",
		"Accept: application/sdp",
		"Content-Length: 0",
		"", "",
	}
	return strings.Join(lines, "\r\n"), nil
}
