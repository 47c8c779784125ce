package doctor

import (
	"net/netip"
	"slices"
	"strings"

	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
	"systole/pkg/state"
)

// Setup is what a machine shall be.
type Setup struct {
	Real   bool // a real server; else a director
	VIPs   []VIP
	Reals  []Real // of a director
	Peers  []Peer
	Port   int             // UDP port of heartbeat; 0: there is no ha.cf
	Status *state.Document // of the running daemon; nil: there is none

	Quiescent  bool // some virtual is quiescent and persistent
	Directs    bool // there is an ldirectord.cf
	Masquerade bool // some real server is masq
}

// VIP is a service address.
type VIP struct {
	Addr      netip.Addr
	Interface string // "": that of its network
}

// Real is a real server of a director.
type Real struct {
	Addr    netip.Addr
	Forward ipvs.Forward
}

// Peer is the other end of a path.
type Peer struct {
	Addr      netip.Addr
	Interface string
}

// FromHeartbeat takes the UDP port and the peers of an ha.cf; resolve looks a host name up.
func (s *Setup) FromHeartbeat(cf *hacf.Config, resolve func(host string) (netip.Addr, bool)) {
	for _, m := range cf.Media {
		if m.IsPing() || m.Kind == hacf.Serial {
			continue
		}
		s.Port = m.Port
		if m.Kind != hacf.Ucast {
			continue
		}
		if a, found := resolve(m.Target); found {
			s.Peers = append(s.Peers, Peer{a, m.Device})
		}
	}
}

// FromResources takes the service addresses of haresources.
func (s *Setup) FromResources(groups []haresources.Group) {
	for _, g := range groups {
		for _, r := range g.Resources {
			if (r.Name == "IPaddr" || r.Name == "IPaddr2") && len(r.Args) > 0 {
				s.addVIP(r.Args[0])
			}
		}
	}
}

// addVIP reads ADDRESS/BITS/INTERFACE/BROADCAST, of which only the first must be there.
func (s *Setup) addVIP(text string) {
	parts := strings.Split(text, "/")
	a, err := netip.ParseAddr(parts[0])
	if err != nil {
		return
	}
	v := VIP{Addr: a}
	for _, p := range parts[1:] {
		if p != "" && (p[0] < '0' || p[0] > '9') {
			v.Interface, _, _ = strings.Cut(p, ":")
		}
	}
	if !slices.ContainsFunc(s.VIPs, func(have VIP) bool { return have.Addr == a }) {
		s.VIPs = append(s.VIPs, v)
	}
}

// FromDirector takes the virtual and real servers of an ldirectord.cf.
func (s *Setup) FromDirector(cf *ldirectorcf.Config) {
	s.Directs = true
	for i := range cf.Virtuals {
		v := &cf.Virtuals[i]
		if a := v.Service.Addr.Addr(); a.IsValid() {
			s.addVIP(a.String())
		}
		s.Quiescent = s.Quiescent || v.Quiescent && v.Service.Persistent > 0
		for _, r := range v.Reals {
			s.Masquerade = s.Masquerade || r.Forward == ipvs.Masq
			if !slices.Contains(s.Reals, Real{r.Addr, r.Forward}) {
				s.Reals = append(s.Reals, Real{r.Addr, r.Forward})
			}
		}
	}
}
