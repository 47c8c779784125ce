// Package medium opens the ways by which a node reaches its peers and ping nodes.
//
//	ha.cf              driver   a datagram goes out           comes in
//	ucast eth0 HOST    udp      to HOST:694 on eth0           from UDP port 694 of eth0
//	ucast6 eth0 ADDR   udp      to [ADDR]:694 on eth0         from UDP port 694 of eth0
//	bcast eth0         udp      to the broadcast address      from UDP port 694 of eth0
//	mcast eth0 G P …   udp      to group G, port P on eth0    from group G, port P on eth0
//	mcast6 eth0 G P …  udp      to group G, port P on eth0    from group G, port P on eth0
//	ping HOST          ping     as payload of an ICMP echo    as payload of its echo reply
//	ping6 ADDR         ping     … of an ICMPv6 echo request   as payload of its echo reply
//	ping_group N H…    ping     request to each H             the first reply counts
//	serial /dev/ttyS0  serial   as lines, in text form only   from ">>>" to "<<<"
//
// A medium carries bytes: it does not know what a message is, and authenticates nothing. What is
// received is handed over by the medium's own goroutine, stamped with the time it was read; what
// is sent never blocks. A medium whose interface goes away and returns comes back by itself.
//
// The drivers know nothing of this package or of each other; kinds is the table that joins them.
package medium

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/medium/ping"
	"systole/pkg/medium/serial"
	"systole/pkg/medium/udp"
)

// Medium is an open medium.
type Medium interface {
	// Name is the name of the link: the interface, the device, or the name of the ping node.
	Name() string

	// Kind is the directive of ha.cf.
	Kind() string

	// Send sends one datagram and never blocks; b must not be changed afterwards. An error was
	// logged already, as far as the original logs it; the datagram is lost then.
	Send(b []byte) error

	// Close ends the medium; deliver is not called after it has returned.
	Close() error
}

// Datagram is what a medium received.
type Datagram struct {
	Link int // the number given to Open
	Data []byte
	From netip.Addr // the zero value from a serial line
	At   time.Time  // when it was read, with the monotonic clock
}

// opener opens one kind of medium.
type opener func(ctx context.Context, cfg hacf.Medium, link int, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (Medium, error)

// kinds are the media that can be opened.
func kinds() map[hacf.MediumKind]opener {
	return map[hacf.MediumKind]opener{
		hacf.Ucast:     openUDP,
		hacf.Bcast:     openUDP,
		hacf.Mcast:     openUDP,
		hacf.Ucast6:    openUDP,
		hacf.Mcast6:    openUDP,
		hacf.Ping:      openPing,
		hacf.PingGroup: openPing,
		hacf.Ping6:     openPing,
		hacf.Serial:    openSerial,
	}
}

// Open opens a medium of ha.cf. It logs the original's opening lines (wire spec 7.2, 7.3), and
// waits for a port that is in use (10 s, for groups 50 s), mcast up to 120 s for an address. deliver and log are called by goroutines of the
// medium until Close has returned or ctx is done, and must not block for long. The error is a
// *socket.OpenError if the original has words for it.
func Open(ctx context.Context, cfg hacf.Medium, link int, deliver func(Datagram), log func(level halog.Level, text string)) (Medium, error) {
	open, ok := kinds()[cfg.Kind]
	if !ok {
		return nil, fmt.Errorf("medium %s: no driver", cfg.Kind)
	}
	return open(ctx, cfg, link, func(b []byte, from netip.Addr, at time.Time) {
		deliver(Datagram{Link: link, Data: b, From: from, At: at})
	}, log)
}

func openUDP(ctx context.Context, cfg hacf.Medium, _ int, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (Medium, error) {
	m, err := udp.Open(ctx, udp.Config{
		Kind: string(cfg.Kind), Device: cfg.Device, Host: cfg.Target, Port: cfg.Port, TTL: cfg.TTL, Loop: cfg.Loop,
	}, deliver, log)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func openPing(ctx context.Context, cfg hacf.Medium, link int, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (Medium, error) {
	m, err := ping.Open(ctx, ping.Config{
		Kind: string(cfg.Kind), Node: cfg.Node, Hosts: cfg.Hosts, Number: link,
	}, deliver, log)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func openSerial(ctx context.Context, cfg hacf.Medium, _ int, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (Medium, error) {
	m, err := serial.Open(ctx, serial.Config{Device: cfg.Device, Baud: cfg.Baud}, deliver, log)
	if err != nil {
		return nil, err
	}
	return m, nil
}
