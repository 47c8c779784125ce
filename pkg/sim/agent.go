package sim

import (
	"fmt"
	"slices"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hamsg"
)

// job does what ResourceManager and the rc.d scripts do, in virtual time, one job after the
// other as the worker of the daemon does.
func (n *Node) job(j cluster.Job) {
	n.w.trace(n, "run "+j.String())
	if j.Kind == cluster.JobStonith {
		n.reset(j)
		return
	}
	n.jobs = append(n.jobs, j)
	if len(n.jobs) == 1 {
		n.runSteps(j, n.plan(j))
	}
}

// jobDone tells the machine and begins the next job.
func (n *Node) jobDone(j cluster.Job) {
	n.jobs = n.jobs[1:]
	if len(n.jobs) > 0 {
		n.runSteps(n.jobs[0], n.plan(n.jobs[0]))
	}
	n.event(cluster.JobDone{ID: j.ID})
}

// reset cuts a node's power, and leaves it off.
func (n *Node) reset(j cluster.Job) {
	n.later(n.JobTime, func() {
		if n.FailReset {
			n.event(cluster.JobDone{ID: j.ID, Code: 1})
			return
		}
		n.w.Node(j.Node).Crash()
		n.w.trace(n, "reset "+j.Node)
		n.event(cluster.JobDone{ID: j.ID})
	})
}

// step is one start or stop of a group, or a message to send.
type step struct {
	group string
	start bool
	msg   *hamsg.Message
}

func (n *Node) runSteps(j cluster.Job, steps []step) {
	if len(steps) == 0 {
		n.later(time.Millisecond, func() { n.jobDone(j) })
		return
	}
	s, rest := steps[0], steps[1:]
	if s.msg != nil {
		n.later(0, func() {
			n.event(cluster.Local{Msg: s.msg})
			n.runSteps(j, rest)
		})
		return
	}
	if !s.start && n.held[s.group] && n.FailStop[s.group] {
		n.w.sick[s.group] = true
		n.later(time.Second, func() { n.runSteps(j, steps) })
		return
	}
	n.step = n.JobTime
	n.later(n.JobTime, func() {
		n.step = 0
		n.apply(s)
		n.runSteps(j, rest)
	})
}

// afterFailure is when ResourceManager asks for a standby because a start failed (failover spec 4).
const afterFailure = 30 * time.Second

// failed is what ResourceManager does about a group that did not start.
func (n *Node) failed(group string) {
	n.w.sick[group] = true
	n.w.trace(n, "failed to start "+group)
	kind := "foreign"
	if n.Systole && slices.ContainsFunc(n.Groups, func(g Group) bool { return g == Group{n.Name, group} }) {
		kind = "local"
	}
	n.later(afterFailure, func() { n.event(cluster.Local{Msg: hamsg.New("t", "ask_resources", "rsc_hold", kind, "info", "me")}) })
}

func (n *Node) apply(s step) {
	if s.start == n.held[s.group] {
		return
	}
	if s.start && n.FailStart[s.group] {
		n.failed(s.group)
		return
	}
	n.held[s.group] = s.start
	verb := "stopped"
	if s.start {
		verb = "started"
	}
	n.w.trace(n, fmt.Sprintf("%s %s (%s)", verb, s.group, n.w.Held()))
}

// owner is the node that a group prefers, after the machines have agreed on shared ones.
func owner(g Group, shared map[string]string) string {
	if o, ok := shared[g.Name]; ok {
		return o
	}
	return g.Owner
}

func (n *Node) groups(shared map[string]string, want func(owner string) bool) []string {
	var names []string
	for _, g := range n.Groups {
		if want(owner(g, shared)) {
			names = append(names, g.Name)
		}
	}
	return names
}

func (n *Node) kind(what cluster.Hold, shared map[string]string) []string {
	return n.groups(shared, func(o string) bool {
		if o == n.Name {
			return what.Has(cluster.HoldLocal)
		}
		return what.Has(cluster.HoldForeign)
	})
}

func all(names []string, start bool) []step {
	var steps []step
	for _, g := range names {
		steps = append(steps, step{group: g, start: start})
	}
	return steps
}

func (n *Node) plan(j cluster.Job) []step {
	switch j.Kind {
	case cluster.JobRequestOwn:
		return n.requestOwn(j)
	case cluster.JobAcquire, cluster.JobPrepare, cluster.JobPrepareStop:
		return all(n.kind(j.What, j.Shared), true)
	case cluster.JobRelease:
		return all(n.kind(j.What, j.Shared), false)
	case cluster.JobGiveUpAll:
		return all(n.kind(cluster.HoldAll, j.Shared), false)
	}
	return n.script(j)
}

// requestOwn is req_resource for each group of ours.
func (n *Node) requestOwn(j cluster.Job) []step {
	var steps []step
	for _, g := range n.kind(cluster.HoldLocal, j.Shared) {
		switch {
		case n.held[g]:
		case j.NiceFailback || j.DontAsk:
			steps = append(steps, step{msg: hamsg.New("t", "ip-request-resp", "dest", n.Name, "ipaddr", g, "weown", "yes", "ok", "OK")})
		default:
			steps = append(steps, step{msg: hamsg.New("t", "ip-request", "ipaddr", g)})
		}
	}
	return steps
}

// handed is what a node goes standby for, so that the one that asked for a takeover gets what it
// asked for.
var handed = map[string]string{"all": "all", "foreign": "local", "local": "foreign"}

// script is harc: rc.d/status, ip-request, ip-request-resp and hb_takeover.
func (n *Node) script(j cluster.Job) []step {
	msg := j.Script
	switch msg.Type() {
	case "status":
		if msg.Get("st") != "dead" || msg.Get("info") == "ping" || msg.Get("src") == n.Name {
			return nil
		}
		dead := msg.Get("src")
		steps := all(n.groups(j.Shared, func(o string) bool { return o == dead }), true)
		if j.NiceFailback {
			steps = append(steps, step{msg: hamsg.New("t", "resource", "rsc_hold", "foreign", "info", "mach_down")})
		}
		return steps
	case "ip-request-resp":
		return all([]string{msg.Get("ipaddr")}, true)
	case "ip-request":
		return n.ipRequest(msg)
	case "hb_takeover":
		if what := handed[msg.Get("rsc_hold")]; what != "" && msg.Get("src") != n.Name {
			return []step{{msg: hamsg.New("t", "ask_resources", "rsc_hold", what, "info", "me")}}
		}
	}
	return nil
}

func (n *Node) ipRequest(msg *hamsg.Message) []step {
	g, asker, weown := msg.Get("ipaddr"), msg.Get("src"), "no"
	if !slices.ContainsFunc(n.Groups, func(k Group) bool { return k.Name == g }) || asker == n.Name {
		return nil
	}
	var steps []step
	if n.held[g] {
		weown = "yes"
		steps = all([]string{g}, false)
	}
	return append(steps, step{msg: hamsg.New("t", "ip-request-resp", "dest", asker, "ipaddr", g, "weown", weown, "ok", "OK")})
}
