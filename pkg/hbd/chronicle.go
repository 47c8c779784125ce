package hbd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/decision"
	"systole/pkg/hamsg"
	"systole/pkg/hook"
	"systole/pkg/state"
)

// chronicle watches what the machine is told and what it answers, for the state socket and for the
// decision records. It belongs to the loop, decides nothing and never waits.
type chronicle struct {
	node     string
	began    time.Time
	rhythms  map[way]*state.Rhythm
	sights   map[string]*state.Sight // of other Systole nodes
	statuses map[string]change       // of the nodes
	held     cluster.Hold
	heldAt   time.Time
	jobs     map[int]time.Time
	past     []state.Event
	hooks    *hook.Hooks // nil: nobody else is told
	recording
}

// change is the last change of a status.
type change struct {
	status string
	at     time.Time
}

// way is a path to a node.
type way struct{ node, link string }

const maxEvents = 64

func newChronicle(node string) *chronicle {
	return &chronicle{node: node, began: time.Now(), rhythms: map[way]*state.Rhythm{}, sights: map[string]*state.Sight{},
		statuses: map[string]change{}, jobs: map[int]time.Time{}, recording: recording{spans: map[string]span{}}}
}

// heard measures the heartbeats of a path. Names that are no nodes of ours are left out, so that
// the table cannot grow.
func (c *chronicle) heard(nodes []string, node, link string, at time.Time) {
	if !slices.Contains(nodes, node) {
		return
	}
	w := way{node, link}
	if c.rhythms[w] == nil {
		c.rhythms[w] = &state.Rhythm{}
	}
	c.rhythms[w].Heard(at)
}

func (c *chronicle) note(at time.Time, kind, format string, args ...any) {
	if len(c.past) >= maxEvents {
		c.past = slices.Delete(c.past, 0, len(c.past)-maxEvents+1)
	}
	ev := state.Event{At: at, Kind: kind, Text: fmt.Sprintf(format, args...)}
	c.past = append(c.past, ev)
	if c.hooks != nil {
		c.hooks.Tell(ev)
	}
}

// before looks at an event that the machine is about to be told.
func (d *beatDaemon) before(now time.Time, ev cluster.Event) {
	if due, ok := d.machine.Next(); ok && now.Sub(due) > max(d.cfg.Keepalive, time.Second) {
		stood := fmt.Sprintf("%.2f s", now.Sub(due).Seconds())
		d.begin(now, decision.Occasion{Cause: decision.Stall, Subject: d.cfg.Node, Detail: stood})
		d.story.note(now, "stall", "this machine stood still for %s", stood)
	}
	switch e := ev.(type) {
	case cluster.Start:
		d.begin(now, decision.Occasion{Cause: decision.Start, Subject: d.cfg.Node})
	case cluster.Terminate:
		d.begin(now, decision.Occasion{Cause: decision.Stop, Subject: d.cfg.Node})
	case cluster.Reload:
		d.begin(now, decision.Occasion{Cause: decision.Reload, Subject: d.cfg.Node})
	case cluster.Recv:
		d.count(now, e)
	case cluster.JobDone:
		delete(d.story.jobs, e.ID)
		d.story.recorder.JobDone(now, e.ID, e.Code)
	}
}

// after looks at what the machine answered, before it is carried out.
func (d *beatDaemon) after(now time.Time, a cluster.Action) {
	c := d.story
	switch a := a.(type) {
	case cluster.Notify:
		d.changed(now, a.Msg)
		d.message(now, a.Msg)
	case cluster.Log:
		c.recorder.Log(now, string(a.Level)+": "+a.Text)
	case cluster.Send:
		if moves(a.Msg.Type()) {
			c.recorder.Send(now, spoken(a.Msg))
		}
	case cluster.Run:
		c.jobs[a.Job.ID] = now
		c.recorder.Job(now, a.Job.ID, work(a.Job))
		if a.Job.Kind != cluster.JobScript {
			c.note(now, "job", "began: %s", a.Job)
		}
	}
}

// changed looks at a change of a node or a link, as the API clients hear of it.
func (d *beatDaemon) changed(now time.Time, msg *hamsg.Message) {
	c, st := d.story, msg.Get("st")
	name := strings.ToLower(msg.Get("src"))
	switch {
	case msg.Type() == "ifstat":
		link := msg.Get("node") + ":" + msg.Get("ifname")
		c.note(now, "link", "link %s %s", link, st)
		if st == "dead" && slices.Contains(d.cfg.Nodes, msg.Get("node")) { // that of a ping node is the ping node
			d.begin(now, decision.Occasion{Cause: decision.Link, Subject: link})
		}
	case msg.Type() != "status" && msg.Type() != "NS_st":
	default:
		c.note(now, "node", "node %s: %s", name, st)
		switch {
		case st == "dead" && msg.Get("info") == "ping":
			d.begin(now, decision.Occasion{Cause: decision.PingLoss, Subject: name})
		case st == "dead":
			d.begin(now, decision.Occasion{Cause: decision.Death, Subject: name})
		case msg.Type() == "status" && c.statuses[name].status != "":
			d.heardAgain(now, name, st)
		}
		c.statuses[name] = change{st, now} // a record tells of the status before
		if held, said := msg.Lookup(cluster.FieldHold); said {
			c.recorder.PeerHolds(held)
		}
	}
}

// settled looks at the node after a step.
func (d *beatDaemon) settled(now time.Time) {
	c := d.story
	if held := d.machine.Holding(); held != c.held || c.heldAt.IsZero() {
		if !c.heldAt.IsZero() {
			c.note(now, "resources", "holds %s, held %s", held, c.held)
		}
		c.held, c.heldAt = held, now
	}
	d.settleRecord(now)
}
