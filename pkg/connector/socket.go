package connector

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// family is which addresses a socket can connect to.
type family int

const (
	ipv4 family = iota
	ipv6
	families
)

func familyOf(a netip.Addr) family {
	if a.Is4() || a.Is4In6() {
		return ipv4
	}
	return ipv6
}

// socket is a TCP socket that the poller knows.
type socket struct {
	fd      int
	family  family
	attempt *Attempt // on its way; nil: none
}

// begin sends the SYN.
func (c *Connector) begin(a *Attempt) {
	s, err := c.socket(familyOf(a.To.Addr()))
	if err != nil {
		a.Done(0, err)
		return
	}
	a.began, a.socket, s.attempt = time.Now(), s, a
	switch err := s.connect(a.To); {
	case err == nil, err == unix.EINPROGRESS, err == unix.EINTR:
		end := a.began.Add(a.Limit)
		if a.Limit != 0 && (c.deadline.IsZero() || end.Before(c.deadline)) {
			c.wakeAt(end)
		}
	default:
		c.finish(s, os.NewSyscallError("connect", err))
	}
}

// socket returns one that was used before, or a new one: it does not block, and its close is a reset.
func (c *Connector) socket(f family) (*socket, error) {
	if idle := c.idle[f]; len(idle) > 0 {
		s := idle[len(idle)-1]
		c.idle[f] = idle[:len(idle)-1]
		return s, nil
	}
	domain := unix.AF_INET
	if f == ipv6 {
		domain = unix.AF_INET6
	}
	fd, err := c.Socket(domain, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	s := &socket{fd: fd, family: f}
	// Of an idle socket the poller tells a hang-up, once; handle passes it over.
	err = unix.EpollCtl(c.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLOUT | edge, Fd: int32(fd)})
	if err != nil {
		_ = unix.Close(fd)
		return nil, os.NewSyscallError("epoll_ctl", err)
	}
	c.sockets[int32(fd)] = s
	return s, nil
}

// edge is EPOLLET, which package unix has as a negative number.
const edge = 1 << 31

// finish ends an attempt and tells it. The socket of one that was answered is used again.
func (c *Connector) finish(s *socket, err error) {
	a := s.attempt
	took := time.Since(a.began)
	a.socket, s.attempt = nil, nil
	if err == nil && len(c.idle[s.family]) < keptIdle && s.disconnect() == nil {
		c.idle[s.family] = append(c.idle[s.family], s)
	} else {
		c.free(s)
	}
	a.Done(took, err)
}

func (c *Connector) free(s *socket) {
	delete(c.sockets, int32(s.fd))
	_ = unix.Close(s.fd)
}

// failure is the error of a connection that was not made.
func (s *socket) failure() error {
	no, err := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return os.NewSyscallError("getsockopt", err)
	case no == 0:
		return os.NewSyscallError("connect", unix.ECONNRESET)
	}
	return os.NewSyscallError("connect", unix.Errno(no))
}

// connect sends the SYN: EINPROGRESS.
func (s *socket) connect(to netip.AddrPort) error {
	if s.family == ipv4 {
		a := unix.RawSockaddrInet4{Family: unix.AF_INET, Port: networkOrder(to.Port()), Addr: to.Addr().As4()}
		return connect(s.fd, unsafe.Pointer(&a), unsafe.Sizeof(a))
	}
	a := unix.RawSockaddrInet6{Family: unix.AF_INET6, Port: networkOrder(to.Port()), Addr: to.Addr().As16()}
	if zone := to.Addr().Zone(); zone != "" {
		i, err := net.InterfaceByName(zone)
		if err != nil {
			return err
		}
		a.Scope_id = uint32(i.Index)
	}
	return connect(s.fd, unsafe.Pointer(&a), unsafe.Sizeof(a))
}

// disconnect ends the connection by a reset and leaves the socket as new.
func (s *socket) disconnect() error {
	a := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	return connect(s.fd, unsafe.Pointer(&a), unsafe.Sizeof(a))
}

// connect is connect(2) for an address of any kind; package unix has none for AF_UNSPEC.
func connect(fd int, addr unsafe.Pointer, size uintptr) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(addr), size); errno != 0 {
		return errno
	}
	return nil
}

// networkOrder is a port as the kernel wants it in memory.
func networkOrder(port uint16) uint16 {
	return binary.NativeEndian.Uint16([]byte{byte(port >> 8), byte(port)})
}
