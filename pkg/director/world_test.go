package director

import (
	"errors"
	"fmt"
	"net/netip"
	"sort"
	"strings"
	"testing"
	"time"

	"systole/pkg/diag"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// began is when every test starts.
var began = time.Date(2026, 11, 20, 23, 31, 6, 0, time.UTC)

// world is everything around a machine: a kernel, real servers, a clock.
type world struct {
	m      Machine
	now    time.Time
	kernel ipvs.Table
	queue  []pending
	seq    int

	config   string // text of the file on disk
	servers  map[string]server
	paths    map[string]Path // by server; good where nothing is said
	refuse   string          // changes whose text contains this fail
	unread   error           // ReadTable fails
	deaf     bool            // the kernel does not answer at all
	running  map[string]uint64
	io       int
	applies  []time.Time
	orders   uint64
	exited   bool
	trace    []string
	all      bool // trace starts of checks, too
	problems []string
	model    *model // nil: only what Step returns is looked at
}

// server is how a real answers.
type server struct {
	mode    string // up, down or hang
	message string
}

// pending is an event on its way.
type pending struct {
	at  time.Time
	seq int
	ev  Event
}

func newWorld() *world {
	return &world{now: began, servers: map[string]server{}, paths: map[string]Path{}, running: map[string]uint64{}}
}

func (w *world) post(after time.Duration, ev Event) {
	w.seq++
	w.queue = append(w.queue, pending{w.now.Add(after), w.seq, ev})
	sort.SliceStable(w.queue, func(i, j int) bool {
		if !w.queue[i].at.Equal(w.queue[j].at) {
			return w.queue[i].at.Before(w.queue[j].at)
		}
		return w.queue[i].seq < w.queue[j].seq
	})
}

// advance lets time pass, delivering events and ticks.
func (w *world) advance(d time.Duration) {
	end := w.now.Add(d)
	for range 1000000 {
		at, ev := end, Event(nil)
		if len(w.queue) > 0 && !w.queue[0].at.After(at) {
			at, ev = w.queue[0].at, w.queue[0].ev
		}
		if next, ok := w.m.Next(); ok && next.Before(at) {
			at, ev = next, Tick{}
		} else if ev != nil {
			w.queue = w.queue[1:]
		}
		if ev == nil {
			w.now = end
			return
		}
		if at.After(w.now) {
			w.now = at
		}
		w.step(ev)
	}
	w.wrong("time does not advance")
}

func (w *world) wrong(format string, args ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

// step gives one event to the machine, checks what must always hold, and does what it says.
func (w *world) step(ev Event) {
	w.settle(ev)
	gone := w.exited
	before := w.model.before(&w.m, ev)
	actions := w.m.Step(w.now, ev)
	w.model.after(w, before)
	if gone && len(actions) > 0 {
		w.wrong("actions after exit: %v", actions)
	}
	if next, ok := w.m.Next(); ok && !next.After(w.now) {
		w.wrong("next deadline %v is not after now %v", next, w.now)
	}
	for _, a := range actions {
		w.note(a)
		w.do(a)
	}
}

func (w *world) note(a Action) {
	if _, check := a.(StartCheck); check && !w.all {
		return
	}
	for _, line := range strings.Split(a.String(), "\n") {
		w.trace = append(w.trace, fmt.Sprintf("%7.3f %s", w.now.Sub(began).Seconds(), line))
	}
}

func (w *world) do(a Action) {
	switch a := a.(type) {
	case ReadTable:
		w.beginIO()
		if !w.deaf {
			w.post(time.Millisecond, TableRead{w.kernel.Sorted(), w.unread})
		}
	case Apply:
		w.beginIO()
		w.countApply()
		if !w.deaf {
			w.post(time.Millisecond, w.apply(a.Changes))
		}
	case StartCheck:
		w.startCheck(a)
	case CancelCheck:
		if w.running[a.ID] != a.Seq {
			w.wrong("cancel of a check that does not run: %s", a.ID)
		}
		w.queue = withoutCheck(w.queue, a.ID)
		w.post(2*time.Millisecond, CheckResult{ID: a.ID, Seq: a.Seq, Message: "cancelled"})
	case LoadConfig:
		w.post(time.Millisecond, w.load())
	case Exit:
		w.exited = true
	}
}

// countApply sees to it that the kernel is not pestered with what it refuses.
func (w *world) countApply() {
	w.applies = append(w.applies, w.now)
	if n := len(w.applies) - 40; n >= 0 && w.now.Sub(w.applies[n]) < time.Second/2 {
		w.wrong("40 applies in half a second")
	}
}

func (w *world) beginIO() {
	w.io++
	if w.io > 1 {
		w.wrong("two requests to the kernel at once")
	}
}

func withoutCheck(q []pending, id string) []pending {
	var keep []pending
	for _, p := range q {
		if r, ok := p.ev.(CheckResult); !ok || r.ID != id {
			keep = append(keep, p)
		}
	}
	return keep
}

func (w *world) apply(changes []ipvs.Change) Applied {
	errs := make([]error, len(changes))
	for i, c := range changes {
		if w.refuse != "" && strings.Contains(c.String(), w.refuse) {
			errs[i] = errors.New("refused")
			continue
		}
		var err error
		if w.kernel, err = w.kernel.Apply([]ipvs.Change{c}); err != nil {
			errs[i] = errors.New(err.Error()[strings.LastIndex(err.Error(), ": ")+2:])
		}
	}
	return Applied{errs}
}

func (w *world) startCheck(a StartCheck) {
	if w.running[a.ID] != 0 {
		w.wrong("two checks at once: %s", a.ID)
	}
	if a.Limit <= 0 {
		w.wrong("check without a limit: %s", a.ID)
	}
	w.running[a.ID] = a.Seq
	name := netip.AddrPortFrom(a.Real.Addr, a.Real.Port).String()
	s, ok := w.servers[name]
	if !ok {
		s = server{mode: "up", message: "200 OK"}
	}
	switch s.mode {
	case "hang":
		w.post(a.Limit, CheckResult{ID: a.ID, Seq: a.Seq, Message: "500 Timeout Alarm"})
	case "stuck":
	default:
		w.post(5*time.Millisecond, CheckResult{ID: a.ID, Seq: a.Seq, Up: s.mode == "up", Message: s.message, Path: w.pathOf(a, name)})
	}
}

// pathOf is what asking for the virtual's address finds, where that is wanted.
func (w *world) pathOf(a StartCheck, name string) Path {
	p := w.paths[name]
	if a.Virtual.PathCheck && p.State == PathUnasked {
		p.State = PathGood
	}
	if !a.Virtual.PathCheck {
		return Path{}
	}
	return p
}

// settle books what an event ends before the machine sees it.
func (w *world) settle(ev Event) {
	switch ev := ev.(type) {
	case TableRead, Applied:
		w.io--
	case CheckResult:
		if w.running[ev.ID] == ev.Seq {
			delete(w.running, ev.ID)
		}
	}
}

// load parses the file on disk.
func (w *world) load() Reloaded {
	cf, diags := ldirectorcf.Load(ldirectorcf.Env{}, "/etc/ha.d/ldirectord.cf", []byte(w.config))
	if !diag.Failed(diags) {
		return Reloaded{Config: cf}
	}
	var lines []string
	for _, d := range diags {
		lines = append(lines, ldirectorcf.Format(d, 24))
	}
	return Reloaded{Lines: lines}
}

func (w *world) start(tb testing.TB) {
	r := w.load()
	if r.Config == nil {
		tb.Fatalf("configuration refused: %q", r.Lines)
	}
	w.step(Configured{r.Config})
}
