package ipvs

import (
	"cmp"
	"net/netip"
	"slices"
)

// Normal returns the identity without fields that do not count for it, and with an IPv4 address
// written as IPv6 (::ffff:10.0.0.1) as the IPv4 address it is.
func (id ServiceID) Normal() ServiceID {
	if id.FWMark != 0 {
		return ServiceID{FWMark: id.FWMark, IPv6: id.IPv6}
	}
	return ServiceID{Addr: unmap(id.Addr), Protocol: id.Protocol}
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// fullMask is the prefix length of a whole address of the service's family.
func (id ServiceID) fullMask() int {
	if id.Is6() {
		return 128
	}
	return 32
}

// Normal returns the service in the form in which the kernel gives it back: no mask without
// persistence, no mask of the full length, scheduler flags by their listed names in kernel order.
// A flag that is unknown is dropped; Validate names it.
func (s Service) Normal() Service {
	s.ServiceID = s.ServiceID.Normal()
	if s.Persistent == 0 || s.Netmask == s.fullMask() {
		s.Netmask = 0
	}
	if len(s.SchedFlags) > 0 {
		bits, _ := SchedFlagBits(s.Scheduler, s.SchedFlags)
		s.SchedFlags = SchedFlagNames(s.Scheduler, bits)
	}
	return s
}

// Normalise returns the destination as the table will hold it: by gate and ipip the packet keeps
// its port, so ipvsadm, and we, store the service's port whatever the real's is (ldirectord
// spec 5, "mapped from"). A firewall mark has no port to store; there the real's stays.
func Normalise(s Service, d Dest) Dest {
	d.Addr = unmap(d.Addr)
	if s.FWMark == 0 && (d.Forward == Route || d.Forward == Tunnel) {
		d.Addr = netip.AddrPortFrom(d.Addr.Addr(), s.Addr.Port())
	}
	return d
}

// Normal returns the table with every service and destination in its normal form, ordered as
// Sorted orders it. It shares no memory with t.
func (t Table) Normal() Table { return t.arranged(Normalise) }

// Sorted returns the table in the order of ipvsadm's listing: by mark, family, protocol, address
// and port; destinations by address and port. Services are normal, destinations but for the form of
// their addresses stay as they are: the kernel may hold what no plan of ours would write. Of equal identities the first counts
// (the original's second add fails, ldirectord spec 5), destinations of both are kept.
// It shares no memory with t.
func (t Table) Sorted() Table {
	return t.arranged(func(_ Service, d Dest) Dest {
		d.Addr = unmap(d.Addr)
		return d
	})
}

// arranged is the table in order, its destinations in a form.
func (t Table) arranged(form func(Service, Dest) Dest) Table {
	n := make(Table, 0, len(t))
	for _, e := range t {
		dests := make([]Dest, len(e.Dests))
		for i, d := range e.Dests {
			dests[i] = form(e.Service, d)
		}
		n = append(n, Entry{e.Service.Normal(), dests})
	}
	n = mergeEqual(n)
	for i := range n {
		n[i].Dests = sortedDests(n[i].Dests)
	}
	return n
}

// mergeEqual sorts entries and makes one of those of the same service. A table that the kernel gave,
// or that was sorted before, costs one walk.
func mergeEqual(t Table) Table {
	order := func(a, b Entry) int { return a.Service.ServiceID.Compare(b.Service.ServiceID) }
	if !slices.IsSortedFunc(t, order) {
		slices.SortStableFunc(t, order)
	}
	n := t[:0]
	for _, e := range t {
		if last := len(n) - 1; last >= 0 && n[last].Service.ServiceID == e.Service.ServiceID {
			n[last].Dests = append(n[last].Dests, e.Dests...)
			continue
		}
		n = append(n, e)
	}
	return n
}

func sortedDests(dests []Dest) []Dest {
	order := func(a, b Dest) int { return a.Addr.Compare(b.Addr) }
	if !slices.IsSortedFunc(dests, order) {
		slices.SortStableFunc(dests, order)
	}
	return slices.CompactFunc(dests, func(a, b Dest) bool { return a.Addr == b.Addr })
}

// Compare orders services as ipvsadm's listing does (agents spec 9.1): by firewall mark (none
// first), family, protocol, address, port.
func (id ServiceID) Compare(other ServiceID) int {
	return cmp.Or(
		cmp.Compare(id.FWMark, other.FWMark),
		cmp.Compare(id.fullMask(), other.fullMask()),
		cmp.Compare(id.Protocol, other.Protocol),
		id.Addr.Compare(other.Addr),
	)
}

// Equal says whether two services are the same service with the same options.
func (s Service) Equal(other Service) bool { return sameNormal(s.Normal(), other.Normal()) }

func sameNormal(a, b Service) bool {
	return a.ServiceID == b.ServiceID && a.Scheduler == b.Scheduler && slices.Equal(a.SchedFlags, b.SchedFlags) &&
		a.Persistent == b.Persistent && a.Netmask == b.Netmask && a.OnePacket == b.OnePacket
}
