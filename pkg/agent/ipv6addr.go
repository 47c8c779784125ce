package agent

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"systole/pkg/netif"
)

// ipv6addr is the agent IPv6addr (agents spec 5): address[/prefix length[/interface]]. The
// original waits five seconds and more for its advertisements, reports success for an address
// that another machine has, and says nothing in heartbeat's log.
func ipv6addr(ctx context.Context, j *Job, op string) int {
	v, ok := ipv6Word(j)
	if !ok {
		j.print("usage: %s {start|stop|status|monitor|validate-all|meta-data}", j.Agent.path(j.Host))
		return badArgs
	}
	switch op {
	case "start":
		return v.startIPv6addr(ctx)
	case "stop":
		return v.stopIPv6addr()
	}
	held := v.holding("")
	if !usable(held) {
		return notRunning
	}
	v.adopt(held)
	return success
}

// ipv6Word reads the argument as the original does: a prefix length that is no number is as good
// as none, and an interface counts only with one.
func ipv6Word(j *Job) (*vip6, bool) {
	parts := strings.Split(j.Args[0], "/")
	addr, err := netip.ParseAddr(parts[0])
	if err != nil || !addr.Is6() || addr.Is4In6() || addr.Zone() != "" {
		return nil, false
	}
	v := &vip6{Job: j, addr: addr, query: netif.Query{IP: addr}}
	v.arp = defaultRhythm()
	if len(parts) > 1 {
		v.query.Bits, _ = strconv.Atoi(parts[1])
	}
	if v.query.Bits < 0 || v.query.Bits > 128 {
		return nil, false
	}
	if len(parts) > 2 {
		v.query.Interface = parts[2]
	}
	return v, true
}

func (v *vip6) startIPv6addr(ctx context.Context) int {
	if usable(v.holding("")) {
		return success
	}
	f, err := v.mechanism()
	if err == nil {
		err = v.add(ctx, f)
	}
	if err != nil {
		v.logf("ERROR: %v", err)
		return generic
	}
	if err := v.announce(f); err != nil {
		v.logf("WARNING: %v", err)
	}
	return success
}

// mechanism chooses the interface: the given one if interface and prefix length are given, else
// one that has an address in the same network, of just that prefix length if one is given.
func (v *vip6) mechanism() (netif.Found, error) {
	if v.query.Interface != "" && v.query.Bits > 0 {
		return netif.Found{Interface: v.query.Interface, Bits: v.query.Bits}, nil
	}
	t, err := v.Net.Tables()
	if err != nil {
		return netif.Found{}, err
	}
	f, err := t.FindIPv6(netif.Query{IP: v.addr})
	if err != nil || v.query.Bits > 0 && f.Bits != v.query.Bits {
		return netif.Found{}, fmt.Errorf("no valid mechanisms: no interface has an address in the network of %s", v.Args[0])
	}
	return f, nil
}

// stopIPv6addr removes the address. Other than a status, it leaves one with another prefix length
// or on another interface than given.
func (v *vip6) stopIPv6addr() int {
	v.silence()
	for _, a := range v.holding(v.query.Interface) {
		if v.query.Bits > 0 && a.Prefix.Bits() != v.query.Bits {
			continue
		}
		if err := v.Net.Delete(a); err != nil {
			v.logf("ERROR: %v", err)
			return generic
		}
	}
	return success
}
