package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"systole/pkg/netif"
)

// realSysctls looks whether this machine would answer ARP for a VIP that is on its lo: the kernel
// takes the larger of all and of the interface (ip-sysctl of the kernel's documentation).
func realSysctls(_ context.Context, m *Machine, s Setup) []Finding {
	if len(s.VIPs) == 0 {
		return []Finding{skipped("there is no VIP here that could be answered for")}
	}
	var found []Finding
	for _, on := range m.wires() {
		ignore, announce := stronger(on, "arp_ignore"), stronger(on, "arp_announce")
		repair := "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2"
		switch {
		case ignore != "1" && ignore != "2" && ignore != "8":
			found = append(found, bad(repair, "arp_ignore is %s on %s: this server answers ARP for the VIP on its lo and takes clients from the director", ignore, on))
		case announce != "2":
			found = append(found, warning(repair, "arp_announce is %s on %s: this server may tell others that the VIP is here", announce, on))
		default:
			found = append(found, ok("arp_ignore is %s, arp_announce %s on %s", ignore, announce, on))
		}
	}
	return append(found, m.tunnel()...)
}

// stronger is what counts on an interface.
func stronger(on, name string) string {
	all, _ := sysctl("net.ipv4.conf.all." + name)
	own, _ := sysctl("net.ipv4.conf." + strings.ReplaceAll(on, ".", "/") + "." + name)
	return max(all, own)
}

// wires are the interfaces that speak ARP.
func (m *Machine) wires() []string {
	var names []string
	for _, a := range m.tables.Addresses {
		if _, err := m.link(a.Interface); err == nil && !slices.Contains(names, a.Interface) {
			names = append(names, a.Interface)
		}
	}
	return names
}

// tunnel looks at rp_filter where packets of ipip come in: their clients are not behind tunl0.
func (m *Machine) tunnel() []Finding {
	if _, err := m.net.Link("tunl0"); err != nil || !slices.ContainsFunc(m.tables.Addresses, inTunnel) {
		return nil
	}
	if is := stronger("tunl0", "rp_filter"); is == "1" {
		return []Finding{bad("sysctl -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.tunl0.rp_filter=0", "rp_filter is 1 on tunl0: the kernel drops what ipip brings")}
	}
	return []Finding{ok("rp_filter lets ipip in on tunl0")}
}

// loopback looks for each VIP on lo or tunl0.
func loopback(_ context.Context, m *Machine, s Setup) []Finding {
	if len(s.VIPs) == 0 {
		return []Finding{skipped("no VIP is on lo or tunl0, and none was named: give --vip")}
	}
	var found []Finding
	for _, v := range s.VIPs {
		on, bits, there := m.holds(v.Addr)
		add := fmt.Sprintf("ip address add %s/%d dev lo", v.Addr, v.Addr.BitLen())
		switch {
		case !there:
			found = append(found, bad(add, "%s is not on this server: it drops what the director forwards by gate or ipip", v.Addr))
		case on != "lo" && !strings.HasPrefix(on, "tunl") && !strings.HasPrefix(on, "dummy"):
			found = append(found, bad(fmt.Sprintf("ip address del %s/%d dev %s; %s", v.Addr, bits, on, add), "%s is on %s, where the director has it too", v.Addr, on))
		case bits != v.Addr.BitLen():
			found = append(found, bad(fmt.Sprintf("ip address del %s/%d dev %s; %s", v.Addr, bits, on, add), "%s/%d is on %s: this server takes the whole network for its own and reaches nobody in it", v.Addr, bits, on))
		default:
			found = append(found, ok("%s/%d is on %s", v.Addr, bits, on))
		}
	}
	return found
}

// OnLoopback are the VIPs that a real server has: what is on lo and tunl0 besides 127.0.0.0/8.
func (m *Machine) OnLoopback() []VIP {
	var all []VIP
	for _, a := range m.tables.Addresses {
		ip := a.Prefix.Addr()
		if (a.Interface == "lo" || inTunnel(a)) && ip.Is4() && !ip.IsLoopback() {
			all = append(all, VIP{Addr: ip})
		}
	}
	return all
}

func inTunnel(a netif.Address) bool { return strings.HasPrefix(a.Interface, "tunl") }
