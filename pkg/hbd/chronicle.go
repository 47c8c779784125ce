package hbd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/decision"
	"systole/pkg/hacf"
	"systole/pkg/halog"
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
	statuses map[string]change // of the nodes
	held     cluster.Hold
	heldAt   time.Time
	jobs     map[int]time.Time
	past     []state.Event
	recorder decision.Recorder
	records  chan *decision.Record // to the writer; nil: none is kept
	hooks    *hook.Hooks           // nil: nobody else is told
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
	return &chronicle{node: node, began: time.Now(), rhythms: map[way]*state.Rhythm{},
		statuses: map[string]change{}, jobs: map[int]time.Time{}}
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
		d.begin(now, decision.Stall, d.cfg.Node)
		d.story.note(now, "stall", "this machine stood still for %v", now.Sub(due).Round(time.Millisecond))
	}
	switch e := ev.(type) {
	case cluster.Start:
		d.begin(now, decision.Start, d.cfg.Node)
	case cluster.Terminate:
		d.begin(now, decision.Stop, d.cfg.Node)
	case cluster.Reload:
		d.begin(now, decision.Reload, d.cfg.Node)
	case cluster.Recv:
		d.message(now, e.Msg)
	case cluster.Local:
		d.message(now, e.Msg)
	case cluster.JobDone:
		delete(d.story.jobs, e.ID)
		d.story.recorder.JobDone(now, e.ID, e.Code)
	}
}

// message looks for those that begin something.
func (d *beatDaemon) message(now time.Time, msg *hamsg.Message) {
	from := strings.ToLower(msg.Get("src"))
	if from == "" {
		from = d.cfg.Node
	}
	switch {
	case msg.Type() == "shutdone" && from != d.cfg.Node:
		d.begin(now, decision.PeerStop, from)
	case msg.Type() == "ask_resources" && msg.Get("info") == "me" && msg.Get("from_id") == "ipfail":
		d.begin(now, decision.Ipfail, from)
	case msg.Type() == "ask_resources" && msg.Get("info") == "me":
		d.begin(now, decision.Standby, from)
	}
}

// after looks at what the machine answered, before it is carried out.
func (d *beatDaemon) after(now time.Time, a cluster.Action) {
	c := d.story
	switch a := a.(type) {
	case cluster.Notify:
		d.changed(now, a.Msg)
	case cluster.Log:
		c.recorder.Log(now, string(a.Level), a.Text)
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
		if st == "dead" {
			d.begin(now, decision.Link, link)
		}
	case msg.Type() != "status" && msg.Type() != "NS_st":
	default:
		defer func() { c.statuses[name] = change{st, now} }() // a record tells of the status before
		c.note(now, "node", "node %s: %s", name, st)
		switch {
		case st == "dead" && msg.Get("info") == "ping":
			d.begin(now, decision.PingLoss, name)
		case st == "dead":
			d.begin(now, decision.Crash, name)
		case (st == "up" || st == "init") && c.statuses[name].status != "":
			d.begin(now, decision.Return, name)
		}
	}
}

// moves says whether a message is about who holds what.
func moves(typ string) bool {
	return slices.Contains([]string{"starting", "resource", "ask_resources", "shutdone", "ip-request", "ip-request-resp", "hb_takeover"}, typ)
}

// work says what a job does; of a script's message only what it is about.
func work(j cluster.Job) string {
	if j.Kind != cluster.JobScript {
		return j.String()
	}
	text := fmt.Sprintf("#%d script %s", j.ID, j.Script.Type())
	for _, name := range []string{"src", "st", "group", "ipaddr"} {
		if value, there := j.Script.Lookup(name); there {
			text += " " + name + "=" + value
		}
	}
	return text
}

func spoken(msg *hamsg.Message) string {
	text := msg.Type()
	for _, name := range []string{"rsc_hold", "rtype", "isstable", "info", "group", "ok"} {
		if value, there := msg.Lookup(name); there {
			text += " " + name + "=" + value
		}
	}
	return text
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
	atRest := len(c.jobs) == 0 && d.machine.ResourceState() != "transition"
	if rec, ok := c.recorder.Settle(now, atRest, c.held.String(), 2*d.cfg.Keepalive); ok {
		c.keep(rec)
	}
}

// begin opens a decision record.
func (d *beatDaemon) begin(now time.Time, cause decision.Cause, subject string) {
	if rec, ok := d.story.recorder.Begin(now, cause, subject, func() decision.Scene { return d.scene(now) }); ok {
		d.story.keep(rec)
	}
}

// keep hands a record to the writer. A disk that hangs costs records, not heartbeats.
func (c *chronicle) keep(rec *decision.Record) {
	select {
	case c.records <- rec:
	default:
	}
}

// scene is what was known before the step that begins a record.
func (d *beatDaemon) scene(now time.Time) decision.Scene {
	s := decision.Scene{Node: d.cfg.Node, Held: d.story.held.String(),
		Timers: decision.Timers{Keepalive: d.cfg.Keepalive.Milliseconds(), Deadtime: d.cfg.Deadtime.Milliseconds(), Failback: failbackWord(d.cfg.AutoFailback)}}
	for _, n := range d.machine.Nodes() {
		if n.Name == d.cfg.Node {
			continue
		}
		in := decision.Input{Node: n.Name, Status: n.Status, Limit: n.Deadtime.Milliseconds()}
		if known, ok := d.story.statuses[n.Name]; ok {
			in.Status = known.status
		}
		if !n.Heard.IsZero() {
			in.Silent = now.Sub(n.Heard).Milliseconds()
		}
		for _, l := range n.Links {
			in.Paths = append(in.Paths, decision.Path{Name: l.Name, Up: l.Up, Silent: ageOf(now, l.Heard)})
		}
		s.Inputs = append(s.Inputs, in)
	}
	return s
}

// ageOf is in milliseconds; -1 for what was never heard.
func ageOf(now, heard time.Time) int64 {
	if heard.IsZero() {
		return -1
	}
	return max(0, now.Sub(heard).Milliseconds())
}

func failbackWord(f hacf.Failback) string {
	switch f {
	case hacf.FailbackOn:
		return "on"
	case hacf.FailbackOff:
		return "off"
	}
	return "legacy"
}

// scriptLog writes the lines of a script, and shows them to the chronicle.
type scriptLog struct {
	*halog.Script
	d *beatDaemon
}

// Log writes one line.
func (s scriptLog) Log(text string) {
	s.Script.Log(text)
	level, rest, found := strings.Cut(text, ": ")
	if !found {
		level, rest = "info", text
	}
	now := time.Now()
	select { // a loop that is busy costs a line of a record
	case s.d.in.work <- func() { s.d.story.recorder.Log(now, level, rest) }:
	default:
	}
}
