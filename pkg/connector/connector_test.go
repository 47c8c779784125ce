package connector

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"systole/pkg/loopback"
)

const long = 30 * time.Second

// listen makes a server on loopback.
func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// drop takes every connection and closes it.
func drop(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_ = c.Close()
	}
}

func connector(t *testing.T) *Connector {
	c := new(Connector)
	t.Cleanup(c.Close)
	return c
}

// begin starts an attempt; its outcome comes over the channel.
func begin(c *Connector, to netip.AddrPort, limit time.Duration) (*Attempt, <-chan error) {
	outcome := make(chan error, 1)
	a := &Attempt{To: to, Limit: limit, Done: func(took time.Duration, err error) {
		if err == nil && took <= 0 {
			err = errors.New("it took no time")
		}
		outcome <- err
	}}
	c.Begin(a)
	return a, outcome
}

// ended is how an attempt went.
func ended(t *testing.T, outcome <-chan error) error {
	t.Helper()
	select {
	case err := <-outcome:
		return err
	case <-time.After(long):
		t.Fatal("the attempt does not end")
		return nil
	}
}

// sockets asks the goroutine that has them how many they are.
func sockets(c *Connector, to netip.AddrPort) int {
	n := make(chan int)
	c.Begin(&Attempt{To: to, Done: func(time.Duration, error) { n <- len(c.sockets) }})
	return <-n
}

// TestSocketIsUsedAgain: one socket for all connections of a family that follow one another, each from
// a port of its own, and each ended by a reset.
func TestSocketIsUsedAgain(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			l, c := listen(t, "tcp", address), connector(t)
			ports := map[string]bool{}
			for range 20 {
				_, outcome := begin(c, loopback.Addr(l), long)
				server, err := l.Accept()
				if err != nil {
					t.Fatal(err)
				}
				if err := ended(t, outcome); err != nil {
					t.Fatal(err)
				}
				_ = server.SetDeadline(time.Now().Add(long))
				if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
					t.Fatalf("the server saw %v, want a reset", err)
				}
				ports[server.RemoteAddr().String()] = true
				_ = server.Close()
			}
			if len(ports) < 2 {
				t.Errorf("all connections came from %v", ports)
			}
			if n := sockets(c, loopback.Addr(l)); n != 1 {
				t.Errorf("%d sockets for one connection at a time", n)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	c, l := connector(t), loopback.Listen(t)
	hangs := loopback.Silent(t)
	for range 3 { // a socket that failed must not spoil the next attempt
		if _, outcome := begin(c, loopback.Nobody(t), long); !errors.Is(ended(t, outcome), syscall.ECONNREFUSED) {
			t.Error("nobody listens: want a refusal")
		}
		if _, outcome := begin(c, hangs, 20*time.Millisecond); !errors.Is(ended(t, outcome), os.ErrDeadlineExceeded) {
			t.Error("no answer: want the limit")
		}
		if _, outcome := begin(c, loopback.Addr(l), long); ended(t, outcome) != nil {
			t.Error("a good server is not up")
		}
		a, outcome := begin(c, hangs, 0)
		c.Cancel(a)
		if err := ended(t, outcome); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		c.Cancel(a) // again: nothing
		if _, outcome := begin(c, netip.MustParseAddrPort("[fe80::1%nosuch0]:80"), long); ended(t, outcome) == nil {
			t.Error("an interface that is not there")
		}
	}
}

// TestLateLook: an answer that came in time counts, even if this process was stopped until after the limit.
func TestLateLook(t *testing.T) {
	c, l := connector(t), listen(t, "tcp", "127.0.0.1:0")
	outcome := make(chan error, 1)
	const limit = 20 * time.Millisecond
	second := &Attempt{To: loopback.Addr(l), Limit: limit, Done: func(_ time.Duration, err error) { outcome <- err }}
	c.Begin(&Attempt{To: loopback.Addr(l), Done: func(time.Duration, error) { // in the connector's goroutine
		c.begin(second)
		<-time.After(2 * limit)
	}})
	if err := ended(t, outcome); err != nil {
		t.Error(err)
	}
}

// TestConnect: the form that waits.
func TestConnect(t *testing.T) {
	c, l := connector(t), loopback.Listen(t)
	if err := c.Connect(t.Context(), loopback.Addr(l)); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := c.Connect(ctx, loopback.Silent(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("no answer: %v", err)
	}
}

// TestCrowd: hundreds on their way at once, good, refused and hanging ones, and each outcome is its own.
func TestCrowd(t *testing.T) {
	c, l := connector(t), listen(t, "tcp", "0.0.0.0:0")
	port := loopback.Addr(l).Port()
	go drop(l)
	refused, hangs := loopback.Nobody(t), loopback.Silent(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	wrong := map[string]int{}
	start := func(to netip.AddrPort, limit time.Duration, want error) {
		all.Add(1)
		c.Begin(&Attempt{To: to, Limit: limit, Done: func(_ time.Duration, err error) {
			defer all.Done()
			if !errors.Is(err, want) {
				mu.Lock()
				defer mu.Unlock()
				wrong[to.String()+": "+errText(err)]++
			}
		}})
	}
	for round := range 5 {
		for i := range 200 {
			start(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, byte(round), byte(i + 1)}), port), long, nil)
			start(refused, long, syscall.ECONNREFUSED)
			if i < 20 {
				start(hangs, 50*time.Millisecond, os.ErrDeadlineExceeded)
			}
		}
		all.Wait()
	}
	if len(wrong) > 0 {
		t.Error(wrong)
	}
	if n := sockets(c, refused); n > keptIdle+1 {
		t.Errorf("%d sockets kept", n)
	}
}

func errText(err error) string {
	if err == nil {
		return "connected"
	}
	return err.Error()
}

// TestClose: what is on its way ends, what comes later fails.
func TestClose(t *testing.T) {
	c := new(Connector)
	_, outcome := begin(c, loopback.Silent(t), 0)
	c.Close()
	c.Close()
	if err := ended(t, outcome); !errors.Is(err, net.ErrClosed) {
		t.Errorf("on its way: %v", err)
	}
	a, outcome := begin(c, loopback.Nobody(t), 0)
	if err := ended(t, outcome); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after: %v", err)
	}
	c.Cancel(a)
	unused := new(Connector)
	unused.Close()
	_, outcome = begin(unused, loopback.Nobody(t), 0)
	if err := ended(t, outcome); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed before its first use: %v", err)
	}
}

// BenchmarkConnect: what one connection on loopback costs, the server's half included.
func BenchmarkConnect(b *testing.B) {
	l := loopback.Listen(b)
	go drop(l)
	c, to := new(Connector), loopback.Addr(l)
	defer c.Close()
	b.ReportAllocs()
	const batch = 16
	done := make(chan error, batch)
	for range b.N/batch + 1 {
		for range batch {
			c.Begin(&Attempt{To: to, Limit: long, Done: func(_ time.Duration, err error) { done <- err }})
		}
		for range batch {
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		}
	}
}
