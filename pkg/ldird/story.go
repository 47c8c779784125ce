package ldird

import (
	"slices"
	"strings"
	"time"

	"systole/pkg/director"
	"systole/pkg/hook"
	"systole/pkg/ldirectorcf"
	"systole/pkg/state"
)

// maxEvents is how many events the state socket tells.
const maxEvents = 64

// story is what the state socket tells beyond what the machine knows: how the checks went, and
// what was logged. It belongs to the loop.
type story struct {
	began  time.Time
	checks map[string]*past // by identity string
	events []state.Event
	hooks  *hook.Hooks // nil: nobody else is told
}

// past is how the checks of one identity went.
type past struct {
	at   time.Time
	took time.Duration
	said string
	last []int64 // microseconds, oldest first; state.Failed
}

func newStory() *story { return &story{began: time.Now(), checks: map[string]*past{}} }

// checked notes the outcome of a check.
func (s *story) checked(ev director.CheckResult, at time.Time, took time.Duration) {
	p := s.checks[ev.ID]
	if p == nil {
		p = &past{}
		s.checks[ev.ID] = p
	}
	p.at, p.took, p.said = at, took, ev.Said()
	us := max(1, took.Microseconds())
	if !ev.Good() {
		us = state.Failed
	}
	if len(p.last) >= state.History {
		p.last = slices.Delete(p.last, 0, len(p.last)-state.History+1)
	}
	p.last = append(p.last, us)
}

// logged notes a line of the log, but for those that say that a mail was sent.
func (s *story) logged(at time.Time, text string) {
	if strings.HasPrefix(text, "emailalert: ") {
		return
	}
	if len(s.events) >= maxEvents {
		s.events = slices.Delete(s.events, 0, len(s.events)-maxEvents+1)
	}
	ev := state.Event{At: at, Kind: kindOf(text), Text: text}
	s.events = append(s.events, ev)
	if s.hooks != nil {
		s.hooks.Tell(ev)
	}
}

// kind is what a line of the log is about that holds the words.
type kind struct{ words, kind string }

// kinds are looked through in this order.
func kinds() []kind {
	return []kind{
		{"fallback server: ", "fallback"}, {"real server: ", "real"}, {"virtual server: ", "virtual"}, {"Order", "order"}, {"Panic", "virtual"},
		{"Reloading ", "reload"}, {"Configuration file ", "reload"}, {"Linux Director Daemon ", "daemon"}, {"failed: ", "kernel"},
	}
}

func kindOf(text string) string {
	for _, k := range kinds() {
		if strings.Contains(text, k.words) {
			return k.kind
		}
	}
	return "log"
}

// adopt forgets the checks that a new configuration does not have.
func (s *story) adopt(cf *ldirectorcf.Config) {
	known := s.checks
	s.checks = map[string]*past{}
	for _, v := range cf.Virtuals {
		for _, r := range v.Reals {
			if p := known[r.ID]; p != nil {
				s.checks[r.ID] = p
			}
		}
	}
}
