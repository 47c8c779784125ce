package monitor

import (
	"math/rand/v2"
	"time"
)

// Machine runs the services of a Config. It is not safe for concurrent use.
type Machine struct {
	cfg     *Config
	random  *rand.Rand
	all     []*service
	running int
}

// status is what is known of a service.
type status uint8

const (
	untested status = iota // no run has ended
	ok                     // the last run was good
	failing                // the last run failed
)

// service is a Service at work.
type service struct {
	*Service
	watch   *Watch
	number  int
	next    time.Time // when the next run is due
	started time.Time // when the last one began
	running bool
	status  status
	ran     bool // a run has ended before the one that is judged

	failures                 []time.Time // of this outage, the last maxFailures
	count                    int         // failures of this outage
	firstFailure             time.Time
	lastFailure, lastSuccess time.Time
	output                   string // of the last run
	failed                   string // output of the last failing run
	summary                  string
	hasSummary               bool // the last run had a first line
	periods                  []section
}

// section is what is remembered of a period.
type section struct {
	sent            int       // alerts of this outage
	last            time.Time // when the last one was called
	summary, output string    // of that one
}

// maxFailures bounds what is remembered for alertafter NUM TIME.
const maxFailures = 1000

// New makes a machine at a time; random spreads the first runs and randskew.
func New(cfg *Config, now time.Time, random *rand.Rand) *Machine {
	m := &Machine{cfg: cfg, random: random}
	for i := range cfg.Watches {
		w := &cfg.Watches[i]
		for j := range w.Services {
			s := &service{Service: &w.Services[j], watch: w, number: len(m.all), periods: make([]section, len(w.Services[j].Periods))}
			s.next = now.Add(s.Interval)
			if cfg.RandStart > 0 {
				s.next = now.Add(time.Duration(random.Int64N(int64(cfg.RandStart))))
			}
			m.all = append(m.all, s)
		}
	}
	return m
}

// Next says when something is due.
func (m *Machine) Next() (time.Time, bool) {
	var first time.Time
	found := false
	if m.full() {
		return first, false
	}
	for _, s := range m.all {
		if s.due() && (!found || s.next.Before(first)) {
			first, found = s.next, true
		}
	}
	return first, found
}

// due says whether the service waits for its time.
func (s *service) due() bool { return !s.running && s.Monitor.Name != "" }

func (m *Machine) full() bool { return m.cfg.MaxProcs > 0 && m.running >= m.cfg.MaxProcs }

// Step takes an event.
func (m *Machine) Step(now time.Time, e Event) []Action {
	switch e := e.(type) {
	case Started:
		return m.startup(now)
	case Finished:
		if s := m.end(e.Service); s != nil {
			return append(m.finished(s, now, e), m.tick(now)...)
		}
	case Skipped:
		if m.end(e.Service) != nil {
			return m.tick(now)
		}
	case Tick:
		return m.tick(now)
	}
	return nil
}

// end returns the service of a run that has ended, or nil if there was none.
func (m *Machine) end(number int) *service {
	if number < 0 || number >= len(m.all) || !m.all[number].running {
		return nil
	}
	m.all[number].running = false
	m.running--
	return m.all[number]
}

// tick starts what is due.
func (m *Machine) tick(now time.Time) []Action {
	var out []Action
	for _, s := range m.all {
		if m.full() {
			break
		}
		if s.due() && !s.next.After(now) {
			out = append(out, m.start(s, now)...)
		}
	}
	return out
}

// start runs a monitor, unless the time or its hosts are excluded.
func (m *Machine) start(s *service, now time.Time) []Action {
	m.plan(s, now)
	hosts := s.watch.hosts(s.Service)
	switch {
	case s.ExcludePeriod != nil && s.ExcludePeriod.Holds(now):
		return nil
	case len(hosts) == 0 && !s.AllowEmpty:
		return []Action{Log{Warning, "no hosts for " + s.watch.Group + "/" + s.Name + ": the monitor is not run"}}
	}
	s.running, s.started = true, now
	m.running++
	args := append([]string(nil), s.Monitor.Args...)
	if !s.WithoutHosts {
		args = append(args, hosts...)
	}
	return []Action{RunMonitor{Service: s.number, Group: s.watch.Group, Name: s.Monitor.Name, Args: args, Env: m.monitorEnv(s)}}
}

// plan sets the next run: an interval after the last one was due, or after now if that has passed.
func (m *Machine) plan(s *service, now time.Time) {
	s.next = s.next.Add(s.Interval)
	if !s.next.After(now) {
		s.next = now.Add(s.Interval)
	}
	if s.RandSkew > 0 {
		s.next = s.next.Add(time.Duration(m.random.Int64N(int64(2*s.RandSkew))) - s.RandSkew)
	}
}
