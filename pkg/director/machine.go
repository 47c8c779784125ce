package director

import (
	"net/netip"
	"slices"
	"time"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// The machine's own times. None of them exists in the original.
const (
	grace         = time.Second      // how long an unchecked server is neither up nor down
	overdue       = time.Second      // how long a check may exceed its limit
	reconcileTime = 30 * time.Second // between looks at a table nobody should have changed
	retryFirst    = time.Second      // after a refused change, doubled up to
	retryMost     = time.Minute
	stopTime      = 4 * time.Second // an orderly stop is over after this, whatever the kernel does
	maxChecks     = 512             // checks under way at once
)

// phase is what the machine is doing.
type phase uint8

const (
	unconfigured phase = iota // no configuration yet
	starting                  // the first pass of checks is not over: mail status "starting"
	running                   // every check has answered at least once
	reloading                 // the table does not show the new configuration yet: mail status "reloading"
	stopping                  // our services are being removed
	gone                      // Exit has been said
)

// Machine is the director. The zero value waits for Configured.
type Machine struct {
	now   time.Time
	out   []Action
	phase phase
	began time.Time
	ready bool // Ready has been said

	config     *ldirectorcf.Config
	virtuals   []*virtual // as configured, in file order
	virtualOf  map[ipvs.ServiceID]*virtual
	touched    []*virtual // whose entry may differ from the kernel's
	doubtful   []*virtual // whose fallback is to be decided again
	retired    []*virtual // of earlier configurations, still to be deleted from the table
	grace      []use      // who may still answer the first check
	alerts     queue[*reminder]
	reminders  int
	ramps      queue[*ramp]
	rampNumber int

	checks   []*check // in file order
	checkOf  map[string]*check
	agenda   queue[*check]
	delayed  []*check          // due, and too many others are under way
	leaving  map[string]uint64 // cancelled checks that have not ended yet
	inFlight int               // checks under way, cancelled ones included
	seq      uint64

	maintenance map[netip.AddrPort]bool
	orders      []Order // of operators, oldest first
	callback    bool    // a callback is due after the reload

	kernel kernel

	signal string // of Stop
	stopBy time.Time
}

// Step takes one event that happened at now and returns what to do about it, in order. Times
// must not run backwards.
func (m *Machine) Step(now time.Time, ev Event) []Action {
	m.now, m.out = now, nil
	if m.phase == gone {
		return nil
	}
	m.take(ev)
	m.advance()
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) take(ev Event) {
	switch ev := ev.(type) {
	case Configured:
		m.configured(ev.Config)
	case TableRead:
		m.tableRead(ev.Table, ev.Err)
	case Applied:
		m.applied(ev.Errs)
	case CheckResult:
		m.checkResult(ev)
	case Hangup:
		m.hangup()
	case FileChanged:
		m.fileChanged()
	case Reloaded:
		m.reloaded(ev)
	case Maintenance:
		m.maintain(ev.Reals)
	case Ordered:
		m.orders = ev.Orders
	case Instruct:
		m.instruct(ev)
	case Stop:
		m.stop(ev.Signal)
	case Tick:
	}
}

// advance does everything that follows from the state and the time.
func (m *Machine) advance() {
	switch m.phase {
	case unconfigured, gone:
		return
	case stopping:
		m.reconcile()
		if m.phase == stopping && !m.now.Before(m.stopBy) {
			m.finish()
		}
		return
	}
	m.endOrders()
	if m.kernel.seen {
		m.startChecks()
		m.climbAll()
		m.decide()
		m.repeatAlerts()
	}
	m.reconcile()
	m.progress()
}

// progress says Ready and leaves the phases that have done their work.
func (m *Machine) progress() {
	if m.phase == gone || !m.kernel.seen {
		return
	}
	if !m.ready && m.kernel.applies > 0 && m.served() {
		m.ready = true
		m.emit(Ready{m.kernel.problems()})
		for _, name := range m.config.Global.Execute {
			m.emit(RunInstance{name, "start"})
		}
	}
	if m.phase != running && m.kernel.quiet() && m.judged() {
		m.phase = running
	}
}

// served says whether the table shows what can be known by now: every virtual has a server or
// the answers of all its checks, or the grace time is over.
func (m *Machine) served() bool {
	if !m.now.Before(m.began.Add(grace)) {
		return true
	}
	if !m.kernel.quiet() {
		return false
	}
	for _, v := range m.virtuals {
		if !v.anyUp() && !v.settled() {
			return false
		}
	}
	return true
}

func (m *Machine) judged() bool {
	for _, v := range m.virtuals {
		if !v.settled() {
			return false
		}
	}
	return true
}

// configured starts the machine.
func (m *Machine) configured(cf *ldirectorcf.Config) {
	if m.phase != unconfigured {
		return
	}
	m.phase, m.began, m.leaving = starting, m.now, map[string]uint64{}
	m.adopt(cf)
	m.kernel.reread, m.kernel.announce = true, true
}

// hangup asks for the file, as the original does on SIGHUP.
func (m *Machine) hangup() {
	if m.phase == unconfigured || m.phase == stopping {
		return
	}
	m.log("Reloading Linux Director Daemon config on signal")
	m.emit(LoadConfig{})
}

// fileChanged is autoreload. The callback comes after the reload and without one, too.
func (m *Machine) fileChanged() {
	if m.phase == unconfigured || m.phase == stopping {
		return
	}
	m.log("Configuration file '" + m.config.Path + "' has changed on disk")
	m.callback = m.config.Global.Callback != ""
	if m.config.Global.AutoReload {
		m.log(" - reread new configuration")
		m.emit(LoadConfig{})
		return
	}
	m.log(" - ignore new configuration")
	m.callBack()
}

func (m *Machine) callBack() {
	if m.callback {
		m.emit(Callback{m.config.Global.Callback, m.config.Path})
	}
	m.callback = false
}

// reloaded takes the new configuration, or, if the file is refused, keeps everything as it is.
// The original goes on with half of the new one (ldirectord spec 7).
func (m *Machine) reloaded(ev Reloaded) {
	if m.phase == unconfigured || m.phase == stopping {
		return
	}
	for _, line := range ev.Lines {
		m.log(line)
	}
	if ev.Config != nil {
		m.executeChanges(m.config.Global.Execute, ev.Config.Global.Execute)
		m.adopt(ev.Config)
		m.kernel.reread, m.kernel.announce = true, true
		if m.phase == running {
			m.phase = reloading
		}
	}
	m.callBack()
}

// executeChanges starts, stops and reloads the instances of execute= lines.
func (m *Machine) executeChanges(was, is []string) {
	for _, name := range was {
		if !slices.Contains(is, name) {
			m.emit(RunInstance{name, "stop"})
		}
	}
	for _, name := range is {
		word := "start"
		if slices.Contains(was, name) {
			word = "reload"
		}
		m.emit(RunInstance{name, word})
	}
}

// Next returns when the machine wants a Tick at the latest; false if it waits for events only.
func (m *Machine) Next() (time.Time, bool) {
	var next time.Time
	at := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	switch m.phase {
	case unconfigured, gone:
	case stopping:
		at(m.stopBy)
	default:
		m.kernel.deadlines(at)
		if m.kernel.seen {
			at(m.agenda.next())
		}
		at(m.graceDeadline())
		at(m.alerts.next())
		at(m.ramps.next())
		at(m.orderDeadline())
		if end := m.began.Add(grace); !m.ready && m.now.Before(end) {
			at(end)
		}
	}
	return next, !next.IsZero()
}

func (m *Machine) emit(a Action)   { m.out = append(m.out, a) }
func (m *Machine) log(text string) { m.emit(Log{text}) }
