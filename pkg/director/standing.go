package director

import (
	"cmp"
	"slices"
	"time"
)

// standing is how a real server counts for its virtual.
type standing uint8

const (
	uncounted standing = iota // it has just been configured
	inService                 // it is up
	awaited                   // nothing is known of it, and the grace time is not over
	out                       // it is down or has not answered in time
	withheld                  // operators hold it back, or it is in maintenance
)

func (r *real) standing(now time.Time) standing {
	switch {
	case r.bidding.held() || r.maintained:
		return withheld
	case r.up:
		return inService
	case r.judged || !now.Before(r.since.Add(grace)):
		return out
	}
	return awaited
}

func (v *virtual) anyUp() bool { return v.number[inService] > 0 }

// settled says whether every real has been judged.
func (v *virtual) settled() bool { return v.judged == len(v.reals) }

// settle notes that a check, or the lack of one, has decided about a real.
func (m *Machine) settle(u use) {
	if !u.r.judged {
		u.r.judged = true
		u.v.judged++
		m.doubt(u.v)
	}
	m.conclude(u)
}

// conclude draws the conclusions of a real's state when it may have changed: its entry of weight 0,
// and its standing (ldirectord spec 6).
func (m *Machine) conclude(u use) {
	v, r := u.v, u.r
	is := r.standing(m.now)
	switch {
	case is == inService:
		r.listed, r.dropped = true, false
	case is >= out && v.cf.Quiescent && !r.listed && !r.dropped:
		r.listed = true
		m.touch(v)
	}
	if was := r.counted; was != is {
		v.number[was]--
		v.number[is]++
		r.counted = is
		m.doubt(v)
	}
}

// concludeAll does so for all reals of a virtual.
func (m *Machine) concludeAll(v *virtual) {
	for _, r := range v.reals {
		m.conclude(use{v, r})
	}
	m.doubt(v)
}

// touch has the plan compare a virtual's entry with the kernel's.
func (m *Machine) touch(v *virtual) {
	if !v.changed {
		v.changed = true
		m.touched = append(m.touched, v)
	}
}

// doubt has the fallback of a virtual decided again.
func (m *Machine) doubt(v *virtual) {
	if !v.doubtful {
		v.doubtful = true
		m.doubtful = append(m.doubtful, v)
	}
}

// decide draws the conclusions of the reals' standings: panic, the fallback server and its command.
func (m *Machine) decide() {
	m.endGrace()
	all := inOrder(m.doubtful)
	m.doubtful = nil
	for _, v := range all {
		v.doubtful = false
		m.decidePanic(v)
		switch {
		case v.anyUp() || v.panicking:
			m.setFallback(v, false)
		case v.number[awaited] == 0:
			m.setFallback(v, true)
		}
	}
}

// inOrder sorts virtuals as in the file.
func inOrder(vs []*virtual) []*virtual {
	slices.SortFunc(vs, func(a, b *virtual) int { return cmp.Compare(a.order, b.order) })
	return vs
}

// startGrace lists who may still answer, the first to be over first.
func (m *Machine) startGrace() {
	m.grace = nil
	for _, v := range m.virtuals {
		for _, r := range v.reals {
			if !r.judged && m.now.Before(r.since.Add(grace)) {
				m.grace = append(m.grace, use{v, r})
			}
		}
	}
	slices.SortStableFunc(m.grace, func(a, b use) int { return a.r.since.Compare(b.r.since) })
}

// endGrace lets those count as down whose time is over.
func (m *Machine) endGrace() {
	for len(m.grace) > 0 {
		u := m.grace[0]
		if !u.r.judged && m.now.Before(u.r.since.Add(grace)) {
			return
		}
		m.conclude(u)
		m.grace = m.grace[1:]
	}
}

// graceDeadline is when the first of them is over; zero if there is none.
func (m *Machine) graceDeadline() (at time.Time) {
	for _, u := range m.grace {
		if !u.r.judged {
			return u.r.since.Add(grace)
		}
	}
	return at
}
