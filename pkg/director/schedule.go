package director

import (
	"cmp"
	"slices"
	"time"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// check is one identity string: one check that serves all reals that share it.
type check struct {
	alarm    // of the next start, or of the end of the running check
	id       string
	users    []use // in file order; the first one's settings rule
	interval time.Duration
	next     time.Time     // start of the next check
	offset   time.Duration // of the second start from the first
	started  bool          // the first check has been started
	running  bool
	seq      uint64
	due      time.Time // of the running check: when it has missed its limit
	delayed  bool      // it is due, and too many others are under way
	connects int       // of a combined check: connects left before the next negotiate
	path     Path      // the last one known
	kind     ldirectorcf.CheckType
}

// use is a real in a virtual.
type use struct {
	v *virtual
	r *real
}

// adoptChecks makes the checks of the configuration, keeping the rhythm of those that stay.
// First checks start at once, later ones are spread over the interval: the original runs them
// one after another and so never spread anything (ldirectord spec 10).
func (m *Machine) adoptChecks() {
	old := m.checkOf
	m.checks, m.checkOf = nil, map[string]*check{}
	for _, v := range m.virtuals {
		if v.cf.CheckType == ldirectorcf.CheckOff {
			continue
		}
		for _, r := range v.reals {
			m.addUse(use{v, r}, old)
		}
	}
	m.agenda.clear()
	m.delayed = nil
	for i, c := range m.checks {
		if last := m.now.Add(c.interval); c.next.After(last) {
			c.next = last
		}
		c.offset = c.interval * time.Duration(i+1) / time.Duration(len(m.checks))
		c.order, c.delayed = i, false
		m.enqueue(c)
	}
	for _, c := range sorted(old) {
		if m.checkOf[c.id] == nil && c.running {
			m.cancel(c)
		}
	}
}

func (m *Machine) addUse(u use, old map[string]*check) {
	c := m.checkOf[u.r.cf.ID]
	if c == nil {
		if c = old[u.r.cf.ID]; c == nil {
			c = &check{id: u.r.cf.ID, next: m.now}
		}
		c.users, c.interval = nil, u.v.cf.CheckInterval
		m.checks = append(m.checks, c)
		m.checkOf[c.id] = c
	}
	c.users = append(c.users, u)
	c.interval = max(min(c.interval, u.v.cf.CheckInterval), time.Second)
	if !u.r.judged {
		c.next = m.now
	}
}

// sorted returns the checks in a fixed order: by their age, which is their sequence number.
func sorted(checks map[string]*check) []*check {
	var cs []*check
	for _, c := range checks {
		cs = append(cs, c)
	}
	slices.SortFunc(cs, func(a, b *check) int { return cmp.Compare(a.seq, b.seq) })
	return cs
}

// enqueue puts a check where it belongs: the end of a check that is under way is awaited, else the next
// start. One that is being cancelled comes back when it has ended.
func (m *Machine) enqueue(c *check) {
	switch {
	case c.running:
		m.agenda.put(c, c.due)
	case m.leaving[c.id] != 0:
		m.agenda.drop(c)
	case !c.delayed:
		m.agenda.put(c, c.next)
	}
}

// startChecks starts what is due and judges what is late. Those for which there was no room come first.
func (m *Machine) startChecks() {
	for m.inFlight < maxChecks && len(m.delayed) > 0 {
		c := m.delayed[0]
		m.delayed = m.delayed[1:]
		c.delayed = false
		m.enqueue(c)
		if c.index > 0 && !c.running && !m.now.Before(c.next) {
			m.agenda.drop(c)
			m.turn(c)
		}
	}
	for c, ok := m.agenda.take(m.now); ok; c, ok = m.agenda.take(m.now) {
		m.turn(c)
	}
}

// turn does what a check is due for.
func (m *Machine) turn(c *check) {
	switch {
	case c.running:
		m.late(c)
	case m.maintenance[c.users[0].r.addr()]:
		m.schedule(c)
		m.withdraw(c)
	case c.users[0].v.cf.CheckType == ldirectorcf.CheckOn:
		m.schedule(c)
		m.judge(c, true, "")
	case m.inFlight < maxChecks:
		m.schedule(c)
		m.start(c)
	default:
		c.delayed = true
		m.delayed = append(m.delayed, c)
	}
	m.enqueue(c)
}

// schedule sets the next start: the first time at the check's place in the interval, then one
// interval later each time. A check that ran over its next start follows at once.
func (m *Machine) schedule(c *check) {
	if !c.started {
		c.started = true
		c.next = m.now.Add(c.offset)
		return
	}
	c.next = c.next.Add(c.interval)
	if !c.next.After(m.now) {
		c.next = m.now.Add(c.interval)
	}
}

func (m *Machine) start(c *check) {
	u := c.users[0]
	m.seq++
	m.inFlight++
	c.kind = kindOf(u.v.cf, c.connects)
	limit := limitOf(u.v.cf, c.kind)
	c.running, c.seq, c.due = true, m.seq, m.now.Add(limit+overdue)
	m.emit(StartCheck{c.id, c.seq, c.kind, u.v.cf, u.r.cf, limit})
}

// late judges a check that is not over at its limit. Nobody starts another one for the same
// server until it is: a hung check must not collect company.
func (m *Machine) late(c *check) {
	m.emit(CancelCheck{c.id, c.seq})
	c.due = m.now.Add(c.interval)
	m.judge(c, false, "check did not end")
}

// cancel ends a check whose result nobody wants. It counts as under way until it has ended.
func (m *Machine) cancel(c *check) {
	if c.running {
		c.running = false
		m.leaving[c.id] = c.seq
		m.agenda.drop(c)
		m.emit(CancelCheck{c.id, c.seq})
	}
}

// kindOf resolves "combined": a negotiate, then NumConnects connects, and so on.
func kindOf(v *ldirectorcf.Virtual, connects int) ldirectorcf.CheckType {
	if v.CheckType != ldirectorcf.CheckCombined {
		return v.CheckType
	}
	if connects > 0 {
		return ldirectorcf.CheckConnect
	}
	return ldirectorcf.CheckNegotiate
}

// checkTimed are the services whose negotiate check is limited by checktimeout (ldirectord spec 9.4).
var checkTimed = map[string]bool{"radius": true, "ldap": true, "ldaps": true}

// limitOf returns how long a check may take altogether. The original limits each step of mail
// and FTP dialogues, and SQL not at all.
func limitOf(v *ldirectorcf.Virtual, kind ldirectorcf.CheckType) time.Duration {
	ping := v.CheckTimeout * time.Duration(max(v.CheckCount, 1))
	switch kind {
	case ldirectorcf.CheckPing:
		return ping
	case ldirectorcf.CheckConnect:
		if v.Service.Protocol == ipvs.UDP {
			return ping
		}
		return v.CheckTimeout
	case ldirectorcf.CheckNegotiate:
		if !checkTimed[v.CheckService] {
			return v.NegotiateTimeout
		}
	}
	return v.CheckTimeout
}

func (m *Machine) checkResult(ev CheckResult) {
	if ev.Seq != 0 && m.leaving[ev.ID] == ev.Seq {
		delete(m.leaving, ev.ID)
		m.inFlight--
		if c := m.checkOf[ev.ID]; c != nil {
			m.enqueue(c)
		}
		return
	}
	c := m.checkOf[ev.ID]
	if c == nil || !c.running || c.seq != ev.Seq {
		return
	}
	c.running = false
	m.inFlight--
	m.enqueue(c)
	for _, line := range ev.Logs {
		m.log(line)
	}
	v := c.users[0].v.cf
	switch {
	case v.CheckType != ldirectorcf.CheckCombined:
	case !ev.Good():
		c.connects = 0
	case c.kind == ldirectorcf.CheckNegotiate:
		c.connects = v.NumConnects
	case c.connects > 0:
		c.connects--
	}
	m.walked(c, ev.Path)
	m.judge(c, ev.Good(), ev.Said())
}
