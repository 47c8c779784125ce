package ldird

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// scrapeCommand: scrape SOCKET|ADDRESS TEXT waits until /metrics there holds a text; ! scrape
// ADDRESS until nobody answers.
func scrapeCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		await(ts, "no answer at "+args[0], func() bool { _, ok := scrape(ts, args[0]); return !ok })
		return
	}
	await(ts, args[1], func() bool {
		body, ok := scrape(ts, args[0])
		return ok && strings.Contains(body, args[1])
	})
}

func scrape(ts *testscript.TestScript, at string) (string, bool) {
	network := "tcp"
	if !strings.Contains(at, ":") {
		network, at = "unix", ts.MkAbs(at)
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, at)
	}
	client := http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
	r, err := client.Get("http://director/metrics")
	if err != nil {
		return "", false
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return string(body), err == nil
}

// freePort sets $name to an address that nobody listens on.
func freePort(e *testscript.Env, name string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.Setenv(name, l.Addr().String())
	return l.Close()
}
