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
//
// Both tables are walked once in their order, so that a plan costs little more than to sort them:
// a director with thousands of servers makes one at every look at the kernel's table.
func Plan(have, want Table, ours map[ServiceID]bool) []Change {
	have, want = have.Sorted(), want.Normal()
	var plan, gone []Change
	pair(have, want, func(e Entry) ServiceID { return e.Service.ServiceID }, ServiceID.Compare, func(h, w *Entry) {
		switch {
		case h == nil:
			plan = appendDests(append(plan, Change{Op: AddService, Service: w.Service}), AddDest, w.Service, w.Dests)
		case w != nil:
			plan = planEntry(plan, *h, *w)
		case ours[h.Service.ServiceID]:
			gone = append(gone, Change{Op: DelService, Service: h.Service})
		}
	})
	return append(plan, gone...)
}

// pair walks two sorted lists and gives each what both have of a key, nil for what one lacks.
func pair[T, K any](have, want []T, key func(T) K, compare func(a, b K) int, each func(have, want *T)) {
	for len(have) > 0 || len(want) > 0 {
		order := 0
		switch {
		case len(have) == 0:
			order = 1
		case len(want) == 0:
			order = -1
		default:
			order = compare(key(have[0]), key(want[0]))
		}
		switch {
		case order < 0:
			each(&have[0], nil)
			have = have[1:]
		case order > 0:
			each(nil, &want[0])
			want = want[1:]
		default:
			each(&have[0], &want[0])
			have, want = have[1:], want[1:]
		}
	}
}

// planEntry plans a service that is there already.
func planEntry(plan []Change, have, want Entry) []Change {
	var add, edit, drain, drop []Dest
	pair(have.Dests, want.Dests, func(d Dest) DestID { return d.Addr }, DestID.Compare, func(h, w *Dest) {
		switch {
		case h == nil:
			add = append(add, *w)
		case w == nil:
			drop = append(drop, *h)
		case *h == *w:
		case w.Weight > 0:
			edit = append(edit, *w)
		default:
			drain = append(drain, *w)
		}
	})
	s := want.Service
	if !sameNormal(have.Service, s) {
		plan = append(plan, Change{Op: EditService, Service: s})
	}
	plan = appendDests(plan, AddDest, s, add)
	plan = appendDests(plan, EditDest, s, edit)
	plan = appendDests(plan, EditDest, s, drain)
	return appendDests(plan, DelDest, s, drop)
}

func appendDests(plan []Change, op Op, s Service, dests []Dest) []Change {
	plan = slices.Grow(plan, len(dests))
	for _, d := range dests {
		plan = append(plan, Change{op, s, d})
	}
	return plan
}
