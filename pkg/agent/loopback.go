package agent

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"systole/pkg/netif"
)

// A real server of LVS direct routing has the service address on its loopback interface. When it
// becomes director, IPaddr2 moves the address away (lvs_support) and remembers that in a file:
//
//	/run/resource-agents/121.254.175.70      121.254.175.70 32 255.255.255.255 lo
//	/run/resource-agents/121.254.175.70.lo   label lo:0
//	                                         broadcast 121.254.175.79
//	                                         route 253 3 121.254.175.70
//
// The first file is the original's, which puts the address back without its label, with another
// broadcast and without the host route; the second is ours and brings those back too. An agent
// of either kind can restore what the other saved.

func (v *vip) loopbackFile() string { return v.statePath(v.ip) }
func (v *vip) detailsFile() string  { return v.statePath(v.ip + ".lo") }

// liftLoopback takes the address from the loopback interface, where only ip/32 is recognised.
func (v *vip) liftLoopback() error {
	t, err := v.Net.Tables()
	if err != nil {
		return err
	}
	a, ok := onLoopback(t, v.addr)
	if !ok {
		return nil
	}
	v.logf("INFO: Removing conflicting loopback %s.", a.Interface)
	routes := routesBy(t.HostRoutes(v.addr), a.Interface)
	if err := v.saveLoopback(a, routes); err != nil {
		return err
	}
	if err := v.Net.Delete(a); err != nil {
		return err
	}
	v.logf("INFO: ip route delete %s dev %s", v.ip, a.Interface)
	for _, r := range routes {
		if err := v.Net.DeleteRoute(r); err != nil {
			return err
		}
	}
	return nil
}

func onLoopback(t netif.Tables, ip netip.Addr) (netif.Address, bool) {
	for _, a := range t.Addresses {
		if strings.HasPrefix(a.Interface, "lo") && a.Prefix == netip.PrefixFrom(ip, 32) {
			return a, true
		}
	}
	return netif.Address{}, false
}

func routesBy(all []netif.Route, nic string) []netif.Route {
	var by []netif.Route
	for _, r := range all {
		if r.Interface == nic {
			by = append(by, r)
		}
	}
	return by
}

func (v *vip) saveLoopback(a netif.Address, routes []netif.Route) error {
	var b strings.Builder
	fmt.Fprintf(&b, "label %s\n", a.Label)
	if a.Broadcast.IsValid() {
		fmt.Fprintf(&b, "broadcast %s\n", a.Broadcast)
	}
	for _, r := range routes {
		fmt.Fprintf(&b, "route %d %d %s\n", r.Scope, r.Protocol, source(r))
	}
	if err := os.WriteFile(v.detailsFile(), []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("remember loopback address: %w", err)
	}
	line := fmt.Sprintf("%s 32 255.255.255.255 %s\n", v.ip, a.Interface)
	if err := os.WriteFile(v.loopbackFile(), []byte(line), 0o644); err != nil {
		return fmt.Errorf("remember loopback address: %w", err)
	}
	return nil
}

func source(r netif.Route) string {
	if r.Source.IsValid() {
		return r.Source.String()
	}
	return "-"
}

// restoreLoopback puts back what liftLoopback, or the original, took away.
func (v *vip) restoreLoopback() error {
	line, err := os.ReadFile(v.loopbackFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read remembered loopback address: %w", err)
	}
	words := strings.Fields(string(line))
	if len(words) == 0 {
		return nil
	}
	v.logf("INFO: Restoring loopback IP Address  %s.", strings.Join(words, " "))
	a, routes := v.remembered(words)
	v.found = netif.Found{Interface: a.Interface, Bits: 32}
	if a.Broadcast.IsValid() {
		v.found.Broadcast = a.Broadcast.String()
	}
	if err := v.add(a); err != nil && !errors.Is(err, netif.ErrExists) {
		return err
	}
	for _, r := range routes {
		if err := v.Net.AddRoute(r); err != nil {
			v.logf("WARNING: %v", err)
		}
	}
	_ = os.Remove(v.detailsFile())
	return os.Remove(v.loopbackFile())
}

// remembered reads both files; without ours, or without a line of it, the original's defaults.
func (v *vip) remembered(words []string) (netif.Address, []netif.Route) {
	nic := words[len(words)-1]
	a := netif.Address{
		Interface: nic,
		Prefix:    netip.PrefixFrom(v.addr, 32),
		Broadcast: netip.AddrFrom4([4]byte{255, 255, 255, 255}),
	}
	text, err := os.ReadFile(v.detailsFile())
	if err != nil {
		return a, nil
	}
	a.Broadcast = netip.Addr{}
	var routes []netif.Route
	for line := range strings.Lines(string(text)) {
		w := strings.Fields(line)
		switch {
		case len(w) == 2 && w[0] == "label" && w[1] != nic:
			a.Label = w[1]
		case len(w) == 2 && w[0] == "broadcast":
			a.Broadcast, _ = netip.ParseAddr(w[1])
		case len(w) == 4 && w[0] == "route":
			routes = append(routes, rememberedRoute(nic, a.Prefix, w[1:]))
		}
	}
	return a, routes
}

func rememberedRoute(nic string, to netip.Prefix, w []string) netif.Route {
	r := netif.Route{Destination: to, Interface: nic}
	r.Scope, _ = strconv.Atoi(w[0])
	r.Protocol, _ = strconv.Atoi(w[1])
	r.Source, _ = netip.ParseAddr(w[2])
	return r
}
