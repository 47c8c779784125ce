package director

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// order gives or revokes an order, from the words of a script: drain|disable|weight=N RIP[:P]
// [for DURATION] [in VIRTUAL].
func (w *world) order(t *testing.T, f []string, revoke bool) {
	o := Order{Kind: OrderKind(f[0]), Real: realOf(t, f[1]), Since: w.now, By: "root"}
	if n, ok := strings.CutPrefix(f[0], "weight="); ok {
		o.Kind = Weight
		o.Weight, _ = strconv.Atoi(n)
	}
	for i := 2; i+1 < len(f); i += 2 {
		switch f[i] {
		case "for":
			d, err := time.ParseDuration(f[i+1])
			if err != nil {
				t.Fatal(err)
			}
			o.Until = w.now.Add(d)
		case "in":
			o.Virtual = f[i+1]
		}
	}
	w.orders++
	w.step(Instruct{ID: w.orders, Order: o, Revoke: revoke})
	w.advance(3 * time.Millisecond)
}

func realOf(t *testing.T, text string) netip.AddrPort {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.AddrPortFrom(a, 0)
	}
	a, err := netip.ParseAddrPort(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const orderCF = "checkinterval=2\nvirtual=10.1.0.70:80\n\treal=10.1.0.11:80 gate 10\n\treal=10.1.0.12:80 gate 10\n\tservice=http\n"

// Orders of an earlier life hold from the first moment: a disabled server is never in the table.
func TestOrdersSurviveRestart(t *testing.T) {
	w := newWorld()
	w.config = orderCF
	gone := Order{Kind: Disable, Real: netip.MustParseAddrPort("10.1.0.11:80")}
	w.step(Ordered{[]Order{gone}})
	w.start(t)
	w.advance(5 * time.Second)
	e := w.kernel[0]
	if len(e.Dests) != 1 || e.Dests[0].Addr.String() != "10.1.0.12:80" {
		t.Errorf("table:\n%s", w.kernel)
	}
	if d := cmp.Diff([]RealState{RealDisabled, RealUp}, states(w.m.View())); d != "" {
		t.Error(d)
	}
}

func states(v View) []RealState {
	var all []RealState
	for _, v := range v.Virtuals {
		for _, r := range v.Reals {
			all = append(all, r.State)
		}
	}
	return all
}

// An order whose time ran out while nothing ran ends at once.
func TestOrderEndedWhileDown(t *testing.T) {
	w := newWorld()
	w.config = orderCF
	real := netip.MustParseAddrPort("10.1.0.11:80")
	w.step(Ordered{[]Order{{Kind: Weight, Real: real, Weight: 3, Until: w.now.Add(-time.Hour)}, {Kind: Drain, Real: real, Until: w.now.Add(-time.Minute)}}})
	w.start(t)
	w.advance(5 * time.Second)
	if d := cmp.Diff([]RealState{RealDrained, RealUp}, states(w.m.View())); d != "" {
		t.Error(d)
	}
	if all := w.m.View().Orders; len(all) != 1 || !all[0].Over {
		t.Errorf("orders %v", all)
	}
}

// View tells of every server what the table tells.
func TestView(t *testing.T) {
	w := newWorld()
	w.config = orderCF
	w.servers["10.1.0.12:80"] = server{"down", "500"}
	w.start(t)
	w.advance(5 * time.Second)
	v := w.m.View()
	up, down := v.Virtuals[0].Reals[0], v.Virtuals[0].Reals[1]
	if v.Phase != "running" || !up.Up || up.State != RealUp || !up.Listed || up.Weight != 10 || up.Since.IsZero() {
		t.Errorf("phase %s, %+v", v.Phase, up)
	}
	if down.Up || down.State != RealDown || down.Listed || down.Weight != 0 {
		t.Errorf("%+v", down)
	}
}
