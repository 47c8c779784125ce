package ipvs

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPlan(t *testing.T) {
	web := Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc", Persistent: time.Hour}
	webRR := web
	webRR.Scheduler = "wrr"
	mark := Service{ServiceID: MarkService(5, false), Scheduler: "wrr"}
	tests := []struct {
		name             string
		have, want, ours Table
		plan             string
	}{
		{"nothing to nothing", nil, nil, nil, ""},
		{"new service", nil, Table{{web, []Dest{gate("10.0.0.3:80", 1), gate("10.0.0.2:81", 1)}}}, nil,
			"-A -t 10.0.0.1:80 -s wlc -p 3600|-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1|-a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 1"},
		{"the same in another form", Table{{web, []Dest{gate("10.0.0.2:80", 1)}}},
			Table{{func() Service { s := web; s.Netmask = 32; return s }(), []Dest{gate("10.0.0.2:8080", 1)}}}, nil, ""},
		{"options only", Table{{web, []Dest{gate("10.0.0.2:80", 1)}}}, Table{{webRR, []Dest{gate("10.0.0.2:80", 1)}}}, nil,
			"-E -t 10.0.0.1:80 -s wrr -p 3600"},
		{"fallback replaces the last real", Table{{web, []Dest{gate("10.0.0.2:80", 1)}}}, Table{{web, []Dest{gate("127.0.0.1:80", 1)}}}, nil,
			"-a -t 10.0.0.1:80 -r 127.0.0.1:80 -g -w 1|-d -t 10.0.0.1:80 -r 10.0.0.2:80"},
		{"raise before drain", Table{{web, []Dest{gate("10.0.0.2:80", 1), gate("10.0.0.3:80", 0)}}},
			Table{{web, []Dest{gate("10.0.0.2:80", 0), gate("10.0.0.3:80", 1)}}}, nil,
			"-e -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 1|-e -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 0"},
		{"ours goes last, with its reals", Table{{web, []Dest{gate("10.0.0.2:80", 1)}}}, Table{{mark, nil}}, Table{{web, nil}},
			"-A -f 5 -s wrr|-D -t 10.0.0.1:80"},
		{"a stranger's service stays", Table{{web, []Dest{gate("10.0.0.2:80", 1)}}}, Table{{mark, nil}}, Table{{mark, nil}},
			"-A -f 5 -s wrr"},
		{"a stranger's real in our service goes", Table{{web, []Dest{masq("10.0.0.2:81", 70000)}}}, Table{{web, nil}}, nil,
			"-d -t 10.0.0.1:80 -r 10.0.0.2:81"},
		{"a gate at another port, by other hands", Table{{web, []Dest{gate("10.0.0.2:81", 1)}}}, Table{{web, []Dest{gate("10.0.0.2:81", 1)}}}, nil,
			"-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1|-d -t 10.0.0.1:80 -r 10.0.0.2:81"},
		{"method", Table{{web, []Dest{gate("10.0.0.2:80", 1)}}}, Table{{web, []Dest{masq("10.0.0.2:80", 1)}}}, nil,
			"-e -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, c := range Plan(tt.have, tt.want, tt.ours.IDs()) {
				got = append(got, c.String())
			}
			if s := strings.Join(got, "|"); s != tt.plan {
				t.Errorf("got\n%s\nwant\n%s", s, tt.plan)
			}
		})
	}
}

func TestApplyRefusesAsTheKernel(t *testing.T) {
	web := Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc"}
	dns := Service{ServiceID: tcp("10.0.0.1:53"), Scheduler: "rr"}
	table := Table{{web, []Dest{gate("10.0.0.2:80", 1)}}}
	tests := []struct {
		change Change
		want   error
	}{
		{Change{Op: AddService, Service: web}, ErrServiceExists},
		{Change{Op: EditService, Service: dns}, ErrNoService},
		{Change{Op: DelService, Service: dns}, ErrNoService},
		{Change{AddDest, dns, gate("10.0.0.2:53", 1)}, ErrNoService},
		{Change{AddDest, web, gate("10.0.0.2:80", 1)}, ErrDestExists},
		{Change{EditDest, web, gate("10.0.0.3:80", 1)}, ErrNoDest},
		{Change{DelDest, web, gate("10.0.0.3:80", 1)}, ErrNoDest},
	}
	for _, tt := range tests {
		got, err := table.Apply([]Change{{EditDest, web, gate("10.0.0.2:80", 7)}, tt.change, {Op: DelService, Service: web}})
		if !errors.Is(err, tt.want) || !strings.HasPrefix(err.Error(), tt.change.String()+": ") {
			t.Errorf("%s: %v, want %v", tt.change, err, tt.want)
		}
		if e, _ := got.Find(web.ServiceID); len(e.Dests) != 1 || e.Dests[0].Weight != 7 {
			t.Errorf("%s: table after the refusal is\n%s", tt.change, got)
		}
	}
	if _, err := table.Apply([]Change{{AddDest, web, gate("10.0.0.3:80", 65536)}}); err == nil {
		t.Error("weight 65536 was applied")
	}
	if table[0].Dests[0].Weight != 1 {
		t.Error("Apply changed its own table")
	}
}

// randomTable makes a table out of few addresses, so that two of them overlap much.
func randomTable(r *rand.Rand) Table {
	var t Table
	for range r.IntN(6) {
		s := randomService(r)
		var dests []Dest
		for range r.IntN(6) {
			dests = append(dests, randomDest(r, s))
		}
		t = append(t, Entry{s, dests})
	}
	return t
}

func randomService(r *rand.Rand) Service {
	ids := []ServiceID{
		tcp("10.0.0.1:80"), tcp("10.0.0.1:443"), tcp("[fd00::1]:80"), MarkService(5, false), MarkService(5, true),
		AddrService(UDP, netip.MustParseAddrPort("10.0.0.1:53")),
	}
	s := Service{ServiceID: ids[r.IntN(len(ids))], Scheduler: []string{"wlc", "sh"}[r.IntN(2)]}
	if r.IntN(2) == 0 {
		s.Persistent = time.Duration(r.IntN(3)) * time.Minute
		s.Netmask = []int{0, 24, 32}[r.IntN(3)]
	}
	if r.IntN(3) == 0 {
		s.SchedFlags = []string{"flag-2", "flag-1"}[:1+r.IntN(2)]
	}
	s.OnePacket = s.Protocol == UDP && r.IntN(2) == 0
	return s
}

func randomDest(r *rand.Rand, s Service) Dest {
	addrs := []string{"10.0.0.2", "10.0.0.3", "10.0.0.4"}
	if s.Is6() {
		addrs = []string{"fd00::2", "fd00::3", "fd00::4"}
	}
	return Dest{
		Addr:    netip.AddrPortFrom(netip.MustParseAddr(addrs[r.IntN(len(addrs))]), uint16(80+r.IntN(2))),
		Forward: []Forward{Masq, Tunnel, Route}[r.IntN(3)],
		Weight:  r.IntN(3), Upper: uint32(r.IntN(2)),
	}
}

// FuzzPlan makes two tables and a scope of every seed and holds the plan to its promises.
func FuzzPlan(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		have, want, old := randomTable(r).Sorted(), randomTable(r), randomTable(r)
		ours := old.IDs()
		plan := Plan(have, want, ours)
		checkResult(t, have, want, ours, plan)
		checkCapacity(t, have, plan)
		checkMinimal(t, have, want, ours, plan)
	})
}

func equal() cmp.Options {
	return cmp.Options{cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.EquateEmpty()}
}

// checkResult: after the plan the table is what was wanted plus the strangers' services, and
// nothing is left to plan.
func checkResult(t *testing.T, have, want Table, ours map[ServiceID]bool, plan []Change) {
	t.Helper()
	got, err := have.Apply(plan)
	if err != nil {
		t.Fatalf("plan does not apply: %v", err)
	}
	normal := want.Normal()
	expected := slices.Clone(normal)
	for _, e := range have {
		if _, wanted := normal.Find(e.Service.ServiceID); !wanted && !ours[e.Service.ServiceID] {
			expected = append(expected, e)
		}
	}
	if diff := cmp.Diff(expected.Sorted(), got, equal()); diff != "" {
		t.Errorf("after the plan (-want +got):\n%s", diff)
	}
	if again := Plan(got, want, ours); len(again) != 0 {
		t.Errorf("a second plan is not empty: %v", again)
	}
}

func usable(t Table, id ServiceID) int {
	e, _ := t.Find(id)
	return len(slices.DeleteFunc(slices.Clone(e.Dests), func(d Dest) bool { return d.Weight == 0 }))
}

// checkCapacity: no step leaves a service that stays with fewer usable destinations than both
// before the plan and after it.
func checkCapacity(t *testing.T, have Table, plan []Change) {
	t.Helper()
	end, _ := have.Apply(plan)
	for n := range plan {
		now, err := have.Apply(plan[:n])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range have {
			id := e.Service.ServiceID
			if _, stays := end.Find(id); stays && usable(now, id) < min(usable(have, id), usable(end, id)) {
				t.Errorf("%s has %d usable destinations after %v", id, usable(now, id), plan[:n])
			}
		}
	}
}

// checkMinimal: leaving out any one step misses the goal, and the order of the tables' rows does
// not change the plan.
func checkMinimal(t *testing.T, have, want Table, ours map[ServiceID]bool, plan []Change) {
	t.Helper()
	end, _ := have.Apply(plan)
	for n := range plan {
		short, err := have.Apply(slices.Concat(plan[:n], plan[n+1:]))
		if err == nil && cmp.Equal(short, end, equal()) {
			t.Errorf("step %s of %v does nothing", plan[n], plan)
		}
	}
	turned := slices.Clone(have)
	slices.Reverse(turned)
	if diff := cmp.Diff(plan, Plan(turned, want.Normal(), ours), equal()); diff != "" {
		t.Errorf("the plan depends on the order of rows:\n%s", diff)
	}
}
