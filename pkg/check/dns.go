package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"systole/pkg/ipvs"
)

// The messages of the original (ldirectord spec 9.4).
const (
	dnsNoAnswer = "Connection timed out" // also for NXDOMAIN
	mismatch    = "Response mismatch"
)

// dns asks for request: type A, or PTR for an address. Up only if an A address or PTR name of the
// answer matches receive; without receive= always down. A short name is tried with the search
// domains of resolv.conf.
func dns(ctx context.Context, env *Env, t Target) Result {
	found := false
	for _, q := range dnsQuestions(t.request(), env.Search) {
		answers, err := askDNS(ctx, env, t, q)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			continue
		}
		for _, a := range answers {
			found = true
			if t.Receive != nil && t.Receive.Match([]byte(a)) {
				return Result{Up: true, Message: "Success"}
			}
		}
		if found {
			return Result{Message: mismatch}
		}
	}
	return Result{Message: dnsNoAnswer}
}

// question is a name and type to ask for.
type question struct {
	name string
	kind dnsmessage.Type
}

func dnsQuestions(request string, search []string) []question {
	if a, err := netip.ParseAddr(request); err == nil {
		return []question{{reverseName(a), dnsmessage.TypePTR}}
	}
	name := strings.TrimSuffix(request, ".")
	if strings.Contains(request, ".") {
		return []question{{name + ".", dnsmessage.TypeA}}
	}
	var qs []question
	for _, domain := range search {
		qs = append(qs, question{name + "." + strings.Trim(domain, ".") + ".", dnsmessage.TypeA})
	}
	return append(qs, question{name + ".", dnsmessage.TypeA})
}

// reverseName is the name of an address in the reverse tree.
func reverseName(a netip.Addr) string {
	var b strings.Builder
	bytes := a.AsSlice()
	for i := len(bytes) - 1; i >= 0; i-- {
		if a.Is4() {
			fmt.Fprintf(&b, "%d.", bytes[i])
		} else {
			fmt.Fprintf(&b, "%x.%x.", bytes[i]&15, bytes[i]>>4)
		}
	}
	if a.Is4() {
		return b.String() + "in-addr.arpa."
	}
	return b.String() + "ip6.arpa."
}

// askDNS asks over the virtual's protocol, and over TCP again if a datagram was cut off.
func askDNS(ctx context.Context, env *Env, t Target, q question) ([]string, error) {
	if t.Virtual.Service.Protocol == ipvs.TCP {
		return exchangeDNS(ctx, env, t, q, "tcp")
	}
	answers, err := exchangeDNS(ctx, env, t, q, "udp")
	if errors.Is(err, errTruncated) {
		return exchangeDNS(ctx, env, t, q, "tcp")
	}
	return answers, err
}

var (
	errTruncated = errors.New("truncated answer")
	errStray     = errors.New("answer to another question")
	errDNSCode   = errors.New("the server reports an error")
)

func exchangeDNS(ctx context.Context, env *Env, t Target, q question, network string) ([]string, error) {
	w, err := open(ctx, env, network, t.address(), bodyMax)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	var id [2]byte
	if _, err := io.ReadFull(env.Rand, id[:]); err != nil {
		return nil, err
	}
	query, err := packQuery(binary.BigEndian.Uint16(id[:]), q)
	if err != nil {
		return nil, err
	}
	if network == "tcp" {
		query = append(binary.BigEndian.AppendUint16(nil, uint16(len(query))), query...)
	}
	if _, err := w.Write(query); err != nil {
		return nil, err
	}
	for {
		b, err := w.readDNS(network)
		if err != nil {
			return nil, err
		}
		answers, err := unpackAnswer(b, binary.BigEndian.Uint16(id[:]))
		if network == "udp" && errors.Is(err, errStray) {
			continue
		}
		return answers, err
	}
}

func (w *wire) readDNS(network string) ([]byte, error) {
	b := make([]byte, 1<<16)
	if network == "udp" {
		n, err := w.Read(b)
		return b[:n], err
	}
	if _, err := io.ReadFull(w, b[:2]); err != nil {
		return nil, err
	}
	n, err := io.ReadFull(w, b[:binary.BigEndian.Uint16(b)])
	return b[:n], err
}

func packQuery(id uint16, q question) ([]byte, error) {
	name, err := dnsmessage.NewName(q.name)
	if err != nil {
		return nil, fmt.Errorf("name %q: %w", q.name, err)
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: name, Type: q.kind, Class: dnsmessage.ClassINET}},
	}
	return m.Pack()
}

// unpackAnswer returns the A addresses and PTR names of an answer.
func unpackAnswer(b []byte, id uint16) ([]string, error) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	switch {
	case err != nil || h.ID != id || !h.Response:
		return nil, errStray
	case h.Truncated:
		return nil, errTruncated
	case h.RCode != dnsmessage.RCodeSuccess:
		return nil, errDNSCode
	}
	if err := p.SkipAllQuestions(); err != nil {
		return nil, err
	}
	var found []string
	for {
		r, err := p.Answer()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		switch body := r.Body.(type) {
		case *dnsmessage.AResource:
			found = append(found, netip.AddrFrom4(body.A).String())
		case *dnsmessage.PTRResource:
			found = append(found, strings.TrimSuffix(body.PTR.String(), "."))
		}
	}
}
