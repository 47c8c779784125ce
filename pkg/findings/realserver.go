package findings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// sysctl is a setting of the machine that the tree is for.
func (r *review) sysctl(name string) (value string, known bool) {
	if r.tree.Sysctl == nil {
		return "", false
	}
	return r.tree.Sysctl(name)
}

// realServer looks at a machine that is one of the real servers of a virtual itself, as where two
// directors are the web servers too: whether it takes the packets that gate and ipip bring. A real on
// loopback serves only what this machine directs, and then the address is here.
func (r *review) realServer(d *director, v *ldirectorcf.Virtual) {
	vip := v.Service.Addr.Addr()
	i := slices.IndexFunc(v.Reals, func(real ldirectorcf.Real) bool {
		return real.Forward != ipvs.Masq && !real.Addr.IsLoopback() && r.has(real.Addr)
	})
	if i < 0 || !vip.IsValid() || d.guessed[vip] || v.Reals[i].Addr == vip {
		return
	}
	line := v.Reals[i].Line
	at := slices.IndexFunc(r.tree.Addresses, func(a Address) bool { return a.Prefix.Addr() == vip })
	if at < 0 {
		r.add("LD-208", d.path, line, fmt.Sprintf("this machine is %s, and %s is not on it", v.Reals[i].Addr, vip), fmt.Sprintf("ip address add %s/%d dev lo", vip, vip.BitLen()))
		return
	}
	switch on := r.tree.Addresses[at]; {
	case onOwnDevice(on.Interface) && on.Prefix.Bits() != vip.BitLen():
		r.add("LD-209", d.path, line, fmt.Sprintf("%s is on %s with the prefix of a network", on.Prefix, on.Interface), moveToLo(on))
	case onOwnDevice(on.Interface):
		r.answersARP(d, line, vip)
	case !slices.Contains(r.heldAddresses(), vip):
		r.add("LD-209", d.path, line, fmt.Sprintf("%s is on %s, and no group of haresources puts it there", on.Prefix, on.Interface), moveToLo(on))
	}
}

// has says whether an address is on the machine.
func (r *review) has(addr netip.Addr) bool {
	return slices.ContainsFunc(r.tree.Addresses, func(a Address) bool { return a.Prefix.Addr() == addr })
}

// onOwnDevice: on these an address is for this machine alone.
func onOwnDevice(name string) bool {
	return name == "lo" || strings.HasPrefix(name, "tunl") || strings.HasPrefix(name, "dummy")
}

func moveToLo(a Address) string {
	ip := a.Prefix.Addr()
	return fmt.Sprintf("ip address del %s dev %s; ip address add %s/%d dev lo", a.Prefix, a.Interface, ip, ip.BitLen())
}

// answersARP looks at the settings for all interfaces; doctor looks at each, and at the wire.
func (r *review) answersARP(d *director, line int, vip netip.Addr) {
	ignore, known := r.sysctl("net.ipv4.conf.all.arp_ignore")
	announce, _ := r.sysctl("net.ipv4.conf.all.arp_announce")
	switch {
	case vip.Is6() || !known:
	case !slices.Contains([]string{"1", "2", "8"}, ignore):
		r.add("LD-210", d.path, line, fmt.Sprintf("%s is on lo, and net.ipv4.conf.all.arp_ignore is %s", vip, ignore), "")
	case announce != "2":
		r.add("LD-210", d.path, line, fmt.Sprintf("%s is on lo, and net.ipv4.conf.all.arp_announce is %s: this server may announce it", vip, announce), "")
	}
}

// unreached connects, online, to every real where its check does.
func (r *review) unreached(d *director) {
	if r.env.Reach == nil {
		return
	}
	var to []netip.AddrPort
	var lines []int
	for i := range d.cfg.Virtuals {
		v := &d.cfg.Virtuals[i]
		for _, real := range v.Reals {
			at, checked := checkedAt(v, real)
			if !checked || d.guessed[real.Addr] || slices.Contains(to, at) {
				continue
			}
			to, lines = append(to, at), append(lines, real.Line)
		}
	}
	for i, err := range r.env.Reach(to) {
		if err != nil {
			r.add("LD-302", d.path, lines[i], fmt.Sprintf("%s: %v", to[i], innermost(err)), "")
		}
	}
}

// checkedAt is where a check connects to over TCP, if it is one that does.
func checkedAt(v *ldirectorcf.Virtual, real ldirectorcf.Real) (at netip.AddrPort, checked bool) {
	port := real.Port
	if real.CheckPort > 0 {
		port = uint16(real.CheckPort)
	}
	connects := slices.Contains([]ldirectorcf.CheckType{ldirectorcf.CheckNegotiate, ldirectorcf.CheckConnect, ldirectorcf.CheckCombined}, v.CheckType)
	overUDP := v.Service.Protocol == ipvs.UDP || slices.Contains([]string{"dns", "sip", "radius"}, v.CheckService)
	return netip.AddrPortFrom(real.Addr, port), connects && !overUDP && port != 0
}
