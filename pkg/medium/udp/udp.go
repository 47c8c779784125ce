// Package udp is the media that send UDP datagrams through one interface.
//
//	       send socket: ephemeral port, on eth0 --> HOST:694, broadcast:694 or GROUP:694
//	eth0 <
//	       receive socket: 0.0.0.0:694 or GROUP:694, bound to eth0 <-- any port of a peer
//
// What the kinds do differently is a flavour: the addresses, the options of the two sockets in
// the order of the original with its words for each, and where a datagram goes (wire spec 7.2).
// Several ucast media on one device share the port by SO_REUSEPORT; the kernel spreads the
// datagrams over them, so each one delivers only a part, and all together everything.
//
// All receive sockets are bound to their device, those of groups too, which the original does
// not do: it hears a group on every interface and takes a dead link for a live one.
package udp

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
	"systole/pkg/medium/socket"
)

// Config is one UDP medium.
type Config struct {
	Kind   string // ucast, bcast, mcast, ucast6 or mcast6
	Device string // interface
	Host   string // the peer of ucast and ucast6, the group of mcast and mcast6
	Port   int
	TTL    int  // of mcast and mcast6: hops that a datagram may go
	Loop   bool // of mcast and mcast6: this node hears itself
}

// Medium is an open UDP medium.
type Medium struct {
	*socket.Keeper
	cfg Config
}

// Name returns the interface.
func (m *Medium) Name() string { return m.cfg.Device }

// Kind returns the directive.
func (m *Medium) Kind() string { return m.cfg.Kind }

// Open opens a UDP medium; see medium.Open.
func Open(ctx context.Context, cfg Config, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (*Medium, error) {
	flavour, ok := flavourOf(cfg)
	if !ok {
		return nil, fmt.Errorf("udp medium %q: unknown kind", cfg.Kind)
	}
	if err := flavour.prepare(ctx); err != nil {
		return nil, err
	}
	keeper, err := socket.Keep(ctx, socket.Driver{
		Medium: cfg.Kind + " " + cfg.Device,
		Open: func(ctx context.Context, log func(halog.Level, string)) (socket.Session, error) {
			return open(ctx, cfg, flavour, log)
		},
		Deliver: deliver,
		Log:     log,
	})
	if err != nil {
		return nil, err
	}
	return &Medium{Keeper: keeper, cfg: cfg}, nil
}

// flavour is what the kinds do differently.
type flavour interface {
	// prepare is done once, before the first session.
	prepare(ctx context.Context) error

	// sendOptions and receiveOptions are set in this order.
	sendOptions() []option
	receiveOptions() []option

	// local is what the receive socket is bound to, and how often, a second apart, that is
	// tried while somebody else has the port. Its address family is that of both sockets.
	local() (addr netip.AddrPort, tries int)

	// target is where the next datagram goes.
	target(send *socket.Socket) (netip.AddrPort, error)

	// failed gives the driver's words for a datagram that could not be sent.
	failed(to netip.AddrPort, size int, err error) error

	// opened are the lines logged when both sockets are ready.
	opened(to netip.AddrPort) []string
}

func flavourOf(cfg Config) (flavour, bool) {
	switch cfg.Kind {
	case "ucast":
		return &ucast{cfg: cfg}, true
	case "bcast":
		return &bcast{cfg: cfg}, true
	case "mcast":
		return &mcast{cfg: cfg}, true
	case "ucast6":
		return &ucast6{cfg: cfg}, true
	case "mcast6":
		return &mcast6{cfg: cfg}, true
	}
	return nil, false
}

// option is one step of preparing a socket.
type option struct {
	set  func(s *socket.Socket) error
	done string // what the original logs then; may be empty
	fail string // what the original logs if it fails, before ": <reason>"
}

func (o option) apply(s *socket.Socket, log func(halog.Level, string)) error {
	if err := o.set(s); err != nil {
		return &socket.OpenError{Words: o.fail + ": " + socket.Reason(err), Remedy: remedy(err), Err: err}
	}
	if o.done != "" {
		log(halog.Info, "glib: "+o.done)
	}
	return nil
}

func remedy(err error) string {
	switch {
	case errors.Is(err, unix.ENODEV):
		return "the interface does not exist; see: ip link"
	case errors.Is(err, unix.EPERM):
		return "only root, or a process with CAP_NET_RAW, may do that"
	}
	return ""
}

func integer(level, name, value int) func(*socket.Socket) error {
	return func(s *socket.Socket) error { return s.Set(level, name, value) }
}

func truth(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func device(name string) func(*socket.Socket) error {
	return func(s *socket.Socket) error { return s.BindToDevice(name) }
}
