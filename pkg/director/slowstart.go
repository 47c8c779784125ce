package director

import (
	"fmt"
	"time"

	"systole/pkg/ipvs"
)

// systole_slow_start=: the weight of a server that is back grows from 1 to its full weight, in steps
// of equal length. Nothing grows at a start of the daemon: there a server that is up may have been up
// all the time.

// rampSteps is how many steps a slow start has at most; none is shorter than a second.
const rampSteps = 10

// ramp is the slow start of a real.
type ramp struct {
	alarm // of the next step
	u     use
	from  time.Time
	step  int
	over  bool // the last step is done, and the kernel may not know it yet
}

// steps is into how many a slow start is divided.
func steps(d time.Duration) int { return min(rampSteps, int(d/time.Second)) }

// startSlowly begins the slow start of a server that is back.
func (m *Machine) startSlowly(u use) {
	m.endRamp(u)
	if u.v.cf.SlowStart > 0 && !u.v.panicking {
		m.ramp(u, m.now)
	}
}

// ramp begins a slow start or continues the one that began earlier.
func (m *Machine) ramp(u use, from time.Time) {
	m.rampNumber++
	u.r.slow = &ramp{alarm: alarm{order: m.rampNumber}, u: u, from: from}
	m.climb(u.r.slow)
}

// climb takes the step of the moment and waits for the next one.
func (m *Machine) climb(r *ramp) {
	d := r.u.v.cf.SlowStart
	n := steps(d)
	if n == 0 { // a reload took the directive away
		n, d = 1, 0
	}
	for r.step < n && !m.now.Before(r.from.Add(d*time.Duration(r.step+1)/time.Duration(n))) {
		r.step++
	}
	if r.over = r.step == n; !r.over {
		m.ramps.put(r, r.from.Add(d*time.Duration(r.step+1)/time.Duration(n)))
	}
}

// endRamp gives a server its full weight.
func (m *Machine) endRamp(u use) {
	if u.r.slow != nil {
		m.ramps.drop(u.r.slow)
		u.r.slow = nil
	}
}

// keepRamp carries a slow start over a reload.
func (m *Machine) keepRamp(u use, was *ramp) {
	if u.r.slow = nil; was != nil && !was.over {
		m.ramp(u, was.from)
	}
}

// climbAll takes the steps that are due.
func (m *Machine) climbAll() {
	for r, ok := m.ramps.take(m.now); ok; r, ok = m.ramps.take(m.now) {
		m.climb(r)
		m.touch(r.u.v)
	}
}

// arrived forgets a slow start whose last weight the kernel has taken.
func (m *Machine) arrived(c ipvs.Change) {
	v := m.virtualOf[c.Service.ServiceID]
	if v == nil || v.cf.SlowStart == 0 || c.Op != ipvs.EditDest {
		return
	}
	for _, r := range v.at[c.Dest.Addr] {
		if r.slow != nil && r.slow.over {
			r.slow = nil
		}
	}
}

// grown is the weight that a server has of its full one.
func (r *ramp) grown(full int) int {
	if r == nil || r.over || full <= 1 {
		return full
	}
	return 1 + (full-1)*r.step/steps(r.u.v.cf.SlowStart)
}

// slowText is the log line of a step of a slow start; "" for any other change.
func (m *Machine) slowText(v *virtual, c ipvs.Change) string {
	if v.cf.SlowStart == 0 || c.Op != ipvs.EditDest {
		return ""
	}
	r := v.realAt(c.Dest.Addr)
	e, _ := m.kernel.have.Find(v.id)
	if is, _ := e.Find(c.Dest.Addr); r == nil || r.slow == nil || is.Weight == 0 || is.Weight >= c.Dest.Weight {
		return ""
	}
	return fmt.Sprintf("Slow start real server: %s (%s) (Weight set to %d)", r.addr(), v.cf.Name, c.Dest.Weight)
}
