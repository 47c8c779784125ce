package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"systole/pkg/hamsg"
)

// The bounds of what may go on while faults last (docs/invariants.md).
const (
	// maxUnserved is how long a group may run nowhere while a node is fit that has been up for
	// long: dead time, what a young peer adds to it, a standby exchange that got no answer, scripts.
	maxUnserved = 25 * time.Second
	// maxDouble is how long a group may run on two nodes that hear each other: a handover with
	// its slowest scripts.
	maxDouble = 6 * time.Second
	// grown is how long a node has to be fit before I3 is asked of it: initdead, and the wait of 10 s.
	grown = 30 * time.Second
	// storm is how many lines or messages a node may write in a second, on average over ten.
	storm = 60
)

// watcher looks at the world after every event and remembers the first thing that is wrong.
type watcher struct {
	w      *World
	broken string

	fit              map[*Node]time.Time  // since when
	unserved, double map[string]time.Time // since when, by group
	longest          map[string]time.Duration
	generation       map[*Node]uint64
	second           time.Time
	lines, messages  int
}

func newWatcher(w *World) *watcher {
	x := &watcher{w: w, fit: map[*Node]time.Time{}, unserved: map[string]time.Time{}, double: map[string]time.Time{},
		longest: map[string]time.Duration{}, generation: map[*Node]uint64{}}
	w.watch, w.sent = x.look, x.said
	return x
}

func (x *watcher) fail(what string) {
	if x.broken == "" {
		x.broken = what
	}
}

// fit says whether a node could run groups: its daemon runs, is not stopped, and is not ending.
func (n *Node) fit() bool { return n.machine != nil && !n.paused && !n.machine.Stopping() }

// look is called after every event.
func (x *watcher) look() {
	able := false
	for _, n := range x.w.nodes {
		since(x.fit, n, n.fit(), x.w.Now)
		began, is := x.fit[n]
		able = able || is && x.w.Now.Sub(began) > grown && !n.busy()
	}
	hear := x.w.allHear()
	for _, g := range x.w.groupNames() {
		holders := len(x.w.Holders(g))
		x.lasts(x.unserved, g, able && holders == 0 && !x.w.sick[g], maxUnserved, "I3: group %s runs nowhere although a node is fit, for %v")
		x.lasts(x.double, g, hear && holders > 1 && !x.w.sick[g], maxDouble, "I1: group %s runs twice although the nodes hear each other, for %v")
	}
}

// busy says whether a node's scripts hang or are slow: nothing can be asked of it until they end.
func (n *Node) busy() bool { return max(n.JobTime, n.step) > time.Second || len(n.FailStop) > 0 }

// since notes when a state began.
func since[K comparable](m map[K]time.Time, key K, is bool, now time.Time) {
	if !is {
		delete(m, key)
	} else if _, was := m[key]; !was {
		m[key] = now
	}
}

// lasts fails when a state of a group lasts for longer than limit.
func (x *watcher) lasts(m map[string]time.Time, group string, is bool, limit time.Duration, what string) {
	since(m, group, is, x.w.Now)
	if !is {
		return
	}
	long := x.w.Now.Sub(m[group])
	x.longest[what] = max(x.longest[what], long)
	if long > limit {
		x.fail(fmt.Sprintf(what, group, limit))
	}
}

// allHear says whether every pair of nodes is fit and can talk both ways, on time and without loss.
func (w *World) allHear() bool {
	if w.loss > 0 || w.Jitter > 0 || len(w.cuts) > 0 || len(w.down) > 0 {
		return false
	}
	return !slices.ContainsFunc(w.nodes, func(n *Node) bool { return !n.fit() || n.busy() })
}

// said looks at a message that a node sends: its generation only grows.
func (x *watcher) said(n *Node, msg *hamsg.Message) {
	x.messages++
	if hg, err := strconv.ParseUint(msg.Get("hg"), 16, 64); err == nil {
		if hg < x.generation[n] {
			x.fail("I5: the generation of " + n.Name + " went back")
		}
		x.generation[n] = hg
	}
	x.count()
}

// logged counts lines: a fault must not fill the disk.
func (x *watcher) logged() {
	x.lines++
	x.count()
}

func (x *watcher) count() {
	if x.w.Now.Sub(x.second) >= 10*time.Second {
		x.second, x.lines, x.messages = x.w.Now, 0, 0
	}
	limit := 10 * storm * len(x.w.nodes)
	if x.lines > limit {
		x.fail(fmt.Sprintf("I6: more than %d lines in ten seconds", limit))
	}
	if x.messages > limit {
		x.fail(fmt.Sprintf("I6: more than %d messages in ten seconds", limit))
	}
}
