package director

import (
	"fmt"
	"slices"
	"time"
)

// How a server that was out of service comes back. With the original the first check that succeeds
// brings it back (ldirectord spec 6); systole_rise= wants several in a row, and
// systole_flap_hold= keeps one out that falls again and again.

// past is what is remembered of a real's falls. It outlives a reload.
type past struct {
	passes int         // checks passed in a row while it is out
	falls  []time.Time // the last ones, oldest first; for systole_flap_hold only
	held   time.Time   // it stays out until then
	slow   *ramp       // its weight grows; nil: it is whole
}

// mayReturn notes a check that a server passed while it was out of service, and says whether it is
// back. One that has never been judged was not out.
func (m *Machine) mayReturn(u use) bool {
	if !u.r.judged {
		return true
	}
	u.r.passes++
	if rise := u.v.cf.Rise; u.r.passes < rise {
		m.log(fmt.Sprintf("Soft success real server: %s (%s) success %d/%d", u.r.addr(), u.v.cf.ID, u.r.passes, rise))
		return false
	}
	if u.isHeld(m.now) {
		return false
	}
	u.r.held = time.Time{}
	return true
}

// stumble ends a row of passed checks.
func (m *Machine) stumble(u use) {
	if u.r.passes > 0 && u.r.passes < u.v.cf.Rise {
		m.log(fmt.Sprintf("Resetting soft success count: %s (%s)", u.r.addr(), u.v.cf.ID))
	}
	u.r.passes = 0
}

// fell notes that a server failed its checks while it was in service, and holds it if it has done
// so too often. Maintenance is no fall.
func (m *Machine) fell(u use) {
	hold, r := u.v.cf.FlapHold, u.r
	if !hold.On() {
		r.falls = nil
		return
	}
	r.falls = slices.DeleteFunc(append(r.falls, m.now), func(t time.Time) bool { return !t.After(m.now.Add(-hold.Window)) })
	if len(r.falls) < hold.Count {
		return
	}
	r.falls, r.held = nil, m.now.Add(hold.Hold)
	m.log(fmt.Sprintf("Flapping real server: %s (%s) fell %d times in %v, held out of service for %v until %s",
		r.addr(), u.v.cf.Name, hold.Count, hold.Window, hold.Hold, r.held.Format("2006-01-02 15:04:05")))
}

// isHeld says whether a server stays out whatever its checks say. A reload that takes the directive
// away frees it.
func (u use) isHeld(now time.Time) bool {
	return u.v.cf.FlapHold.On() && now.Before(u.r.held)
}
