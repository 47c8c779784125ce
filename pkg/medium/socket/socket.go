// Package socket is what the datagram drivers share: a socket that never blocks its sender, a
// reader that empties its queue, and the original's words about failures.
package socket

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Socket is a datagram socket. Its methods may be called at the same time.
type Socket struct {
	file   *os.File
	raw    syscall.RawConn
	closed atomic.Bool
}

// New makes a socket of the network namespace of the calling thread.
func New(family, kind, proto int) (*Socket, error) {
	fd, err := unix.Socket(family, kind|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, proto)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), "socket")
	raw, err := file.SyscallConn()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("socket: %w", err)
	}
	return &Socket{file: file, raw: raw}, nil
}

// Close closes the socket and ends Receive.
func (s *Socket) Close() error {
	s.closed.Store(true)
	return s.file.Close()
}

// Control calls f with the file descriptor, which is valid only then.
func (s *Socket) Control(f func(fd int) error) error {
	var err error
	if gone := s.raw.Control(func(fd uintptr) { err = f(int(fd)) }); gone != nil {
		return gone
	}
	return err
}

// Set sets an integer option.
func (s *Socket) Set(level, option, value int) error {
	return s.Control(func(fd int) error { return unix.SetsockoptInt(fd, level, option, value) })
}

// BindToDevice restricts the socket to an interface. The index of the interface is remembered
// by the kernel: one deleted and made again is another one.
func (s *Socket) BindToDevice(device string) error {
	return s.Control(func(fd int) error { return unix.BindToDevice(fd, device) })
}

// Bind gives the socket its local address.
func (s *Socket) Bind(addr unix.Sockaddr) error {
	return s.Control(func(fd int) error { return unix.Bind(fd, addr) })
}

// Send sends one datagram without waiting: unix.EAGAIN or ENOBUFS say that it was dropped.
func (s *Socket) Send(b []byte, to unix.Sockaddr) error {
	return s.Control(func(fd int) error {
		return unix.Sendto(fd, b, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, to)
	})
}

// maxDatagram is more than IP carries.
const maxDatagram = 64 << 10

// Receive hands over all datagrams until the socket is closed, then it returns nil. Each has
// its own memory and is stamped as soon as it is read.
func (s *Socket) Receive(deliver func(b []byte, from netip.Addr, at time.Time)) error {
	buf := make([]byte, maxDatagram)
	for {
		var failed error
		err := s.raw.Read(func(fd uintptr) bool {
			failed = drain(int(fd), buf, deliver)
			return !errors.Is(failed, unix.EAGAIN)
		})
		switch {
		case err != nil && s.closed.Load():
			return nil
		case err != nil:
			return fmt.Errorf("receive: %w", err)
		case !passing(failed):
			return fmt.Errorf("receive: %w", failed)
		}
	}
}

// drain reads until the queue is empty (unix.EAGAIN) or something fails.
func drain(fd int, buf []byte, deliver func([]byte, netip.Addr, time.Time)) error {
	for {
		n, from, err := unix.Recvfrom(fd, buf, unix.MSG_DONTWAIT)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		deliver(bytes.Clone(buf[:n]), address(from), time.Now())
	}
}

// passing errors tell of an earlier datagram or of the network's state, not of the socket's.
func passing(err error) bool {
	switch err {
	case nil, unix.ECONNREFUSED, unix.EHOSTUNREACH, unix.ENETUNREACH, unix.ENETDOWN, unix.EHOSTDOWN, unix.EPROTO, unix.EMSGSIZE:
		return true
	}
	return false
}

func address(from unix.Sockaddr) netip.Addr {
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrFrom4(a.Addr)
	case *unix.SockaddrInet6:
		return netip.AddrFrom16(a.Addr)
	}
	return netip.Addr{}
}

// Index returns the index of an interface in the socket's network namespace.
func (s *Socket) Index(device string) (int, error) {
	ifr, err := s.ioctl(unix.SIOCGIFINDEX, device)
	if err != nil {
		return 0, err
	}
	return int(ifr.Uint32()), nil
}

// Address returns what one of the SIOCGIF…ADDR and SIOCGIFNETMASK requests tells about an
// interface.
func (s *Socket) Address(request uint, device string) (netip.Addr, error) {
	ifr, err := s.ioctl(request, device)
	if err != nil {
		return netip.Addr{}, err
	}
	b, err := ifr.Inet4Addr()
	if err != nil {
		return netip.Addr{}, err
	}
	return netip.AddrFrom4([4]byte(b)), nil
}

func (s *Socket) ioctl(request uint, device string) (*unix.Ifreq, error) {
	ifr, err := unix.NewIfreq(device)
	if err != nil {
		return nil, unix.ENODEV // a name too long for an interface
	}
	return ifr, s.Control(func(fd int) error { return unix.IoctlIfreq(fd, request, ifr) })
}

// Family is the address family of an address, for New.
func Family(addr netip.Addr) int {
	if addr.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// Sockaddr is an address as system calls take it. A zone is left out: the device that a socket
// is bound to says where link-local addresses are.
func Sockaddr(addr netip.AddrPort) unix.Sockaddr {
	if addr.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

// Scoped is an address without a port; a link-local one needs the zone that it has.
func (s *Socket) Scoped(addr netip.Addr) (unix.Sockaddr, error) {
	to := Sockaddr(netip.AddrPortFrom(addr, 0))
	if six, ok := to.(*unix.SockaddrInet6); ok && addr.Zone() != "" {
		index, err := s.Index(addr.Zone())
		six.ZoneId = uint32(index)
		return six, err
	}
	return to, nil
}

// Resolve returns the first IPv4 address of a host.
func Resolve(ctx context.Context, host string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return addr, nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(addrs) == 0 {
		return netip.Addr{}, errors.New("no IPv4 address of " + host)
	}
	return addrs[0].Unmap(), nil
}

// Reason is the C library's text of a system error, as the original logs it.
func Reason(err error) string {
	var number syscall.Errno
	if !errors.As(err, &number) {
		return err.Error()
	}
	text := number.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}

// OpenError is why a medium cannot be opened.
type OpenError struct {
	Words  string // the original's, without its prefix "glib: "
	Remedy string // ours; may be empty
	Err    error
}

// Error returns the original's words and the remedy.
func (e *OpenError) Error() string {
	if e.Remedy == "" {
		return e.Words
	}
	return e.Words + " (" + e.Remedy + ")"
}

// Unwrap returns the system's error.
func (e *OpenError) Unwrap() error { return e.Err }
