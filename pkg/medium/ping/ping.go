// Package ping is the media that ask ping nodes by ICMP echo requests (wire spec 7.3).
//
//	echo request: type 8 (ICMPv6: 128) | identifier | sequence number | datagram
//	echo reply:   type 0 (ICMPv6: 129) | identifier | sequence number | the same datagram
//
// A host returns the payload of a request unchanged, so a sealed message sent to it comes back
// as a message "from" the ping node; whoever receives it checks its token and its sender, which
// no forger on the way can make. A group is alive while any member answers: all members get
// the same sequence number, and only the first reply with it counts.
package ping

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"systole/pkg/halog"
	"systole/pkg/medium/socket"
)

// Config is one ping medium.
type Config struct {
	Kind   string   // ping, ping_group or ping6
	Node   string   // name of the ping node
	Hosts  []string // to ask; each resolved once, to its first IPv4 address; ping6 takes literal addresses
	Number int      // of the medium; media with different numbers do not see each other's replies
}

// Medium is an open ping medium.
type Medium struct {
	*socket.Keeper
	cfg Config
}

// Name returns the name of the ping node.
func (m *Medium) Name() string { return m.cfg.Node }

// Kind returns the directive.
func (m *Medium) Kind() string { return m.cfg.Kind }

// Open opens a ping medium; see medium.Open.
func Open(ctx context.Context, cfg Config, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (*Medium, error) {
	started, ok := startedLine(cfg.Kind)
	if !ok {
		return nil, fmt.Errorf("ping medium %q: unknown kind", cfg.Kind)
	}
	hosts, err := resolve(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// The original's identifier is its process number; several media of ours share one.
	id := uint16(os.Getpid() + cfg.Number)
	driver := socket.Driver{Medium: cfg.Kind + " " + cfg.Node, Deliver: deliver, Log: log}
	driver.Open = func(_ context.Context, opening func(halog.Level, string)) (socket.Session, error) {
		s, err := newSession(hosts, id, cfg.Kind == "ping_group")
		if err != nil {
			return nil, err
		}
		opening(halog.Info, "glib: "+started)
		return s, nil
	}
	keeper, err := socket.Keep(ctx, driver)
	if err != nil {
		return nil, err
	}
	return &Medium{Keeper: keeper, cfg: cfg}, nil
}

// startedLine is the original's line about an open medium.
func startedLine(kind string) (string, bool) {
	switch kind {
	case "ping", "ping6":
		return "ping heartbeat started.", true
	case "ping_group":
		return "ping group heartbeat started.", true
	}
	return "", false
}

func resolve(ctx context.Context, cfg Config) ([]netip.Addr, error) {
	if len(cfg.Hosts) == 0 {
		return nil, fmt.Errorf("ping: no host to ask")
	}
	find := socket.Resolve
	if cfg.Kind == "ping6" {
		find = func(_ context.Context, host string) (netip.Addr, error) { return netip.ParseAddr(host) }
	}
	var all []netip.Addr
	for _, host := range cfg.Hosts {
		addr, err := find(ctx, host)
		if err != nil {
			return nil, &socket.OpenError{Words: fmt.Sprintf("unknown host: %s: %s", host, socket.Reason(err)), Err: err}
		}
		all = append(all, addr)
	}
	return all, nil
}
