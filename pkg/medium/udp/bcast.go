package udp

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// bcast sends to everybody on an interface, this node included.
type bcast struct {
	cfg Config
}

func (b *bcast) prepare(context.Context) error { return nil }

func (b *bcast) sendOptions() []option {
	return []option{
		{integer(unix.SOL_SOCKET, unix.SO_BROADCAST, 1), "", "bcast: error setting option SO_BROADCAST"},
		{integer(unix.SOL_SOCKET, unix.SO_DONTROUTE, 1), "", "bcast: error setting option SO_DONTROUTE"},
		{device(b.cfg.Device), "", fmt.Sprintf("Get broadcast for interface %s failed", b.cfg.Device)},
	}
}

func (b *bcast) receiveOptions() []option {
	return []option{
		{integer(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), "", "bcast: error setting option SO_REUSEADDR"},
		{device(b.cfg.Device), "", "bcast: error setting option SO_BINDTODEVICE(r) on " + b.cfg.Device},
	}
}

func (b *bcast) local() (netip.AddrPort, int) { return anyAddr(b.cfg), portTries }

// target asks for the broadcast address every time: the interface may have got another address
// since the last datagram. The original asks only at start.
func (b *bcast) target(send *socket.Socket) (netip.AddrPort, error) {
	addr, err := send.Address(unix.SIOCGIFBRDADDR, b.cfg.Device)
	if err == nil && addr.IsUnspecified() {
		addr, err = b.computed(send)
	}
	if err != nil {
		words := fmt.Sprintf("Get broadcast for interface %s failed: %s", b.cfg.Device, socket.Reason(err))
		return netip.AddrPort{}, &socket.OpenError{Words: words, Remedy: "bcast needs an interface with an IPv4 address", Err: err}
	}
	return netip.AddrPortFrom(addr, uint16(b.cfg.Port)), nil
}

// computed is the broadcast address of an interface that was configured without one.
func (b *bcast) computed(send *socket.Socket) (netip.Addr, error) {
	addr, err := send.Address(unix.SIOCGIFADDR, b.cfg.Device)
	if err != nil {
		return addr, err
	}
	mask, err := send.Address(unix.SIOCGIFNETMASK, b.cfg.Device)
	if err != nil {
		return addr, err
	}
	return broadcastOf(addr, mask)
}

// broadcastOf sets the host bits of an address. A network of one or two addresses has no
// broadcast address (RFC 3021).
func broadcastOf(addr, mask netip.Addr) (netip.Addr, error) {
	a, m := addr.As4(), mask.As4()
	if m[3] >= 0xfe {
		return netip.Addr{}, unix.EADDRNOTAVAIL
	}
	for i := range a {
		a[i] |= ^m[i]
	}
	return netip.AddrFrom4(a), nil
}

func (b *bcast) failed(_ netip.AddrPort, _ int, err error) error { return err }

// opened: the second line is the original's parent closing its copy of the sockets.
func (b *bcast) opened(netip.AddrPort) []string {
	return []string{
		fmt.Sprintf("UDP Broadcast heartbeat started on port %d (%d) interface %s", b.cfg.Port, b.cfg.Port, b.cfg.Device),
		fmt.Sprintf("UDP Broadcast heartbeat closed on port %d interface %s - Status: 1", b.cfg.Port, b.cfg.Device),
	}
}
