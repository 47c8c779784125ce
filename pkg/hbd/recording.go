package hbd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/agent"
	"systole/pkg/cluster"
	"systole/pkg/decision"
	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// recording is the part of the chronicle that makes the decision records.
type recording struct {
	recorder decision.Recorder
	out      chan entry // to the writer; nil: none is kept
	life     decision.Life
	former   *decision.Life  // the life before; nil: none is known
	peerHeld string          // as decision.Peer tells it
	spans    map[string]span // of the messages of each node
	arriving arrival
	absence  *decision.Absence // of the node that is heard again
}

// entry is one thing for the writer: a record, or what this daemon leaves about itself.
type entry struct {
	rec  *decision.Record
	life *decision.Life
}

// lifeEvery is how often the life is written when nothing happens.
const lifeEvery = time.Minute

// span is how far the messages of a node have come; of a dead one, how far they had come before.
type span struct{ gen, seq uint64 }

// arrival is a message that the machine is being told.
type arrival struct {
	span
	silent time.Duration // of its sender, before it
}

// count looks at the numbers of a message, for what they say when its sender is heard again.
func (d *beatDaemon) count(now time.Time, e cluster.Recv) {
	c, name := d.story, strings.ToLower(e.Msg.Get("src"))
	seq, err := strconv.ParseUint(e.Msg.Get("seq"), 16, 64)
	gen, _ := strconv.ParseUint(e.Msg.Get("hg"), 16, 64)
	if err != nil || !slices.Contains(d.cfg.Nodes, name) {
		return
	}
	c.arriving = arrival{span: span{gen, seq}}
	old := c.spans[name]
	switch {
	case c.statuses[name].status == deadStatus:
		c.arriving.silent = now.Sub(d.lastHeard(name))
	case gen > old.gen || gen == old.gen && seq > old.seq:
		c.spans[name] = c.arriving.span
	}
}

const deadStatus = "dead"

func (d *beatDaemon) lastHeard(name string) time.Time {
	for _, n := range d.machine.Nodes() {
		if n.Name == name {
			return n.Heard
		}
	}
	return time.Time{}
}

// heardAgain tells the return of a node from the end of a partition, and that from the end of a stall:
// a new life counts generations up, and a node that stood still has sent nothing.
func (d *beatDaemon) heardAgain(now time.Time, name, st string) {
	c := d.story
	was, old, here := c.statuses[name].status, c.spans[name], c.arriving
	switch {
	case was == deadStatus && here.gen == old.gen && here.seq > old.seq:
		c.spans[name] = here.span
		c.absence = &decision.Absence{Silent: here.silent.Milliseconds(), Sent: int64(here.seq - old.seq - 1),
			Expected: int64(here.silent / d.cfg.Keepalive)}
		cause := decision.Partition
		if c.absence.StoodStill() {
			cause = decision.Stall
		}
		d.begin(now, decision.Occasion{Cause: cause, Subject: name})
		c.absence = nil
	case was == deadStatus, st == "up", st == "init":
		d.begin(now, decision.Occasion{Cause: decision.Return, Subject: name})
	}
}

// message looks for those that begin something, as the machine took them, its own included.
func (d *beatDaemon) message(now time.Time, msg *hamsg.Message) {
	from := strings.ToLower(msg.Get("src"))
	if moves(msg.Type()) && from != d.cfg.Node {
		defer d.hear(now, msg) // after what it begins
	}
	switch {
	case from != d.cfg.Node && (msg.Type() == "shutdone" || msg.Type() == "resource" && msg.Get("info") == "shutdown"):
		d.begin(now, decision.Occasion{Cause: decision.PeerStop, Subject: from})
	case msg.Type() == "hb_takeover":
		d.begin(now, decision.Occasion{Cause: decision.Takeover, Subject: from, Detail: msg.Get("rsc_hold")})
	case msg.Type() == "ask_resources" && msg.Get("info") == "me":
		d.begin(now, asked(from, msg))
	}
}

// hear notes what another node says about resources; a full report tells all that it holds.
func (d *beatDaemon) hear(now time.Time, msg *hamsg.Message) {
	r := &d.story.recorder
	r.Hear(now, spoken(msg))
	if msg.Get("rtype") != "full" {
		return
	}
	r.PeerHolds(msg.Get("rsc_hold"))
	if ms, err := strconv.ParseInt(msg.Get(cluster.FieldHeldFor), 16, 64); err == nil && ms >= 0 && ms < 1<<40 {
		r.PeerSince(now.Add(-time.Duration(ms) * time.Millisecond))
	}
}

// asked says who or what asked for a standby.
func asked(from string, msg *hamsg.Message) decision.Occasion {
	why := msg.Get(cluster.FieldWhy)
	resource, failed := strings.CutPrefix(why, cluster.WhyFailed)
	switch {
	case why == cluster.WhyFailback:
		return decision.Occasion{Cause: decision.Failback, Subject: from}
	case failed:
		return decision.Occasion{Cause: decision.Failure, Subject: from, Detail: resource}
	case msg.Get("from_id") == "ipfail":
		return decision.Occasion{Cause: decision.Ipfail, Subject: from, Detail: msg.Get("rsc_hold")}
	}
	return decision.Occasion{Cause: decision.Standby, Subject: from, Detail: msg.Get("rsc_hold")}
}

// begin opens a decision record, or adds to the open one.
func (d *beatDaemon) begin(now time.Time, o decision.Occasion) {
	if rec, ok := d.story.recorder.Begin(now, o, func() decision.Scene { return d.scene(now, o) }); ok {
		d.story.keep(entry{rec: rec})
	}
}

// scene is what was known when the step that begins a record was taken.
func (d *beatDaemon) scene(now time.Time, o decision.Occasion) decision.Scene {
	c := d.story
	s := decision.Scene{Node: d.cfg.Node, Held: c.held.String(), Absence: c.absence,
		Timers: decision.Timers{Keepalive: d.cfg.Keepalive.Milliseconds(), Deadtime: d.cfg.Deadtime.Milliseconds(), Failback: failbackWord(d.cfg.AutoFailback)}}
	if o.Cause == decision.Start {
		s.Life = c.former
	}
	for _, n := range d.machine.Nodes() {
		if n.Name == d.cfg.Node {
			continue
		}
		if !n.Ping {
			s.Peer = decision.Peer{Node: n.Name, Before: c.peerHeld}
		}
		in := d.input(now, n)
		if n.Name == o.Subject && in.Status == deadStatus && o.Cause != decision.Death {
			in.Silent = c.arriving.silent.Milliseconds() // it is heard again
		}
		s.Inputs = append(s.Inputs, in)
	}
	return s
}

func (d *beatDaemon) input(now time.Time, n cluster.NodeView) decision.Input {
	in := decision.Input{Node: n.Name, Ping: n.Ping, Status: n.Status, Limit: n.Deadtime.Milliseconds()}
	if known, ok := d.story.statuses[n.Name]; ok {
		in.Status = known.status
	}
	if !n.Heard.IsZero() {
		in.Silent = max(0, now.Sub(n.Heard).Milliseconds())
	}
	for _, l := range n.Links {
		in.Paths = append(in.Paths, decision.Path{Name: l.Name, Up: l.Up, Silent: ageOf(now, l.Heard), Unplugged: !n.Ping && unplugged(l.Name)})
	}
	return in
}

// unplugged says whether a card has no carrier. What is no card, or is down, has none to be seen. The flags
// are read without the kernel's lock of all interfaces, unlike sysfs: the loop asks, before it takes over.
func unplugged(name string) bool {
	card, err := unix.NewIfreq(name)
	if err != nil {
		return false
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, card); err != nil {
		return false
	}
	return card.Uint16()&(unix.IFF_UP|unix.IFF_RUNNING) == unix.IFF_UP
}

// settleRecord closes the record when this node is at rest, and writes the life when it is time.
func (d *beatDaemon) settleRecord(now time.Time) {
	c := d.story
	c.peerHeld = d.peerHolds()
	if held := c.held.String(); held != c.life.Held || now.Sub(c.life.Seen) >= lifeEvery {
		c.lives(now, held)
	}
	atRest := len(c.jobs) == 0 && d.machine.ResourceState() != "transition"
	if rec, ok := c.recorder.Settle(now, atRest, c.held.String(), c.peerHeld, 2*d.cfg.Keepalive); ok {
		c.keep(entry{rec: rec})
	}
}

// peerHolds is what the other node holds, "" if it is not there to say so.
func (d *beatDaemon) peerHolds() string {
	for _, name := range d.cfg.Nodes {
		if st := d.story.statuses[name].status; name != d.cfg.Node && st != "" && st != deadStatus {
			return d.machine.PeerHolding().String()
		}
	}
	return ""
}

// lives has the life written as it is now.
func (c *chronicle) lives(now time.Time, held string) {
	c.life.Seen, c.life.Held = now, held
	life := c.life
	c.keep(entry{life: &life})
}

// keep hands something to the writer. A disk that hangs costs records, not heartbeats.
func (c *chronicle) keep(e entry) {
	select {
	case c.out <- e:
	default:
	}
}

// ran notes an operation of a resource. The status that comes before each start and stop is left
// out: it moves nothing.
func (d *beatDaemon) ran(call agent.Call, begun time.Time, res agent.Result) {
	if call.Op != "start" && call.Op != "stop" {
		return
	}
	text := strings.Join(append(append([]string{call.Name}, call.Args...), call.Op), " ")
	d.post(d.ctx, func() { d.story.recorder.Command(begun, res.Took, text, res.Code) })
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
	for _, name := range []string{"rsc_hold", "rtype", "isstable", "info", "group", "ok", cluster.FieldWhy} {
		if value, there := msg.Lookup(name); there {
			text += " " + name + "=" + value
		}
	}
	return text
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
	now := time.Now()
	select { // a loop that is busy costs a line of a record
	case s.d.in.work <- func() { s.d.story.recorder.Log(now, text) }:
	default:
	}
}
