package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/monitor"
)

// noon is a Wednesday.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// world runs the first service of a machine: each character of a plan is a run, its exit code, and
// a letter changes the summary as well. It returns what was called at each run: "2:alert".
func world(t *testing.T, period, plan string) []string {
	t.Helper()
	text := "watch g\n service s\n  interval 10s\n  monitor m\n  period wd {Sun-Sat}\n   alert down\n   upalert up\n"
	for _, line := range strings.Split(period, ";") {
		text += "   " + strings.TrimSpace(line) + "\n"
	}
	m := monitor.New(read(t, []byte(text)), noon, rand.New(rand.NewPCG(1, 2)))
	var called []string
	for n, c := range plan {
		now, _ := m.Next()
		run, ok := runOf(m.Step(now, monitor.Tick{}))
		if !ok {
			t.Fatalf("run %d is not begun at %v", n, now)
		}
		exit, summary := 0, "h"
		if c >= '0' && c <= '9' {
			exit = int(c - '0')
		} else {
			exit, summary = 1, string(c)
		}
		for _, a := range m.Step(now.Add(time.Second), monitor.Finished{Service: run.Service, Exit: exit, Output: summary + "\ndetail " + fmt.Sprint(n) + "\n"}) {
			if a, ok := a.(monitor.RunAlert); ok {
				called = append(called, fmt.Sprintf("%d:%s", n, a.Call.Name))
			}
		}
	}
	return called
}

func TestLimits(t *testing.T) {
	for _, c := range []struct{ period, plan, want string }{
		{"", "0110", "1:down 2:down 3:up"},
		{"", "1", "0:down"},
		{"numalerts 2", "111101", "0:down 1:down 4:up 5:down"},
		{"alertevery 25s", "1111110", "0:down 3:down 6:up"},
		{"alertevery 25s", "11aab", "0:down 2:down 4:down"},
		{"alertevery 25s strict", "11aab", "0:down 3:down"},
		{"alertevery 25s strict", "101", "0:down 1:up 2:down"},
		{"alertevery 25s observe_detail", "111", "0:down 1:down 2:down"},
		{"alertafter 3", "1101110", "5:down 6:up"},
		{"alertafter 2 15s", "1011", "3:down"},
		{"alertafter 15s", "1111", "2:down 3:down"},
		{"upalertafter 15s", "10110", "0:down 2:down 3:down 4:up"},
		{"alertafter 9", "110", ""},
		{"alertafter 9; no_comp_alerts", "110", "2:up"},
		{"alert exit=2-3 two; numalerts 9", "1230", "0:down 1:down 1:two 2:down 2:two 3:up"},
	} {
		if got := strings.Join(world(t, c.period, c.plan), " "); got != c.want {
			t.Errorf("%s, runs %s: %s, want %s", c.period, c.plan, got, c.want)
		}
	}
}

// An alert that its exit code keeps back brings no upalert (seen at mon 1.3.6).
func TestKeptBack(t *testing.T) {
	m := monitor.New(read(t, []byte("watch g\n service s\n interval 1s\n monitor m\n period\n alert exit=9 a\n upalert u\n")), noon, rand.New(rand.NewPCG(1, 2)))
	for _, exit := range []int{1, 0} {
		now, _ := m.Next()
		run, _ := runOf(m.Step(now, monitor.Tick{}))
		for _, a := range m.Step(now, monitor.Finished{Service: run.Service, Exit: exit}) {
			if a, ok := a.(monitor.RunAlert); ok {
				t.Errorf("called %s", a.Call.Name)
			}
		}
	}
}

// Runs come an interval after the last one was due, or after now if that has passed; never two of
// one service, and no more than maxprocs.
func TestRhythm(t *testing.T) {
	cfg := read(t, []byte("maxprocs = 1\nwatch g\n service a\n interval 10s\n failure_interval 3s\n monitor m\n service b\n interval 10s\n monitor m\n"))
	m := monitor.New(cfg, noon, rand.New(rand.NewPCG(1, 2)))
	at := func(s int) time.Time { return noon.Add(time.Duration(s) * time.Second) }
	due := func(want int) {
		t.Helper()
		if next, ok := m.Next(); !ok || !next.Equal(at(want)) {
			t.Errorf("due at %v, %v; want %v", next, ok, at(want))
		}
	}
	due(10)
	first := m.Step(at(10), monitor.Tick{})
	run, ok := runOf(first)
	if !ok || len(first) != 1 || run.Service != 0 {
		t.Fatalf("at 10: %v", first)
	}
	if _, ok := m.Next(); ok {
		t.Error("something is due while maxprocs run")
	}
	second, ok := runOf(m.Step(at(12), monitor.Finished{Service: 0, Exit: 1}))
	if !ok || second.Service != 1 {
		t.Errorf("b does not follow a: %v", second)
	}
	if got := m.Step(at(13), monitor.Finished{Service: 0, Exit: 1}); got != nil {
		t.Errorf("a run that is not: %v", got)
	}
	if got := m.Step(at(35), monitor.Finished{Service: 1, Exit: 0}); len(got) != 1 {
		t.Errorf("at 35: %v", got) // a again, overdue
	}
	m.Step(at(36), monitor.Finished{Service: 0, Exit: 0})
	m.Step(at(37), monitor.Finished{Service: 1, Exit: 0})
	due(45)
}

func TestHosts(t *testing.T) {
	cfg := read(t, []byte("hostgroup g a *b c\n\nhostgroup none *x\n\nwatch g\n service s\n interval 1s\n exclude_hosts c\n monitor m -x\n service t\n interval 1s\n monitor m -x ;;\n\n"+
		"watch none\n service s\n interval 1s\n monitor m\n service t\n interval 1s\n allow_empty_group\n monitor m\n service u\n interval 1s\n exclude_period hr {11am-1pm}\n monitor m\n"))
	m := monitor.New(cfg, noon, rand.New(rand.NewPCG(1, 2)))
	var got []string
	for _, a := range m.Step(noon.Add(time.Second), monitor.Tick{}) {
		got = append(got, fmt.Sprintf("%v", a))
	}
	for i, want := range []string{"-x a]", "-x]", "no hosts for none/s", "m []"} {
		if i >= len(got) || !strings.Contains(got[i], want) {
			t.Errorf("%d: %q, want %s", i, got, want)
		}
	}
	if len(got) != 4 {
		t.Errorf("%q", got)
	}
}

// The lines of the log are mon's, also for how-to 001 with its en dashes.
func TestLines(t *testing.T) {
	cfg := read(t, []byte("hostgroup realNode-1 129.254.203.146\n\nwatch realNode-1\n service http\n interval 2s\n monitor http.monitor -t 2\n period wd {Sun-Sat}\n"+
		"alert lvs.alert -P tcp -V 129.254.203.149:80 –R 129.254.203.146 -W 1 -F dr -X down\nupalert lvs.alert -u\n"))
	now := time.Unix(1795217542, 0)
	m := monitor.New(cfg, now.Add(-2*time.Second), rand.New(rand.NewPCG(1, 2)))
	m.Step(now, monitor.Tick{})
	var got []string
	for _, a := range m.Step(now, monitor.Finished{Exit: 1, Output: "129.254.203.146\nHOST 129.254.203.146: HTTP response code failure\n\n"}) {
		switch a := a.(type) {
		case monitor.Log:
			got = append(got, fmt.Sprint(a.Level, " ", a.Text))
		case monitor.RunAlert:
			got = append(got, a.Line("/etc/ha.d/mon/alert.d/lvs.alert"))
		}
	}
	want := []string{
		"3 failure for realNode-1 http 1795217542 129.254.203.146",
		"calling alert lvs.alert for realNode-1/http (/etc/ha.d/mon/alert.d/lvs.alert,-P tcp -V 129.254.203.149:80 –R 129.254.203.146 -W 1 -F dr -X down) 129.254.203.146",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		text string
		at   string
		want bool
	}{
		{"", "2026-11-25 12:00:00", true}, {"always", "2026-11-25 12:00:00", true}, {"none", "2026-11-25 12:00:00", false}, {"never", "2026-11-25 12:00:00", false},
		{"wd {Sun-Sat}", "2026-11-25 12:00:00", true},
		{"wd {Mon-Fri} hr {9am-4pm}", "2026-11-25 16:59:59", true}, {"wd {Mon-Fri} hr {9am-4pm}", "2026-11-25 17:00:00", false},
		{"wd {mon-fri} hr {9am-4pm}", "2026-11-28 12:00:00", false},
		{"wd {Mon-Fri} hr {9am-4pm}, wd {Sat} hr {12noon}", "2026-11-28 12:30:00", true},
		{"hr {10pm-6am}", "2026-11-25 23:00:00", true}, {"hr {10pm-6am}", "2026-11-25 06:30:00", true}, {"hr {10pm-6am}", "2026-11-25 07:00:00", false},
		{"hr {12am}", "2026-11-25 00:30:00", true}, {"hr {0}", "2026-11-25 00:30:00", true}, {"hr {12pm}", "2026-11-25 12:30:00", true},
		{"mo {Nov}", "2026-11-25 12:00:00", true}, {"mo {dec-feb}", "2026-11-25 12:00:00", false}, {"mo {october-february}", "2026-11-25 12:00:00", true},
		{"md {1 25}", "2026-11-25 12:00:00", true}, {"yd {329}", "2026-11-25 12:00:00", true}, {"wk {4}", "2026-11-25 12:00:00", true},
		{"yr {2026-2027}", "2026-11-25 12:00:00", true}, {"yr {26}", "2026-11-25 12:00:00", true}, {"yr {99}", "1999-01-01 00:00:00", true},
		{"min {0-29} sec {30}", "2026-11-25 12:29:30", true}, {"minute {30}", "2026-11-25 12:29:30", false},
		{"wday {4}", "2026-11-25 12:00:00", true}, {"wd {7-1}", "2026-11-29 12:00:00", true},
	} {
		s, err := monitor.ParseSchedule(c.text)
		at, _ := time.Parse(time.DateTime, c.at)
		if err != nil || s.Holds(at) != c.want {
			t.Errorf("%q at %s: %v, %v", c.text, c.at, s.Holds(at), err)
		}
	}
	for _, text := range []string{"wd", "wd {", "wd {}", "xx {1}", "wd {Foo}", "hr {24}", "hr {13pm}", "hr {12 - 13}", "yr {2027-2026}", "wd {1-7}}", "hr {11noon}", ","} {
		if s, err := monitor.ParseSchedule(text); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}
