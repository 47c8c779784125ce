package udp

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// ucast6 sends to one peer over IPv6.
type ucast6 struct {
	cfg Config
	to  netip.AddrPort
}

// prepare takes literal addresses only, as the original does.
func (u *ucast6) prepare(context.Context) error {
	addr, err := literal6(u.cfg)
	u.to = netip.AddrPortFrom(addr, uint16(u.cfg.Port))
	return err
}

// literal6 is the IPv6 address that a medium names.
func literal6(cfg Config) (netip.Addr, error) {
	addr, err := netip.ParseAddr(cfg.Host)
	if err != nil || !addr.Is6() {
		return addr, &socket.OpenError{Words: fmt.Sprintf("%s [%s] bad addr [%s]", cfg.Kind, cfg.Device, cfg.Host),
			Remedy: "write a literal IPv6 address", Err: err}
	}
	return addr.WithZone(""), nil
}

func (u *ucast6) sendOptions() []option {
	dev := u.cfg.Device
	return []option{
		{device(dev),
			"ucast6: bound send socket to device: " + dev, "ucast6: error setting option SO_BINDTODEVICE(w) on " + dev},
	}
}

func (u *ucast6) receiveOptions() []option {
	dev := u.cfg.Device
	return []option{
		only6(),
		{integer(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), "", "ucast6: error setting option SO_REUSEADDR"},
		{device(dev),
			"ucast6: bound receive socket to device: " + dev, "ucast6: error setting option SO_BINDTODEVICE(r) on " + dev},
		{integer(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
			"ucast6: set SO_REUSEPORT", "ucast6: error setting option SO_REUSEPORT"},
	}
}

// only6 leaves the port to the IPv4 media of the same node.
func only6() option {
	return option{integer(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1), "", "error setting option IPV6_V6ONLY"}
}

func (u *ucast6) local() (netip.AddrPort, int) {
	return netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(u.cfg.Port)), portTries
}

func (u *ucast6) target(*socket.Socket) (netip.AddrPort, error) { return u.to, nil }

func (u *ucast6) failed(to netip.AddrPort, size int, err error) error {
	return &socket.WriteError{
		Words: fmt.Sprintf("ucast6_write: Unable to send HBcomm packet %s %s len=%d [-1]: %s", u.cfg.Device, to, size, socket.Reason(err)),
		Err:   err,
	}
}

func (u *ucast6) opened(to netip.AddrPort) []string {
	return []string{fmt.Sprintf("ucast6: heartbeat started for %s on interface %s", to, u.cfg.Device)}
}
