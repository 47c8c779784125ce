package director

import (
	"fmt"
	"slices"
)

// model is what must hold of the state of a machine, step by step, whatever its configuration.
type model struct {
	rows map[string]int // checks passed in a row, by virtual and line of the real
}

func newModel() *model { return &model{rows: map[string]int{}} }

// names are the reals of a machine under names that outlive reloads.
func names(m *Machine) map[*real]string {
	all := map[*real]string{}
	for _, v := range m.virtuals {
		count := map[string]int{}
		for _, r := range v.reals {
			a := r.addr().String()
			count[a]++
			all[r] = fmt.Sprint(v.id, a, count[a])
		}
	}
	return all
}

// before notes what an event says of servers, and returns the names of those that are out after a verdict.
func (o *model) before(m *Machine, ev Event) map[string]bool {
	if o == nil {
		return nil
	}
	named, outs := names(m), map[string]bool{}
	for r, name := range named {
		outs[name] = !r.up && r.judged
		if m.maintenance[r.addr()] {
			o.rows[name] = 0
		}
	}
	res, ok := ev.(CheckResult)
	if c := m.checkOf[res.ID]; ok && c != nil && c.running && c.seq == res.Seq {
		for _, u := range c.users {
			if o.rows[named[u.r]]++; !res.Good() {
				o.rows[named[u.r]] = 0
			}
		}
	}
	return outs
}

// after looks at what the event brought about.
func (o *model) after(w *world, outs map[string]bool) {
	if o == nil {
		return
	}
	named := names(&w.m)
	for _, v := range w.m.virtuals {
		o.virtual(w, v)
		for _, r := range v.reals {
			if checked := v.cf.CheckType != "on"; checked && r.up && outs[named[r]] && o.rows[named[r]] < v.cf.Rise {
				w.wrong("%s is back after %d checks of %d", named[r], o.rows[named[r]], v.cf.Rise)
			}
			o.real(w, use{v, r})
		}
	}
}

// virtual counts the servers afresh.
func (o *model) virtual(w *world, v *virtual) {
	number := v.number
	clear(number[:])
	for _, r := range v.reals {
		number[r.counted]++
	}
	if number[uncounted] = v.number[uncounted]; number != v.number { // nobody reads that one
		w.wrong("%s counts %v, has %v", v.cf.Name, v.number, number)
	}
	if w.m.phase == stopping || w.m.phase == gone || !w.m.kernel.seen {
		return
	}
	all := len(v.reals) - number[withheld]
	switch few := all > 0 && number[inService]*100 < v.cf.Panic*all; {
	case v.cf.CheckType == "off":
	case v.settled() && few != v.panicking:
		w.wrong("%s: panic is %v with %v of %d", v.cf.Name, v.panicking, number, v.cf.Panic)
	case v.panicking && v.fallback:
		w.wrong("%s: fallback in panic", v.cf.Name)
	case v.fallback && number[inService] > 0:
		w.wrong("%s: fallback beside %d servers", v.cf.Name, number[inService])
	}
}

// real looks at the weight that a server shall have.
func (o *model) real(w *world, u use) {
	d, want := u.v.wantedReal(u.r)
	full := u.r.cf.Weight
	if u.r.bidding.reweight {
		full = u.r.bidding.weight
	}
	growing := u.r.slow != nil && !u.r.slow.over
	switch serves := u.r.counted == inService || u.v.panicking && u.r.counted == out; {
	case u.isHeld(w.m.now) && u.r.up:
		w.wrong("%s is held and up", u.r.addr())
	case growing && (!u.r.up || u.v.cf.SlowStart == 0 || u.v.panicking):
		w.wrong("%s grows, up is %v, panic %v", u.r.addr(), u.r.up, u.v.panicking)
	case growing && !slices.Contains(w.m.ramps.all, u.r.slow):
		w.wrong("%s grows and waits for nothing", u.r.addr())
	case serves && (!want || d.Weight < min(1, full) || d.Weight > full || !growing && d.Weight != full):
		w.wrong("%s has weight %d of %d, growing is %v", u.r.addr(), d.Weight, full, growing)
	case !serves && want && d.Weight > 0:
		w.wrong("%s has weight %d and is out of service", u.r.addr(), d.Weight)
	}
}
