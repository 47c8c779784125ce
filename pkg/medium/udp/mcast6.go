package udp

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// mcast6 sends to a group on an interface over IPv6. The original binds its receive socket to
// all addresses, so that it also hears what is sent to the port of this node alone.
type mcast6 struct {
	cfg   Config
	group netip.AddrPort
}

func (m *mcast6) prepare(context.Context) error {
	group, err := literal6(m.cfg)
	if err == nil && !group.IsMulticast() {
		err = &socket.OpenError{Words: fmt.Sprintf(" mcast6 [%s] bad addr [%s]", m.cfg.Device, m.cfg.Host)}
	}
	m.group = netip.AddrPortFrom(group, uint16(m.cfg.Port))
	return err
}

func (m *mcast6) sendOptions() []option {
	const fail = "mcast6: error setting option "
	return []option{
		{m.sendInterface, "", fail + "IPV6_MULTICAST_IF on " + m.cfg.Device},
		{integer(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, truth(m.cfg.Loop)), "", fail + "IPV6_MULTICAST_LOOP"},
		{integer(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, m.cfg.TTL), "", fail + "IPV6_MULTICAST_HOPS"},
	}
}

func (m *mcast6) receiveOptions() []option {
	const fail = "mcast6: error setting option "
	return []option{
		only6(),
		{integer(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), "", fail + "SO_REUSEADDR"},
		{device(m.cfg.Device), "", fail + "SO_BINDTODEVICE(r) on " + m.cfg.Device},
		{m.join, "", fail + "IPV6_JOIN_GROUP on " + m.cfg.Device},
	}
}

func (m *mcast6) sendInterface(s *socket.Socket) error {
	index, err := s.Index(m.cfg.Device)
	if err != nil {
		return err
	}
	return s.Set(unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, index)
}

func (m *mcast6) join(s *socket.Socket) error {
	index, err := s.Index(m.cfg.Device)
	if err != nil {
		return err
	}
	request := &unix.IPv6Mreq{Multiaddr: m.group.Addr().As16(), Interface: uint32(index)}
	return s.Control(func(fd int) error {
		return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, request)
	})
}

func (m *mcast6) local() (netip.AddrPort, int) { return m.group, groupTries }

func (m *mcast6) target(*socket.Socket) (netip.AddrPort, error) { return m.group, nil }

func (m *mcast6) failed(to netip.AddrPort, size int, err error) error {
	return &socket.WriteError{
		Words: fmt.Sprintf("mcast6_write: Unable to send mcast6 packet %s %s len=%d [-1]: %s", m.cfg.Device, to, size, socket.Reason(err)),
		Err:   err,
	}
}

func (m *mcast6) opened(to netip.AddrPort) []string {
	return []string{fmt.Sprintf("UDP multicast heartbeat started for %s on interface %s (hops=%d loop=%d)",
		to, m.cfg.Device, m.cfg.TTL, truth(m.cfg.Loop))}
}
