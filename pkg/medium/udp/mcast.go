package udp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// groupTries is how often mcast and mcast6 try a port in use.
const groupTries = 50

// addressWait is how long mcast waits for its interface to get an IPv4 address.
const addressWait = 120 * time.Second

// mcast sends to a group on an interface.
type mcast struct {
	cfg   Config
	group netip.AddrPort
}

// prepare waits for the address that datagrams will come from: at boot the network may be late.
func (m *mcast) prepare(ctx context.Context) error {
	group, err := netip.ParseAddr(m.cfg.Host)
	if err != nil || !group.Is4() || !group.IsMulticast() {
		return &socket.OpenError{Words: fmt.Sprintf("mcast [%s] bad addr [%s]", m.cfg.Device, m.cfg.Host), Err: err}
	}
	m.group = netip.AddrPortFrom(group, uint16(m.cfg.Port))
	ctx, cancel := context.WithTimeout(ctx, addressWait)
	defer cancel()
	if err := m.awaitAddress(ctx); err != nil {
		words := fmt.Sprintf("Unable to retrieve local interface address for interface [%s] using ioctl(SIOCGIFADDR): %s",
			m.cfg.Device, socket.Reason(err))
		return &socket.OpenError{Words: words, Remedy: "mcast needs an interface with an IPv4 address", Err: err}
	}
	return nil
}

func (m *mcast) awaitAddress(ctx context.Context) error {
	s, err := socket.New(unix.AF_INET, unix.SOCK_DGRAM, unix.IPPROTO_UDP)
	if err != nil {
		return err
	}
	defer s.Close()
	tick := time.NewTicker(addressPoll)
	defer tick.Stop()
	for {
		_, err := s.Address(unix.SIOCGIFADDR, m.cfg.Device)
		if !errors.Is(err, unix.EADDRNOTAVAIL) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// addressPoll is the pause between two looks at the address.
const addressPoll = 250 * time.Millisecond

func (m *mcast) sendOptions() []option {
	const fail = "mcast: error setting option "
	return []option{
		{m.interfaceOf(unix.IP_MULTICAST_IF), "", fail + "IP_MULTICAST_IF on " + m.cfg.Device},
		{integer(unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, truth(m.cfg.Loop)), "", fail + "IP_MULTICAST_LOOP"},
		{integer(unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, m.cfg.TTL), "", fail + "IP_MULTICAST_TTL"},
	}
}

func (m *mcast) receiveOptions() []option {
	const fail = "mcast: error setting option "
	return []option{
		{integer(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), "", fail + "SO_REUSEADDR"},
		{device(m.cfg.Device), "", fail + "SO_BINDTODEVICE(r) on " + m.cfg.Device},
		{m.interfaceOf(unix.IP_ADD_MEMBERSHIP), "", fail + "IP_ADD_MEMBERSHIP on " + m.cfg.Device},
	}
}

// interfaceOf sets an option that names the group and the interface by its index, so that the
// address of the interface may change.
func (m *mcast) interfaceOf(name int) func(*socket.Socket) error {
	return func(s *socket.Socket) error {
		index, err := s.Index(m.cfg.Device)
		if err != nil {
			return err
		}
		request := &unix.IPMreqn{Multiaddr: m.group.Addr().As4(), Ifindex: int32(index)}
		return s.Control(func(fd int) error { return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, name, request) })
	}
}

func (m *mcast) local() (netip.AddrPort, int) { return m.group, groupTries }

func (m *mcast) target(*socket.Socket) (netip.AddrPort, error) { return m.group, nil }

func (m *mcast) failed(to netip.AddrPort, size int, err error) error {
	return &socket.WriteError{
		Words: fmt.Sprintf("mcast_write: Unable to send mcast packet %s %s len=%d [-1]: %s", m.cfg.Device, to, size, socket.Reason(err)),
		Err:   err,
	}
}

func (m *mcast) opened(to netip.AddrPort) []string {
	return []string{fmt.Sprintf("UDP multicast heartbeat started for group %s port %d interface %s (ttl=%d loop=%d)",
		to.Addr(), to.Port(), m.cfg.Device, m.cfg.TTL, truth(m.cfg.Loop))}
}
