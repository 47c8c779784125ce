package director

import (
	"fmt"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// systole_panic=: when too few of a virtual's servers are up, the few would be crushed by the load of
// all. Then all stay in service with their full weights, and the fallback is not used: what fails is
// more likely the check, or something behind all the servers. Envoy calls it the panic threshold.
//
// Servers that operators hold back or that are in maintenance count neither as up nor as down, and
// stay out. The decision waits until every server has been judged.

// decidePanic enters or leaves the state, if what is known says so.
func (m *Machine) decidePanic(v *virtual) {
	up, all := v.number[inService], len(v.reals)-v.number[withheld]
	is := v.panicking && v.cf.Panic > 0
	if v.settled() {
		is = all > 0 && up*100 < v.cf.Panic*all && v.cf.CheckType != ldirectorcf.CheckOff
	}
	if is == v.panicking {
		return
	}
	v.panicking = is
	m.touch(v)
	text := fmt.Sprintf("Panic is over: %s: %d of %d real servers up", v.cf.Name, up, all)
	if is {
		text = fmt.Sprintf("Panic: %s: %d of %d real servers up, less than %d%%: all stay in service", v.cf.Name, up, all, v.cf.Panic)
		for _, r := range v.reals {
			m.endRamp(use{v, r})
		}
	}
	m.log(text)
	m.alert(v, text)
}

// turnedInPanic logs the turn of a server that changes nothing in the table, because all are in it.
func (m *Machine) turnedInPanic(u use, word string) {
	if u.v.panicking {
		m.log(fmt.Sprintf("%s in panic real server: %s (%s)", word, u.r.addr(), u.v.cf.Name))
	}
}

// stays says whether a server that is down is in service all the same.
func (v *virtual) stays(r *real) bool { return v.panicking && r.counted == out }

// panicText is the log line of a server that comes back though it is down; "" for any other change.
func (v *virtual) panicText(c ipvs.Change) string {
	if !v.panicking || c.Op == ipvs.DelDest {
		return ""
	}
	if r := v.realAt(c.Dest.Addr); r != nil && !r.up && v.stays(r) {
		return fmt.Sprintf("Panic real server: %s (%s) (Weight set to %d)", r.addr(), v.cf.Name, c.Dest.Weight)
	}
	return ""
}
