package lab

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"
)

// runWeb is the applet "lab:web": a small real web server. Every page is
//
//	gunnm
//	NAME
//
// so that a check for "gunnm" passes and a client can tell who answered.
func runWeb(args []string) int {
	fs := flag.NewFlagSet("lab:web", flag.ContinueOnError)
	addr := fs.String("addr", ":80", "address to listen on")
	name := fs.String("name", "", "server's name, the host name if empty")
	if fs.Parse(args) != nil {
		return 2
	}
	if *name == "" {
		*name, _ = os.Hostname()
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("listening on", l.Addr())
	page := fmt.Sprintf("gunnm\n%s\n", *name)
	srv := &http.Server{ReadTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, page)
	})}
	srv.SetKeepAlivesEnabled(false)
	fmt.Fprintln(os.Stderr, srv.Serve(l))
	return 1
}

// Web starts a web server on the host and returns when it listens. Every page of
// it is "gunnm" and the server's name on lines of their own. addr's zero IP
// address means all addresses, also those that come later.
func (h *Host) Web(ctx context.Context, addr netip.AddrPort, name string) (*Process, error) {
	p, err := h.Start(Self, "lab:web", "-addr", addr.String(), "-name", name)
	if err != nil {
		return nil, err
	}
	err = Poll(ctx, lookEvery, func() (bool, error) {
		select {
		case <-p.Done():
			return false, errors.New(p.Stderr())
		default:
			return p.Stdout() != "", nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("web server %s on %s does not listen: %w", name, h.Name, err)
	}
	return p, nil
}
