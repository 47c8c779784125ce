// Package loopback makes the other end of a connection for tests: servers on loopback, each on a port of
// the kernel's choice, that end with the test.
//
//	Listen     a listener, for a test that plays the server itself
//	Answer     a server with one answer to everything, or none
//	Silent     a server that does not even take the connection: no answer to a SYN
//	Nobody     an address where nobody listens: refused
//	Datagrams  a server for datagrams
package loopback

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Listen listens for TCP connections.
func Listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// Addr is where a listener listens.
func Addr(l net.Listener) netip.AddrPort { return netip.MustParseAddrPort(l.Addr().String()) }

// Nobody is an address where nobody listens, and cannot until the test is over.
func Nobody(t testing.TB) netip.AddrPort {
	t.Helper()
	_, at := bound(t)
	return at
}

// bound is a socket with a port, which does not listen.
func bound(t testing.TB) (fd int, at netip.AddrPort) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	here := [4]byte{127, 0, 0, 1}
	err = unix.Bind(fd, &unix.SockaddrInet4{Addr: here})
	name, nameErr := unix.Getsockname(fd)
	if err = errors.Join(err, nameErr); err != nil {
		t.Fatal(err)
	}
	return fd, netip.AddrPortFrom(netip.AddrFrom4(here), uint16(name.(*unix.SockaddrInet4).Port))
}

// most is how many questions to an Answer nobody needs to take.
const most = 10

// Answer takes one connection after the other, reads once, and answers and closes; without an answer it
// says nothing, and the connection stays open. What it has read comes over the channel.
func Answer(t testing.TB, answer string) (at netip.AddrPort, asked <-chan string) {
	t.Helper()
	l, questions := Listen(t), make(chan string, most)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			n, _ := c.Read(buf)
			questions <- string(buf[:n])
			if answer == "" {
				t.Cleanup(func() { _ = c.Close() })
				continue
			}
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	return Addr(l), questions
}

// Silent is a server whose queue of connections is full, so that it answers no SYN.
func Silent(t testing.TB) netip.AddrPort {
	t.Helper()
	fd, addr := bound(t)
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 3 { // a queue of the length 0 takes one
		if c, err := net.DialTimeout("tcp", addr.String(), 100*time.Millisecond); err == nil {
			t.Cleanup(func() { _ = c.Close() })
		}
	}
	return addr
}

// Datagrams is a server for datagrams: what respond makes of one goes back to its sender.
func Datagrams(t testing.TB, respond func(question []byte) (answers [][]byte)) netip.AddrPort {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		b := make([]byte, 2000)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			for _, a := range respond(b[:n]) {
				_, _ = c.WriteTo(a, from)
			}
		}
	}()
	return netip.MustParseAddrPort(c.LocalAddr().String())
}
