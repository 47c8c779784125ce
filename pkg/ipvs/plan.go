package ipvs

import "slices"

// Plan returns the changes that turn the table `have` into `want`, as few as possible and in an
// order that depends on nothing but the two tables:
//
//   - services in the order of the table; a service before its destinations;
//   - in a service what adds capacity comes first: new destinations, then edits that leave a
//     weight, then edits to weight 0, then deletions. After every step at least as many
//     destinations are usable as before the plan or after it, whichever is less;
//   - services that are not wanted go last, and take their destinations with them.
//
// Only services in `ours` (those of the old and the new configuration, Table.IDs) are deleted.
// Destinations of a wanted service that are not wanted are deleted whoever made them: the
// original purges them (ldirectord spec 7).
func Plan(have, want Table, ours map[ServiceID]bool) []Change {
	have, want = have.Sorted(), want.Normal()
	at := have.positions()
	var plan []Change
	for _, w := range want {
		if i, ok := at[w.Service.ServiceID]; ok {
			plan = append(plan, planEntry(have[i], w)...)
		} else {
			plan = append(plan, newEntry(w)...)
		}
	}
	wanted := want.IDs()
	for _, h := range have {
		if id := h.Service.ServiceID; ours[id] && !wanted[id] {
			plan = append(plan, Change{Op: DelService, Service: h.Service})
		}
	}
	return plan
}

func (t Table) positions() map[ServiceID]int {
	at := make(map[ServiceID]int, len(t))
	for i, e := range t {
		at[e.Service.ServiceID] = i
	}
	return at
}

func newEntry(w Entry) []Change {
	plan := []Change{{Op: AddService, Service: w.Service}}
	for _, d := range w.Dests {
		plan = append(plan, Change{AddDest, w.Service, d})
	}
	return plan
}

// planEntry plans a service that is there already.
func planEntry(have, want Entry) []Change {
	var plan, edit, drain, drop []Change
	if !have.Service.Equal(want.Service) {
		plan = append(plan, Change{Op: EditService, Service: want.Service})
	}
	for _, d := range want.Dests {
		h, ok := have.Find(d.Addr)
		switch {
		case !ok:
			plan = append(plan, Change{AddDest, want.Service, d})
		case h == d:
		case d.Weight > 0:
			edit = append(edit, Change{EditDest, want.Service, d})
		default:
			drain = append(drain, Change{EditDest, want.Service, d})
		}
	}
	for _, d := range have.Dests {
		if _, ok := want.Find(d.Addr); !ok {
			drop = append(drop, Change{DelDest, want.Service, d})
		}
	}
	return slices.Concat(plan, edit, drain, drop)
}
