package sim

import (
	"fmt"
	"slices"
	"time"
)

// The bounds of what may go on while faults last (docs/invariants.md).
const (
	// maxUnserved is how long a group may run nowhere while some node is fit to run it:
	// initdead, a dead time of a young peer, a standby exchange that got no answer.
	maxUnserved = 45 * time.Second
	// maxDouble is how long a group may run on two nodes that hear each other: a handover
	// with its slowest scripts, or the time until both know that both hold it.
	maxDouble = 12 * time.Second
	// maxLines is how many lines a node may log in a second, on average over ten.
	maxLines = 60
)

// watcher looks at the world after every event and remembers the first thing that is wrong.
type watcher struct {
	w      *World
	tail   *recent
	broken string
	trace  []string

	unserved, double map[string]time.Time // since when, by group
	second           time.Time
	lines            int
}

func (x *watcher) fail(what string) {
	if x.broken == "" {
		x.broken, x.trace = what, slices.Clone(x.tail.lines)
	}
}

// fit says whether a node could run groups: its daemon runs, is not stopped, and is not ending.
func (n *Node) fit() bool { return n.machine != nil && !n.paused && !n.machine.Stopping() }

// look is called after every event.
func (x *watcher) look() {
	fit := slices.ContainsFunc(x.w.nodes, (*Node).fit)
	for _, g := range x.w.groupNames() {
		holders := len(x.w.Holders(g))
		x.since(&x.unserved, g, fit && holders == 0, maxUnserved, "runs nowhere although a node is fit")
		x.since(&x.double, g, holders > 1 && x.w.allHear(), maxDouble, "runs twice although the nodes hear each other")
	}
}

// since fails when a state of a group lasts for longer than limit.
func (x *watcher) since(m *map[string]time.Time, group string, is bool, limit time.Duration, what string) {
	if *m == nil {
		*m = map[string]time.Time{}
	}
	began, was := (*m)[group]
	switch {
	case !is:
		delete(*m, group)
	case !was:
		(*m)[group] = x.w.Now
	case x.w.Now.Sub(began) > limit:
		x.fail(fmt.Sprintf("group %s %s, for %v", group, what, limit))
	}
}

// allHear says whether every pair of fit nodes can talk both ways without loss.
func (w *World) allHear() bool {
	if w.loss > 0 || len(w.cuts) > 0 {
		return false
	}
	return !slices.ContainsFunc(w.nodes, func(n *Node) bool { return !n.fit() })
}

// logged counts lines: a fault must not fill the disk.
func (x *watcher) logged() {
	if x.w.Now.Sub(x.second) >= 10*time.Second {
		x.second, x.lines = x.w.Now, 0
	}
	if x.lines++; x.lines > 10*maxLines {
		x.fail(fmt.Sprintf("more than %d lines in ten seconds", 10*maxLines))
	}
}
