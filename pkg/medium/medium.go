// Package medium opens the ways by which a node reaches its peers and ping nodes.
//
//	ha.cf            driver      a datagram goes out        comes in
//	ucast eth0 HOST  udp         to HOST:694 on eth0        from UDP port 694 of eth0
//	bcast eth0       udp         to the broadcast address   from UDP port 694 of eth0
//	ping HOST        ping        as payload of an ICMP      as payload of its echo reply
//	ping_group N H…  ping        echo request to each H     the first reply counts
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
	"systole/pkg/medium/udp"
)

// Medium is an open medium.
type Medium interface {
	// Name is the name of the link: the interface, or the name of the ping node.
	Name() string

	// Kind is the directive of ha.cf.
	Kind() string

	// Send sends one datagram and never blocks. An error was logged already, as far as the
	// original logs it; the datagram is lost then.
	Send(b []byte) error

	// Close ends the medium; deliver is not called after it has returned.
	Close() error
}

// Datagram is what a medium received.
type Datagram struct {
	Link int // the number given to Open
	Data []byte
	From netip.Addr
	At   time.Time // when it was read, with the monotonic clock
}

// opener opens one kind of medium.
type opener func(ctx context.Context, cfg hacf.Medium, link int, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (Medium, error)

// kinds are the media that can be opened.
func kinds() map[hacf.MediumKind]opener {
	return map[hacf.MediumKind]opener{
		hacf.Ucast:     openUDP,
		hacf.Bcast:     openUDP,
		hacf.Ping:      openPing,
		hacf.PingGroup: openPing,
	}
}

// Open opens a medium of ha.cf. It logs the original's opening lines (wire spec 7.2, 7.3), and
// waits up to 10 s for a port that is in use. deliver and log are called by goroutines of the
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
		Kind: string(cfg.Kind), Device: cfg.Device, Host: cfg.Target, Port: cfg.Port,
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
