package udp

import (
	"context"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"systole/pkg/medium/socket"
)

// lowDelay is IPTOS_LOWDELAY of netinet/ip.h.
const lowDelay = 0x10

// ucast sends to one peer.
type ucast struct {
	cfg Config
	to  netip.AddrPort
}

// prepare resolves the peer, once and for all as the original does.
func (u *ucast) prepare(ctx context.Context) error {
	if u.cfg.Host == "" {
		return &socket.OpenError{Words: fmt.Sprintf("ucast: [%s] missing target IP address/hostname", u.cfg.Device)}
	}
	addr, err := socket.Resolve(ctx, u.cfg.Host)
	if err != nil {
		return &socket.OpenError{Words: "ucast: cannot resolve hostname", Remedy: err.Error(), Err: err}
	}
	u.to = netip.AddrPortFrom(addr, uint16(u.cfg.Port))
	return nil
}

func (u *ucast) sendOptions() []option {
	dev := u.cfg.Device
	return []option{
		{integer(unix.IPPROTO_IP, unix.IP_TOS, lowDelay),
			"ucast: write socket priority set to IPTOS_LOWDELAY on " + dev, "ucast: error setting option IP_TOS on " + dev},
		{device(dev),
			"ucast: bound send socket to device: " + dev, "ucast: error setting option SO_BINDTODEVICE(w) on " + dev},
		{integer(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
			"ucast: set SO_REUSEPORT(w)", "ucast: error setting option SO_REUSEPORT(w)"},
	}
}

func (u *ucast) receiveOptions() []option {
	dev := u.cfg.Device
	return []option{
		{integer(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1),
			"ucast: set SO_REUSEADDR", "ucast: error setting option SO_REUSEADDR"},
		{device(dev),
			"ucast: bound receive socket to device: " + dev, "ucast: error setting option SO_BINDTODEVICE(r) on " + dev},
		{integer(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1),
			"ucast: set SO_REUSEPORT", "ucast: error setting option SO_REUSEPORT"},
	}
}

// portTries is how often ucast and bcast try a port in use.
const portTries = 10

func (u *ucast) local() (netip.AddrPort, int) { return anyAddr(u.cfg), portTries }

func anyAddr(cfg Config) netip.AddrPort {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(cfg.Port))
}

func (u *ucast) target(*socket.Socket) (netip.AddrPort, error) { return u.to, nil }

func (u *ucast) failed(to netip.AddrPort, size int, err error) error {
	return &socket.WriteError{
		Words: fmt.Sprintf("ucast_write: Unable to send HBcomm packet %s %s len=%d [-1]: %s", u.cfg.Device, to, size, socket.Reason(err)),
		Err:   err,
	}
}

func (u *ucast) opened(to netip.AddrPort) []string {
	return []string{fmt.Sprintf("ucast: started on port %d interface %s to %s", u.cfg.Port, u.cfg.Device, to.Addr())}
}
