package director

import (
	"time"

	"systole/pkg/ipvs"
)

// ioState is what the kernel has been asked.
type ioState uint8

const (
	idle     ioState = iota // nothing
	reading                 // ReadTable is under way
	applying                // Apply is under way
)

// kernel is what is known about the kernel's table and what it was asked last.
type kernel struct {
	io       ioState
	have     ipvs.Table // as last read, and changed by us since
	seen     bool       // a table has been read
	reread   bool       // have is to be read again before the next plan
	announce bool       // the read is part of a start or reload
	routine  bool       // the read is the slow look for changes by others
	lookAt   time.Time  // next routine read
	steps    []step     // being applied
	applies  int        // plans that are done, empty ones included

	failed  []failure // changes that were refused and are still wanted
	retryAt time.Time // of failed; zero: no retry is due
	retryIn time.Duration
	retry   bool // the next plan includes what failed

	mended string // the last repair, so that one that never holds is logged once
}

// step is a change and what to log when it has worked. The words are chosen when the change is
// planned: by the time it is done the server may be something else.
type step struct {
	change ipvs.Change
	lines  []line
}

// line is a log line, also mailed if it is about a server of v.
type line struct {
	text string
	v    *virtual
}

// quiet says whether nothing is under way or about to be.
func (k *kernel) quiet() bool { return k.io == idle && !k.reread && k.applies > 0 }

func (k *kernel) deadlines(at func(time.Time)) {
	if k.io == idle {
		at(k.lookAt)
		at(k.retryAt)
	}
}

// reconcile reads the table if it has to be read, else applies what it lacks.
func (m *Machine) reconcile() {
	k := &m.kernel
	if k.io != idle || m.phase == gone {
		return
	}
	due := func(t time.Time) bool { return !t.IsZero() && !m.now.Before(t) }
	if due(k.retryAt) {
		k.retryAt, k.retry, k.reread = time.Time{}, true, true
	}
	if !k.reread && due(k.lookAt) {
		k.reread, k.routine = true, true
	}
	if k.reread {
		k.reread, k.io = false, reading
		m.emit(ReadTable{})
		return
	}
	if !k.seen {
		return
	}
	k.steps = m.plan()
	if len(k.steps) == 0 {
		k.applies++
		if m.phase == stopping {
			m.finish()
		}
		return
	}
	k.io = applying
	changes := make([]ipvs.Change, len(k.steps))
	for i, s := range k.steps {
		changes[i] = s.change
	}
	m.emit(Apply{changes})
}

// tableRead compares the kernel's table with what it was believed to be.
func (m *Machine) tableRead(table ipvs.Table, err error) {
	k := &m.kernel
	if k.io != reading {
		return
	}
	k.io, k.lookAt = idle, m.now.Add(reconcileTime)
	if err != nil {
		m.unreadable(err)
		return
	}
	k.succeeded(readCommand)
	table = table.Sorted()
	routine := k.routine && m.phase == running
	if routine {
		m.noticeHands(table)
	}
	k.have, k.seen = table, true
	for _, v := range m.virtuals {
		m.touch(v)
		m.compare(v, routine)
		m.concludeAll(v)
	}
	k.announce, k.routine = false, false
}

// unreadable ends a start; later it is a reason to try again.
func (m *Machine) unreadable(err error) {
	text := "can not read the IPVS table: " + err.Error()
	switch {
	case m.phase == stopping:
		m.log(text)
		m.finish()
	case !m.kernel.seen:
		m.exit(1, text)
	default:
		m.refused(failure{readCommand, err.Error()})
		m.retryLater()
	}
}

// compare takes over what the kernel has of a virtual: servers with a weight stay in service
// until a check says otherwise, as the original does at a start (ldirectord spec 7).
func (m *Machine) compare(v *virtual, routine bool) {
	e, ok := m.kernel.have.Find(v.id)
	if ok && m.kernel.announce {
		m.log("Changed virtual server: " + v.cf.Name)
		v.announced = true
	}
	fallback, _ := v.fallbackDest()
	for _, r := range v.reals {
		d, there := e.Find(r.dest)
		switch {
		case r.fresh && there && r.dest != fallback.Addr:
			r.up = d.Weight > 0 && !r.judged
			r.listed = true
		case routine && !there && !r.up && r.listed && !v.cf.ReaddQuiescent:
			r.listed, r.dropped = false, true
		}
		r.fresh = false
	}
	if !v.adopted {
		_, v.fallback = e.Find(fallback.Addr)
		v.adopted = true
	}
}

// noticeHands logs which services somebody else has changed. The original never notices.
func (m *Machine) noticeHands(table ipvs.Table) {
	var text string
	var names []string
	for _, v := range m.virtuals {
		var is ipvs.Table
		if e, ok := table.Find(v.id); ok {
			is = ipvs.Table{e}
		}
		changes := ipvs.Plan(is, m.present(v.id), map[ipvs.ServiceID]bool{v.id: true})
		if len(changes) > 0 {
			names = append(names, v.cf.Name)
			text += Apply{changes}.String()
		}
	}
	if text != m.kernel.mended {
		for _, name := range names {
			m.log("Table of virtual server changed by somebody else, mending: " + name)
		}
	}
	m.kernel.mended = text
}
