package director

import (
	"net/netip"

	"systole/pkg/ipvs"
)

// destination returns the table's key for a server of a virtual: ipvsadm replaces a missing port,
// and that of every gate or ipip server, by the service's (ldirectord spec 5).
func destination(s ipvs.Service, addr netip.Addr, port uint16, f ipvs.Forward) ipvs.DestID {
	if port == 0 && s.Addr.IsValid() {
		port = s.Addr.Port()
	}
	return ipvs.Normalise(s, ipvs.Dest{Addr: netip.AddrPortFrom(addr, port), Forward: f}).Addr
}

// wanted is the entry that the kernel should have for a virtual now.
func (v *virtual) wanted() ipvs.Entry {
	e := ipvs.Entry{Service: v.cf.Service}
	at := map[ipvs.DestID]int{}
	for _, r := range v.reals {
		d, want := v.wantedReal(r)
		if !want {
			continue
		}
		// Two lines may name one destination; of those that are up the last one counts,
		// as it does when the original edits the entry for each of them.
		i, twice := at[r.dest]
		switch {
		case !twice:
			at[r.dest] = len(e.Dests)
			e.Dests = append(e.Dests, d)
		case r.up:
			e.Dests[i] = d
		}
	}
	if d, ok := v.fallbackDest(); ok && v.fallback {
		if i, twice := at[d.Addr]; twice {
			e.Dests[i] = d
		} else {
			e.Dests = append(e.Dests, d)
		}
	}
	return e
}

// wantedReal is a real's destination: full weight, weight 0 (the original's command for that
// leaves the thresholds out and so resets them) or none. An entry of weight 0 that was there
// before us stays until the first check.
func (v *virtual) wantedReal(r *real) (ipvs.Dest, bool) {
	switch b := r.bidding; {
	case b.gone:
		return ipvs.Dest{}, false
	case r.up && b.drain:
		return ipvs.Dest{Addr: r.dest, Forward: r.cf.Forward}, true
	case r.up:
		return ipvs.Dest{Addr: r.dest, Forward: r.cf.Forward, Weight: r.weight(), Upper: r.cf.Upper, Lower: r.cf.Lower}, true
	}
	if v.stays(r) {
		return ipvs.Dest{Addr: r.dest, Forward: r.cf.Forward, Weight: r.weight(), Upper: r.cf.Upper, Lower: r.cf.Lower}, true
	}
	return ipvs.Dest{Addr: r.dest, Forward: r.cf.Forward}, r.listed && (v.cf.Quiescent || !r.judged)
}

// fallbackDest is the fallback's destination, always of weight 1.
func (v *virtual) fallbackDest() (ipvs.Dest, bool) {
	a, ok := v.fallbackAddr()
	if !ok {
		return ipvs.Dest{}, false
	}
	f := v.cf.Fallback.Forward
	return ipvs.Dest{Addr: destination(v.cf.Service, a.Addr(), a.Port(), f), Forward: f, Weight: 1}, true
}
