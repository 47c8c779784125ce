package check

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	"systole/pkg/loopback"
)

func TestDial(t *testing.T) {
	dial := dialer()
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "localhost:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Logf("%s: %v", address, err) // a machine without IPv6
			continue
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		host, _, _ := net.SplitHostPort(address)
		c, err := dial(t.Context(), "tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if c.RemoteAddr().String() != l.Addr().String() || c.LocalAddr().String() != server.RemoteAddr().String() {
			t.Errorf("%s: from %s to %s, and the server sees %s", address, c.LocalAddr(), c.RemoteAddr(), server.RemoteAddr())
		}
		_ = c.Close()
		_ = server.SetDeadline(time.Now().Add(long))
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: closed with %v, want a reset", address, err)
		}
		_ = server.Close()
	}
	if _, err := dial(t.Context(), "tcp", loopback.Nobody(t).String()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestDialEnds: a connect that nobody answers ends with its context, at the limit or before.
func TestDialEnds(t *testing.T) {
	addr := loopback.Silent(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := dialTCP(ctx, addr); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("at the limit: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := dialTCP(ctx, addr); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := dialTCP(ctx, addr); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
}
