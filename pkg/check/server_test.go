package check

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"systole/pkg/diag"
	"systole/pkg/ldirectorcf"
	"systole/pkg/loopback"
)

// script is how a played server behaves on one connection.
type script func(c net.Conn)

// played is a server on loopback that plays a script to every connection and keeps what it heard.
type played struct {
	addr  netip.AddrPort
	mu    sync.Mutex
	heard []string
	ended chan error // how each connection ended, seen from the server
}

func play(t *testing.T, s script) *played {
	t.Helper()
	l := loopback.Listen(t)
	p := &played{addr: loopback.Addr(l), ended: make(chan error, 100)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(t, c, s)
		}
	}()
	return p
}

func (p *played) serve(t *testing.T, c net.Conn, s script) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	h := &hearing{Conn: c, p: p}
	s(h)
	_, err := io.Copy(io.Discard, h)
	p.ended <- err
	_ = t
}

// hearing notes what a server reads.
type hearing struct {
	net.Conn
	p *played
}

func (h *hearing) Read(b []byte) (int, error) {
	n, err := h.Conn.Read(b)
	if n > 0 {
		h.p.mu.Lock()
		h.p.heard = append(h.p.heard, string(b[:n]))
		h.p.mu.Unlock()
	}
	return n, err
}

func (p *played) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.heard, "")
}

// says answers the request, up to its empty line, with a text and closes.
func says(text string) script {
	return func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, text)
		closeWrite(c)
	}
}

func readRequest(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		l, err := r.ReadString('\n')
		if err != nil || l == "\r\n" {
			return
		}
	}
}

func closeWrite(c net.Conn) {
	if h, ok := c.(*hearing); ok {
		c = h.Conn
	}
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
}

// converses plays a dialogue: each step is what is sent first or, after the first, in answer to a
// line that begins with its first word.
func converses(banner string, answers ...[2]string) script {
	return func(c net.Conn) {
		_, _ = io.WriteString(c, banner)
		r := bufio.NewReader(c)
		for _, a := range answers {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if !strings.HasPrefix(line, a[0]) {
				_, _ = fmt.Fprintf(c, "500 expected %s, got %s", a[0], line)
				return
			}
			_, _ = io.WriteString(c, a[1])
		}
		closeWrite(c)
	}
}

// target makes the check of one real from configuration lines.
func target(t testing.TB, virtual, real string, lines ...string) Target {
	t.Helper()
	text := "checktimeout=5\nnegotiatetimeout=5\nvirtual=" + virtual + "\n        real=" + real + "\n"
	if strings.HasPrefix(virtual, "[") {
		text = strings.NewReplacer("virtual=", "virtual6=", "real=", "real6=").Replace(text)
	}
	for _, l := range lines {
		text += "        " + l + "\n"
	}
	cf, diags := ldirectorcf.Load(ldirectorcf.Env{HostName: "director1.example.com"}, "test.cf", []byte(text+"\n"))
	if diag.Failed(diags) {
		t.Fatalf("%v\n%s", diags, text)
	}
	v := &cf.Virtuals[0]
	tg, err := New(v, &v.Reals[0])
	if err != nil {
		t.Fatal(err)
	}
	if tg.Kind == ldirectorcf.CheckCombined {
		tg.Kind = ldirectorcf.CheckNegotiate
	}
	return tg
}

func testEnv() *Env { return System("director1.example.com", []string{"example.com"}) }

// run runs a check with a limit.
func runCheck(t *testing.T, tg Target, limit time.Duration) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return Run(ctx, testEnv(), tg)
}
