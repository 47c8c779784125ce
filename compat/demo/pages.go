package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"systole/compat/lab"
)

// The applets that serve web pages.
const (
	gunnmPages   = "web"   // the lab's own: every page says who answers
	defaultPages = "pages" // as that, with the default page of Apache beside
)

// apacheDefault is the page whose MD5 how-to 002 computes with genhash.
const apacheDefault = "<html><body><h1>It works!</h1></body></html>"

// runPages is the applet "lab:pages": a web server of how-to 002. The page that
// directors ask for is the same on all, byte for byte; every other says who answers.
func runPages(args []string) int {
	flags := flag.NewFlagSet("lab:pages", flag.ContinueOnError)
	addr := flags.String("addr", ":80", "address to listen on")
	name := flags.String("name", "", "server's name")
	page := flags.String("page", apacheDefault, "the page that directors ask for")
	if flags.Parse(args) != nil {
		return 2
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("listening on", l.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("/apache2-default/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, *page) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, *name) })
	srv := &http.Server{ReadTimeout: 5 * time.Second, Handler: mux}
	srv.SetKeepAlivesEnabled(false)
	fmt.Fprintln(os.Stderr, srv.Serve(l))
	return 1
}

// startPages starts a web server on a host and returns when it listens.
func startPages(ctx context.Context, h *lab.Host, applet, name string, more ...string) (*lab.Process, error) {
	p, err := h.Start(append([]string{lab.Self, "lab:" + applet, "-addr", "0.0.0.0:80", "-name", name}, more...)...)
	if err != nil {
		return nil, err
	}
	return p, poll(ctx, func() (bool, error) {
		select {
		case <-p.Done():
			return false, fmt.Errorf("web server %s: %s", name, p.Stderr())
		default:
			return p.Stdout() != "", nil
		}
	})
}
