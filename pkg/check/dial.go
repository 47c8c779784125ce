package check

import (
	"context"
	"net"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// dialer returns how connections are made. Addresses of TCP, the usual case, go past net.Dialer: it
// asks a new socket six things that no check wants to know, and keeps a goroutine for the context.
// At thousands of checks a second that is a quarter of their price.
func dialer() func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{KeepAlive: -1} // connections live for one question
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		to, err := netip.ParseAddrPort(address)
		if network == "tcp" && err == nil && to.Addr().Zone() == "" {
			return dialTCP(ctx, to)
		}
		c, err := d.DialContext(ctx, network, address)
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0)
		}
		return c, err
	}
}

// dialTCP connects, or fails at the latest when the context ends.
func dialTCP(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	server := sockaddr(to)
	fd, err := socket(server)
	if err != nil {
		return nil, err
	}
	// The descriptor is handed to the poller when it is on its way: of an idle socket the poller
	// would hear a hang-up.
	s := &stream{os.NewFile(uintptr(fd), "tcp"), to}
	release := context.AfterFunc(ctx, func() { _ = s.Close() })
	err = s.connect(server)
	if !release() {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// socket returns a socket that does not block and has begun to connect. Small messages go out at
// once, as package net has it, and its close is a reset.
func socket(server unix.Sockaddr) (int, error) {
	family := unix.AF_INET
	if _, ipv6 := server.(*unix.SockaddrInet6); ipv6 {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	if err := unix.Connect(fd, server); err != nil && !connecting(err) {
		_ = unix.Close(fd)
		return -1, os.NewSyscallError("connect", err)
	}
	return fd, nil
}

// connecting says whether the outcome of a connect is still open.
func connecting(err error) bool {
	return err == unix.EINPROGRESS || err == unix.EALREADY || err == unix.EINTR
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() || a.Addr().Is4In6() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// stream is a TCP connection.
type stream struct {
	*os.File
	to netip.AddrPort
}

// connect waits for the outcome: asked once more, connect(2) says it.
func (s *stream) connect(server unix.Sockaddr) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var outcome error
	err = raw.Write(func(fd uintptr) bool {
		outcome = unix.Connect(int(fd), server)
		return !connecting(outcome)
	})
	switch {
	case err != nil:
		return err
	case outcome != nil && outcome != unix.EISCONN:
		return os.NewSyscallError("connect", outcome)
	}
	return nil
}

// CloseWrite ends what we send.
func (s *stream) CloseWrite() error {
	return s.control(func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

func (s *stream) control(do func(fd int) error) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	var outcome error
	if err := raw.Control(func(fd uintptr) { outcome = do(int(fd)) }); err != nil {
		return err
	}
	return outcome
}

// LocalAddr returns our end.
func (s *stream) LocalAddr() net.Addr {
	var here netip.AddrPort
	_ = s.control(func(fd int) error {
		a, err := unix.Getsockname(fd)
		switch a := a.(type) {
		case *unix.SockaddrInet4:
			here = netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
		case *unix.SockaddrInet6:
			here = netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
		}
		return err
	})
	return net.TCPAddrFromAddrPort(here)
}

// RemoteAddr returns the server.
func (s *stream) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(s.to) }

var _ syscall.Conn = (*stream)(nil)
