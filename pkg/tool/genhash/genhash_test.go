package genhash

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"

	"systole/pkg/loopback"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

func run(args ...string) (out, errs string, code int) {
	return tooltest.Run(Verb(), "", args...)
}

// serve answers one connection after the other with the bytes, and keeps what it was asked.
func serve(t *testing.T, answer string) (addr []string, asked func() string) {
	t.Helper()
	at, questions := loopback.Answer(t, answer)
	return []string{"-s", at.Addr().String(), "-p", fmt.Sprint(at.Port())}, func() string { return <-questions }
}

const page = "<html><body><h1>It works!</h1></body></html>"

// digest is what how-to 002 has for the page.
const digest = "c7b4690c8c46625ef0f328cd7a24a0a3"

// The digest of how-to 002 and the verbose output of keepalived 2.2.7, byte for byte but for the
// time: testdata/verbose.txt is what it printed for the answer in testdata/answer.txt.
func TestAsKeepalived(t *testing.T) {
	answer, err := os.ReadFile("testdata/answer.txt")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/verbose.txt")
	if err != nil {
		t.Fatal(err)
	}
	at, asked := serve(t, string(answer))
	out, errs, code := run(append(at, "-u", "/apache2-default/", "-v")...)
	took := regexp.MustCompile(`= [0-9]+ usecs`)
	if got := took.ReplaceAllString(out, "= N usecs"); got != took.ReplaceAllString(string(want), "= N usecs") || code != exitGood {
		t.Errorf("exit code %d %s\n%q\nwant\n%q", code, errs, got, want)
	}
	if got, want := asked(), "GET /apache2-default/ HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: "+at[1]+":"+at[3]+"\r\n\r\n"; got != want {
		t.Errorf("asked %q, want %q", got, want)
	}
	if out, _, code := run(append(at, "--url", "/apache2-default/")...); out != digest+"\n" || code != exitGood {
		t.Errorf("%q, exit code %d", out, code)
	}
}

func TestRequest(t *testing.T) {
	v4, v6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")
	for _, c := range []struct {
		r    request
		want string
	}{
		{request{server: v4, port: 80, path: "/"}, "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1\r\n\r\n"},
		{request{server: v4, port: 443, path: "/", tls: true}, "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1\r\n\r\n"},
		{request{server: v4, port: 443, path: "/"}, "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: 10.0.0.1:443\r\n\r\n"},
		{request{server: v6, port: 80, path: "/"}, "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: [fd00::1]\r\n\r\n"},
		{request{server: v6, port: 8080, path: "/"}, "GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nHost: [fd00::1]:8080\r\n\r\n"},
		{request{server: v4, port: 8080, path: "/", host: "a.example", protocol: "1.1"},
			"GET / HTTP/1.1\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: a.example\r\n\r\n"},
		{request{server: v4, port: 80, path: "/", protocol: "1.0c"},
			"GET / HTTP/1.0\r\nUser-Agent: KeepAliveClient\r\nConnection: close\r\nHost: 10.0.0.1\r\n\r\n"},
	} {
		if got := c.r.text(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.r, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	at, _ := serve(t, "HTTP/1.0 203 Good\r\nContent-Length: 44\r\n\r\n"+page+"beyond the length")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--digest " + digest, exitGood, ""},
		{"--digest " + strings.ToUpper(digest) + " --status 200-299", exitGood, ""},
		{"--digest " + strings.Repeat("0", 32), exitOther, "digest " + digest},
		{"--status 203", exitGood, ""},
		{"--status 200,301-302", exitOther, "status 203"},
		{"--status x-y", exitOther, "status 203"},
		{"--regex It.works!</", exitGood, ""},
		{"--regex beyond", exitOther, "no match"},
		{"--not-regex beyond", exitGood, ""},
		{"--not-regex works", exitOther, "a match"},
	} {
		out, errs, code := run(append(append(at, "-u", "/"), strings.Fields(c.args)...)...)
		if out != digest+"\n" || code != c.code || !strings.Contains(errs, c.says) || (errs == "") != (c.says == "") {
			t.Errorf("%s: exit code %d, %q, %q", c.args, code, out, errs)
		}
	}
}

func TestTLS(t *testing.T) {
	names := make(chan string, 1)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		names <- r.TLS.ServerName
		io.WriteString(w, page)
	}))
	defer s.Close()
	at := netip.MustParseAddrPort(s.Listener.Addr().String())
	out, errs, code := run("-S", "-I", "-V", "www.example.com", "-s", at.Addr().String(), "-p", fmt.Sprint(at.Port()), "-u", "/")
	if out != digest+"\n" || code != exitGood {
		t.Fatalf("exit code %d, %q, %q", code, out, errs)
	}
	if name := <-names; name != "www.example.com" {
		t.Errorf("the handshake named %q", name)
	}
}

// Connections that fail, answers that are none and servers that say nothing have an exit code, where
// the genhash of keepalived has 0.
func TestNoAnswer(t *testing.T) {
	silent := loopback.Addr(loopback.Listen(t)) // the kernel accepts, and nobody says anything
	garbage, _ := serve(t, "hello\n")
	cut, _ := serve(t, "HTTP/1.0 200 OK\r\n")
	for _, args := range [][]string{
		{"-s", "127.0.0.1", "-p", fmt.Sprint(silent.Port()), "-t", "0.05"},
		{"-s", "127.0.0.1", "-p", "1"},
		garbage, cut,
	} {
		if out, errs, code := run(append(args, "-u", "/")...); code != exitFailed || out != "" || errs == "" {
			t.Errorf("%q: exit code %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestWrongCalls(t *testing.T) {
	for _, args := range []string{"", "-s host -p 80 -u /", "-s 10.0.0.1 -u /", "-s 10.0.0.1 -p 80", "-s 10.0.0.1 -p 80 -u / -P 2",
		"-s 10.0.0.1 -p 80 -u / --regex (", "-s 10.0.0.1 -p 80 -u / -t 0", "-s 10.0.0.1 -p 80 -u / more"} {
		if _, errs, code := run(strings.Fields(args)...); code != tool.Usage || errs == "" {
			t.Errorf("%s: exit code %d, %q", args, code, errs)
		}
	}
}

// A server that breaks off in the middle of the body is hashed as far as it came.
func TestShortBody(t *testing.T) {
	a, err := read(strings.NewReader("HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n" + page))
	if err != nil || a.digest() != digest {
		t.Errorf("%q, %v", a.digest(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fetch(ctx, request{server: netip.MustParseAddr("127.0.0.1"), port: 1, path: "/"}); err == nil {
		t.Error("a request after the end")
	}
}
