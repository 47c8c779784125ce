package monitor

import (
	"strconv"
	"strings"
	"time"
)

const noSummary = "(NO SUMMARY)"

// finished judges a run.
func (m *Machine) finished(s *service, now time.Time, e Finished) []Action {
	defer func() { s.ran = true }()
	if e.Exit == 0 {
		return m.good(s, now, e)
	}
	return m.bad(s, now, e)
}

// summaryOf is the first line of an output.
func summaryOf(output string) (string, bool) {
	first, _, _ := strings.Cut(output, "\n")
	return first, output != ""
}

// bad is a failing run: it is logged, and every period that holds may alert.
func (m *Machine) bad(s *service, now time.Time, e Finished) []Action {
	if s.status != failing {
		s.firstFailure, s.count, s.failures = now, 0, nil
	}
	s.status, s.lastFailure = failing, now
	s.count++
	s.failures = append(s.failures, now)
	if len(s.failures) > maxFailures {
		s.failures = s.failures[1:]
	}
	before := s.output
	s.summary, s.hasSummary = summaryOf(e.Output)
	if s.summary == "" {
		s.summary, s.hasSummary = noSummary, true
	}
	s.output, s.failed = e.Output, e.Output
	if s.FailureInterval > 0 {
		if s.next = s.started.Add(s.FailureInterval); s.next.Before(now) {
			s.next = now
		}
	}
	out := []Action{Log{Crit, "failure for " + s.watch.Group + " " + s.Name + " " + epoch(now) + " " + s.summary}}
	for i := range s.Periods {
		out = append(out, m.alert(s, i, now, e, before)...)
	}
	return out
}

// alert calls the alerts of one period.
func (m *Machine) alert(s *service, i int, now time.Time, e Finished, before string) []Action {
	p, st := &s.Periods[i], &s.periods[i]
	if !p.When.Holds(now) || !s.enough(p, now) || p.NumAlerts > 0 && st.sent >= p.NumAlerts || !s.soonAgain(p, st, now) {
		return nil
	}
	var out []Action
	for _, a := range p.Alerts {
		if a.holds(e.Exit) {
			out = append(out, m.call(s, Failure, a, now, e.Exit, before))
		}
	}
	if len(out) > 0 {
		st.sent++
		st.last, st.summary, st.output = now, s.summary, s.output
	}
	return out
}

// enough says whether alertafter is satisfied.
func (s *service) enough(p *Period, now time.Time) bool {
	if p.AfterFor > 0 && now.Sub(s.firstFailure) <= p.AfterFor {
		return false
	}
	if p.After == 0 {
		return true
	}
	if p.AfterWithin == 0 {
		return s.count >= p.After
	}
	within := 0
	for _, f := range s.failures {
		if now.Sub(f) <= p.AfterWithin {
			within++
		}
	}
	return within >= p.After
}

// soonAgain says whether alertevery lets another alert through.
func (s *service) soonAgain(p *Period, st *section, now time.Time) bool {
	switch {
	case p.Every == 0 || st.last.IsZero() || now.Sub(st.last) >= p.Every:
		return true
	case p.EveryMode == BySummary:
		return s.summary != st.summary
	case p.EveryMode == ByDetail:
		return s.output != st.output
	}
	return false
}

// good is a run without a failure. The first after an outage calls the upalerts with what was known
// during it.
func (m *Machine) good(s *service, now time.Time, e Finished) []Action {
	var out []Action
	if s.status == failing {
		out = m.recovered(s, now)
		if s.FailureInterval > 0 { // back to the usual rhythm
			if s.next = s.started.Add(s.Interval); s.next.Before(now) {
				s.next = now
			}
		}
	}
	s.status, s.lastSuccess = ok, now
	s.firstFailure, s.lastFailure, s.count, s.failures = time.Time{}, time.Time{}, 0, nil
	s.output, s.failed = e.Output, ""
	s.summary, s.hasSummary = summaryOf(e.Output)
	return out
}

func (m *Machine) recovered(s *service, now time.Time) []Action {
	var out []Action
	for i := range s.Periods {
		p, st := &s.Periods[i], &s.periods[i]
		if (st.sent > 0 || p.NoComp) && now.Sub(s.firstFailure) >= p.UpAlertAfter && p.When.Holds(now) {
			for _, a := range p.UpAlerts {
				out = append(out, m.call(s, Up, a, now, 0, s.failed))
			}
		}
		*st = section{}
	}
	return out
}

// startup calls the startup alerts.
func (m *Machine) startup(now time.Time) []Action {
	var out []Action
	for _, s := range m.all {
		for i := range s.Periods {
			if !s.Periods[i].When.Holds(now) {
				continue
			}
			for _, a := range s.Periods[i].Startup {
				out = append(out, m.call(s, Startup, a, now, 0, ""))
			}
		}
	}
	return out
}

// call makes the call of one alert (agents spec 7.5).
func (m *Machine) call(s *service, kind AlertKind, a Alert, now time.Time, exit int, before string) RunAlert {
	args := []string{"-s", s.Name, "-g", s.watch.Group, "-h", strings.Join(s.watch.Hosts, " "), "-t", epoch(now)}
	if kind == Up {
		args = append(args, "-u")
	}
	return RunAlert{Kind: kind, Group: s.watch.Group, Service: s.Name, Summary: s.summary, Call: a.Call,
		Args: append(args, a.Args...), Env: m.alertEnv(s, kind, exit, before), Stdin: s.failed}
}

// epoch is a time as mon has it: seconds, 0 for never.
func epoch(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}
