package lab

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// onThread runs fn on a thread that is thrown away afterwards, as nothing else
// may ever run on a thread whose namespace was changed.
func onThread(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		done <- fn()
	}()
	return <-done
}

// newNetns makes a network namespace that lives as long as its handle.
func newNetns() (*os.File, error) {
	var ns *os.File
	err := onThread(func() (err error) {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	return ns, err
}

// inNetns runs fn with the namespace as its thread's. Sockets that fn makes stay
// in the namespace wherever they are used later.
func inNetns(ns *os.File, fn func() error) error {
	return onThread(func() error {
		raw, err := ns.SyscallConn()
		if err != nil {
			return err
		}
		var entered error
		if err := raw.Control(func(fd uintptr) { entered = unix.Setns(int(fd), unix.CLONE_NEWNET) }); err != nil {
			return err // the host died meanwhile
		}
		if entered != nil {
			return fmt.Errorf("enter network namespace: %w", entered)
		}
		return fn()
	})
}

func (l *Lab) inSwitches(fn func() error) error { return inNetns(l.ns, fn) }

// readySwitches makes the lab's own namespace a router between its switches.
func readySwitches() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(lo); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644)
}

// Do runs fn on a thread inside the host's network namespace: sockets and
// netlink calls that fn makes are the host's. Only the network is the host's,
// not the files. fn must not start goroutines that make sockets.
func (h *Host) Do(fn func() error) error {
	g, err := h.running()
	if err != nil {
		return err
	}
	return inNetns(g.ns, fn)
}

// Dial connects from the host to an address in numbers ("10.0.0.1:80").
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(address); err != nil {
		return nil, fmt.Errorf("dial from %s: %w", h.Name, err)
	}
	var c net.Conn
	err := h.Do(func() (err error) {
		c, err = (&net.Dialer{KeepAlive: -1}).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

// DialTimeout is Dial with a limit.
func (h *Host) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return h.Dial(ctx, network, address)
}

// Listen listens on the host.
func (h *Host) Listen(network, address string) (l net.Listener, err error) {
	err = h.Do(func() (err error) {
		l, err = net.Listen(network, address)
		return err
	})
	return l, err
}

// Serve listens on the host and talks to each client, side by side, until the listener is closed. A
// connection ends with the talk.
func (h *Host) Serve(network, address string, talk func(net.Conn)) (net.Listener, error) {
	l, err := h.Listen(network, address)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); talk(c) }()
		}
	}()
	return l, nil
}
