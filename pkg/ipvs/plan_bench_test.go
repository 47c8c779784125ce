package ipvs

import (
	"fmt"
	"net/netip"
	"testing"
)

// farm is a table of n destinations in services of at most each.
func farm(n, each, weight int) Table {
	var t Table
	for i := range n {
		if i%each == 0 {
			vip := netip.AddrFrom4([4]byte{172, byte(i / each / 62500), byte(i / each / 250 % 250), byte(i / each % 250)})
			t = append(t, Entry{Service: Service{ServiceID: AddrService(TCP, netip.AddrPortFrom(vip, 80)), Scheduler: "wlc"}})
		}
		real := netip.AddrFrom4([4]byte{10, byte(2 + i/62500), byte(i / 250 % 250), byte(i % 250)})
		e := &t[len(t)-1]
		e.Dests = append(e.Dests, Dest{Addr: netip.AddrPortFrom(real, 80), Forward: Route, Weight: weight})
	}
	return t
}

// BenchmarkPlan compares two tables: equal ones, all weights changed, and one of them empty.
func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		for _, each := range []int{1, 20, n} {
			have, changed := farm(n, each, 1), farm(n, each, 2)
			for _, c := range []struct {
				name       string
				have, want Table
				changes    int
			}{
				{"same", have, have, 0},
				{"weights", have, changed, n},
				{"fill", nil, have, n + len(have)},
				{"empty", have, nil, len(have)},
			} {
				b.Run(fmt.Sprintf("%d reals/%d a service/%s", n, each, c.name), func(b *testing.B) {
					ours := have.IDs()
					for b.Loop() {
						if got := len(Plan(c.have, c.want, ours)); got != c.changes {
							b.Fatalf("%d changes, want %d", got, c.changes)
						}
					}
				})
			}
		}
	}
}
