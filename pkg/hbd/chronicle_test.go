package hbd

import (
	"strings"
	"testing"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/decision"
	"systole/pkg/decision/ring"
	"systole/pkg/hacf"
	"systole/pkg/hamsg"
	"systole/pkg/haresources"
	"systole/pkg/hbapi"
	"systole/pkg/state"
)

// watched is a daemon without sockets: a machine, and the chronicle that watches it.
func watched(t *testing.T) *beatDaemon {
	t.Helper()
	text := "keepalive 1\ndeadtime 5\nucast eth0 192.0.2.2\nnode node1 node2\nping 192.0.2.254\nauto_failback on\nlogfile /x\n"
	cfg, found, _ := hacf.Load(hacf.Env{Node: "node1"}, "ha.cf", []byte(text))
	if len(found) > 0 {
		t.Fatal(found)
	}
	groups, _ := haresources.Parse("haresources", []byte("node1 IPaddr2::192.0.2.10\nnode2 IPaddr2::192.0.2.11\n"))
	d := &beatDaemon{cfg: cfg, in: newInbox(), groups: groups, story: newChronicle("node1"), core: hbapi.NewCore(hbapi.Config{})}
	d.story.out = make(chan entry, 64)
	d.machine = cluster.New(cluster.Config{Node: "node1", Nodes: cfg.Nodes, Generation: 7, Keepalive: cfg.Keepalive, Deadtime: cfg.Deadtime,
		Warntime: cfg.Warntime, Initdead: cfg.Initdead, Deadping: cfg.Deadping, Failback: cfg.AutoFailback,
		Links: []cluster.Link{{Name: "eth0"}, {Name: "192.0.2.254", Ping: "192.0.2.254"}}})
	return d
}

func (d *beatDaemon) begun(t *testing.T) *decision.Record {
	t.Helper()
	for {
		select {
		case e := <-d.story.out:
			if e.rec != nil {
				return e.rec
			}
		default:
			return &decision.Record{}
		}
	}
}

// What each thing that happens is told as.
func TestCausesOfRecords(t *testing.T) {
	now := time.Now()
	notify := func(pairs ...string) func(*beatDaemon) {
		return func(d *beatDaemon) { d.after(now, cluster.Notify{Msg: hamsg.New(pairs...)}) }
	}
	event := func(ev cluster.Event) func(*beatDaemon) { return func(d *beatDaemon) { d.before(now, ev) } }
	message := func(pairs ...string) func(*beatDaemon) { return notify(pairs...) }
	for _, c := range []struct {
		name    string
		what    func(*beatDaemon)
		cause   decision.Cause
		subject string
	}{
		{"start", event(cluster.Start{}), decision.Start, "node1"},
		{"stop", event(cluster.Terminate{}), decision.Stop, "node1"},
		{"reload", event(cluster.Reload{}), decision.Reload, "node1"},
		{"the peer stops", message("t", "shutdone", "src", "node2"), decision.PeerStop, "node2"},
		{"the peer hands over", message("t", "ask_resources", "src", "NODE2", "info", "me"), decision.Standby, "node2"},
		{"the peer begins to stop", message("t", "resource", "src", "node2", "rsc_hold", "none", "info", "shutdown"), decision.PeerStop, "node2"},
		{"our own stop", message("t", "resource", "src", "node1", "rsc_hold", "none", "info", "shutdown"), "", ""},
		{"hb_standby here", message("t", "ask_resources", "src", "node1", "info", "me", "rsc_hold", "all"), decision.Standby, "node1"},
		{"hb_takeover there", message("t", "hb_takeover", "src", "node2", "rsc_hold", "local"), decision.Takeover, "node2"},
		{"a failback", message("t", "ask_resources", "src", "node2", "info", "me", "systole_why", "failback"), decision.Failback, "node2"},
		{"a failed start", message("t", "ask_resources", "src", "node2", "info", "me", "systole_why", "failed start: www"), decision.Failure, "node2"},
		{"the peer's ipfail", message("t", "ask_resources", "src", "node2", "info", "me", "from_id", "ipfail"), decision.Ipfail, "node2"},
		{"an answer in an exchange", message("t", "ask_resources", "src", "node2", "info", "other"), "", ""},
		{"a heartbeat", message("t", "status", "src", "node2", "st", "active"), "", ""},
		{"a link", notify("t", "ifstat", "node", "node2", "ifname", "eth0", "st", "dead"), decision.Link, "node2:eth0"},
		{"a link that works again", notify("t", "ifstat", "node", "node2", "ifname", "eth0", "st", "up"), "", ""},
		{"a ping node", notify("t", "status", "src", "192.0.2.254", "st", "dead", "info", "ping"), decision.PingLoss, "192.0.2.254"},
		{"silence", notify("t", "status", "src", "node2", "st", "dead"), decision.Death, "node2"},
		{"a node that comes up", notify("t", "status", "src", "node2", "st", "up"), decision.Return, "node2"},
	} {
		d := watched(t)
		d.story.statuses["node2"] = change{"active", now}
		c.what(d)
		if rec := d.begun(t); rec.Cause != c.cause || rec.Subject != c.subject {
			t.Errorf("%s: %q of %q, want %q of %q", c.name, rec.Cause, rec.Subject, c.cause, c.subject)
		}
	}
}

// A node that is heard for the first time does not come back.
func TestFirstTime(t *testing.T) {
	d := watched(t)
	d.after(time.Now(), cluster.Notify{Msg: hamsg.New("t", "status", "src", "node2", "st", "up")})
	if rec := d.begun(t); rec.Cause != "" {
		t.Errorf("told as %s", rec.Cause)
	}
}

// A step that comes much later than the machine wanted is one of a machine that stood still.
func TestStall(t *testing.T) {
	d := watched(t)
	now := time.Now()
	d.machine.Step(now, cluster.Start{})
	d.before(now.Add(900*time.Millisecond), cluster.Tick{})
	if rec := d.begun(t); rec.Cause != "" {
		t.Errorf("in time, and told as %s", rec.Cause)
	}
	d.before(now.Add(20*time.Second), cluster.Tick{})
	if rec := d.begun(t); rec.Cause != decision.Stall || len(rec.Inputs) != 2 {
		t.Errorf("20 s late, and told as %+v", rec)
	}
}

func TestDocument(t *testing.T) {
	d := watched(t)
	now := time.Now()
	d.machine.Step(now, cluster.Start{})
	d.settled(now)
	for i := range 3 {
		at := now.Add(time.Duration(i) * time.Second)
		d.story.heard(d.cfg.Nodes, "node2", "eth0", at)
		d.story.heard(d.cfg.Nodes, "stranger", "eth0", at)
	}
	for range 2 * maxEvents {
		d.story.note(now, "node", "something")
	}
	doc, err := state.Decode(d.document(now.Add(3 * time.Second)).Encode())
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Nodes) != 2 || len(doc.Pings) != 1 || len(doc.Events) != maxEvents || doc.Daemon.Generation != 7 || doc.Daemon.Status != "up" {
		t.Errorf("%+v", doc)
	}
	p := doc.Nodes[1].Paths[0]
	if p.Interval != 1000 || p.Count != 3 || p.Age != -1 || len(d.story.rhythms) != 1 {
		t.Errorf("%+v, %d rhythms", p, len(d.story.rhythms))
	}
	if g := doc.Resources.Groups; len(g) != 2 || g[0].Holder != "" || g[1].Owner != "node2" {
		t.Errorf("%+v", g)
	}
}

// What is open when the daemon ends is on disk afterwards, with what is held then.
func TestRecordsAtTheEnd(t *testing.T) {
	d := watched(t)
	d.paths.StateDir = t.TempDir()
	closed := d.openRecords()
	now := time.Now()
	d.before(now, cluster.Terminate{})
	d.after(now, cluster.Log{Level: cluster.Info, Text: "Heartbeat shutdown in progress."})
	closed()
	rec, err := ring.Read(d.paths.decisions(), 1)
	if err != nil || rec.Cause != decision.Stop || !rec.Done || len(rec.Steps) != 1 || !strings.Contains(rec.Steps[0].Text, "shutdown") {
		t.Errorf("%+v, %v", rec, err)
	}
}
