package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"systole/pkg/garp"
	"systole/pkg/ipvs"
)

// probeTime is how long one address is asked for: on a LAN an answer takes a millisecond.
const probeTime = 200 * time.Millisecond

// answerers are the machines other than this one that answer for an address on an interface. The
// sockets are opened on the calling thread, in its namespace.
func answerers(ctx context.Context, ifi *net.Interface, a netip.Addr) ([]net.HardwareAddr, error) {
	var mu sync.Mutex
	var all []net.HardwareAddr
	hear := func(mac net.HardwareAddr) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.ContainsFunc(all, func(have net.HardwareAddr) bool { return have.String() == mac.String() }) {
			all = append(all, slices.Clone(mac))
		}
	}
	w, err := garp.Watch(ifi, a, hear)
	if err != nil {
		return nil, err
	}
	for range 2 { // the first answer ends a probe, the watcher hears the others
		if _, err = garp.Probe(ctx, ifi, a, probeTime); err != nil {
			break
		}
		linger(ctx, probeTime/3)
	}
	w.Close()
	mu.Lock()
	defer mu.Unlock()
	slices.SortFunc(all, func(a, b net.HardwareAddr) int { return strings.Compare(a.String(), b.String()) })
	return all, err
}

func linger(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// answers looks who answers for each VIP: the director that holds it, and nobody else.
func answers(ctx context.Context, m *Machine, s Setup) []Finding {
	var found []Finding
	for _, v := range s.VIPs {
		if v.Addr.Is4() {
			found = append(found, m.answersFor(ctx, v, s))
		}
	}
	if len(found) == 0 {
		found = append(found, skipped("no VIP of IPv4 is known: give --vip"))
	}
	return found
}

func (m *Machine) answersFor(ctx context.Context, v VIP, s Setup) Finding {
	on, there := m.interfaceOf(v)
	if !there {
		return skipped("%s is in no network of this machine", v.Addr)
	}
	ifi, err := m.link(on)
	if err != nil {
		return skipped("%s: %v", v.Addr, err)
	}
	macs, err := answerers(ctx, ifi, v.Addr)
	if err != nil {
		return skipped("%s on %s: %v", v.Addr, on, err)
	}
	here, _, held := m.holds(v.Addr)
	held = held && here == on
	return judgeAnswers(v.Addr, on, held, m.named(ctx, ifi, macs, s))
}

// answerer is a machine that answered.
type answerer struct {
	mac  string
	real netip.Addr // it is this real server; invalid: it is not known who it is
}

// judgeAnswers: of a VIP that is here nobody else may answer, of one that is not, one machine.
func judgeAnswers(vip netip.Addr, on string, held bool, by []answerer) Finding {
	var names []string
	repair := fmt.Sprintf("find the machine: ip neighbour show dev %s; arping -I %s %s", on, on, vip)
	for _, a := range by {
		name := a.mac
		if a.real.IsValid() {
			name += fmt.Sprintf(" (real server %s)", a.real)
			repair = fmt.Sprintf("on %s: sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2", a.real)
		}
		names = append(names, name)
	}
	list := strings.Join(names, ", ")
	switch {
	case held && len(by) == 0:
		return ok("%s is here on %s, and nobody else answers for it", vip, on)
	case held:
		return bad(repair, "%s is here on %s, and others answer for it too: %s", vip, on, list)
	case len(by) == 0:
		return warning("systole status, on the directors", "nobody answers for %s on %s", vip, on)
	case len(by) == 1 && !by[0].real.IsValid():
		return ok("%s is not here; %s answers for it on %s", vip, list, on)
	case len(by) == 1:
		return bad(repair, "%s is answered for on %s by %s, not by a director", vip, on, list)
	}
	return bad(repair, "%d machines answer for %s on %s: %s", len(by), vip, on, list)
}

// named tells which of those that answered are real servers of gate, by asking for their addresses.
func (m *Machine) named(ctx context.Context, ifi *net.Interface, macs []net.HardwareAddr, s Setup) []answerer {
	var all []answerer
	for _, mac := range macs {
		all = append(all, answerer{mac: mac.String()})
	}
	if len(all) == 0 {
		return nil
	}
	for _, r := range s.Reals {
		if on, there := m.networkOf(r.Addr); r.Forward != ipvs.Route || !r.Addr.Is4() || !there || on != ifi.Name {
			continue
		}
		mac, err := garp.Probe(ctx, ifi, r.Addr, probeTime)
		if err != nil {
			continue
		}
		for i := range all {
			if all[i].mac == mac.String() {
				all[i].real = r.Addr
			}
		}
	}
	return all
}

// duplicates looks for other machines with an address of this one.
func duplicates(ctx context.Context, m *Machine, s Setup) []Finding {
	var found []Finding
	asked := 0
	for _, a := range m.tables.Addresses {
		ip := a.Prefix.Addr()
		isVIP := slices.ContainsFunc(s.VIPs, func(v VIP) bool { return v.Addr == ip })
		ifi, err := m.link(a.Interface)
		if err != nil || !ip.Is4() || isVIP {
			continue
		}
		macs, err := answerers(ctx, ifi, ip)
		if err != nil {
			found = append(found, skipped("%s on %s: %v", ip, a.Interface, err))
			continue
		}
		asked++
		for _, mac := range macs {
			found = append(found, bad("give one of the two machines another address", "%s of %s is also at %s", ip, a.Interface, mac))
		}
	}
	if len(found) == 0 {
		found = append(found, ok("%d addresses of this machine are nobody else's", asked))
	}
	return found
}
