package explain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/pkg/decision"
)

// The commands that move each group.
var (
	startWWW = []string{"websvc www start", "IPaddr2 192.0.2.10/24/eth0 start"}
	stopWWW  = []string{"IPaddr2 192.0.2.10/24/eth0 stop", "websvc www stop"}
	// a link may be seen to die before its node: other messages than statuses come over it too
	silence = []decision.Cause{"", decision.Link}
	stopAll = append(stopWWW[:2:2], "websvc aux stop") // those not held too
)

func TestStop(t *testing.T) {
	p := newPair(t, setting{})
	p.startBoth()
	p.a.run("service", "heartbeat", "stop")
	p.b.tells(told{cause: decision.PeerStop, subject: first, held: [2]string{"local", "all"}, peer: [2]string{"local", "none"}, ran: startWWW,
		says: []string{"node1 shut down", "heard resource rsc_hold=none"}})
	p.a.tells(told{cause: decision.Stop, subject: first, held: [2]string{"local", "none"}, peer: [2]string{"local", "all"},
		ran: stopAll, says: []string{"Heartbeat was told to stop on node1"}})
}

// A daemon that is killed knows nothing of it; the next one does.
func TestKill(t *testing.T) {
	p := newPair(t, setting{})
	p.startBoth()
	p.a.signal("KILL")
	death := p.b.tells(told{cause: decision.Death, subject: first, follows: silence, held: [2]string{"local", "all"}, peer: [2]string{"local", ""}, ran: startWWW,
		says: []string{"node1 was silent for longer than its dead time", "a crash, a power cut, a cut link and a stall look alike"}})
	p.b.silent(death)
	p.a.start()
	p.a.holds("none")
	rec := p.a.tells(told{cause: decision.Start, subject: first, held: [2]string{"none", "none"}, peer: [2]string{"", "all"},
		says: []string{"This node was restarted: the daemon before it was killed, holding local", "node2 held all, since "}})
	if since := rec.Peer.Since; since.Before(death.Begun.Add(-time.Millisecond)) || since.After(rec.Begun) {
		t.Errorf("node2 took over at %v, and that is told as %v", death.Begun, since)
	}
	p.b.tells(told{cause: decision.Return, subject: first, follows: []decision.Cause{decision.Death}, held: [2]string{"all", "all"}, peer: [2]string{"", "none"},
		says: []string{"node1 came back after a restart", "node1 was silent for longer than its dead time"}})
}

// With auto_failback on a return becomes a failback on both nodes.
func TestPowerCut(t *testing.T) {
	p := newPair(t, setting{failback: "on"})
	p.startBoth()
	p.a.Kill()
	rec := p.b.tells(told{cause: decision.Death, subject: first, follows: silence, held: [2]string{"local", "all"}, peer: [2]string{"local", ""}, ran: startWWW})
	p.b.silent(rec)
	p.b.drawn(rec)
	p.a.reboot()
	p.a.holds("local")
	p.a.tells(told{cause: decision.Failback, subject: second, follows: []decision.Cause{decision.Start}, held: [2]string{"none", "local"}, peer: [2]string{"", "local"}, ran: startWWW,
		says: []string{"node2 held all, since ", "node2 gives back the groups of the other node, because auto_failback is on.", "This node was restarted: its machine went down without a stop, holding local"}})
	rec = p.b.tells(told{cause: decision.Failback, subject: second, follows: []decision.Cause{decision.Return}, held: [2]string{"all", "local"}, peer: [2]string{"", "local"}, ran: stopWWW,
		says: []string{"node1 came back after a restart"}})
	p.b.drawn(rec)
	p.b.older()
}

// older asks a node that has seen a start, a death and a failback for each of them.
func (n *node) older() {
	n.t.Helper()
	list := n.run("systole", "explain", "--list")
	lines := strings.Split(strings.TrimSpace(list), "\n")
	at := slices.IndexFunc(lines, func(l string) bool {
		return strings.HasSuffix(l, "node1 was silent for longer than its dead time: local → all")
	})
	if at < 1 || !strings.Contains(lines[0], "1 ") || !strings.HasSuffix(lines[0], "Heartbeat started on node2: none → local") ||
		!strings.HasSuffix(lines[len(lines)-1], "node2 gives back the groups of the other node, because auto_failback is on: all → local") {
		n.t.Fatalf("%s: the list is\n%s", n.Name, list)
	}
	number := strings.Fields(lines[at])[0] // a link may have died before
	death := n.run("systole", "explain", number)
	began := strings.TrimPrefix(strings.SplitN(death, "\n", 2)[0], "Decision "+number+" on node2, ")
	for _, event := range []string{"death", began[:len("2006-01-02 15:04:05")]} {
		if got := n.run("systole", "explain", event); got != death {
			n.t.Errorf("%s: %q is told as\n%s", n.Name, event, got)
		}
	}
	if r := n.explain("reload"); r.Code != 1 || r.Stdout != "" {
		n.t.Errorf("%s: a reload that never was: exit code %d\n%s", n.Name, r.Code, r.Stdout)
	}
}

// Each side of a cut believes the other dead, and when it heals both see that neither was. The two
// wires are not cut in one moment, so that a link may die first.
func TestPartition(t *testing.T) {
	p := newPair(t, setting{})
	p.startBoth()
	for _, dev := range []string{"eth0", "eth1"} {
		lab.Must(p, p.a.Cut(dev))
	}
	for _, n := range []*node{p.a, p.b} {
		n.silent(n.tells(told{cause: decision.Death, subject: n.peer, follows: silence, held: [2]string{"local", "all"},
			peer: [2]string{"local", ""}, ran: p.takes(n)}))
	}
	for _, dev := range []string{"eth0", "eth1"} {
		lab.Must(p, p.a.Heal(dev))
	}
	for _, n := range []*node{p.a, p.b} {
		n.holds("local")
		rec := n.tells(told{cause: decision.Partition, subject: n.peer, follows: []decision.Cause{decision.Death}, held: [2]string{"all", "local"},
			peer: [2]string{"", "local"}, ran: p.gives(n),
			says: []string{"it had been running, and the paths between were cut", n.peer + " held all and then local"}})
		if a := rec.Absence; a == nil || a.Silent < 2000 || a.StoodStill() {
			t.Errorf("%s: the absence is told as %+v", n.Name, a)
		}
	}
}

// takes are the commands with which a node takes the group of the other one, and gives those with
// which it gives that up.
func (p *pair) takes(n *node) []string {
	if n == p.a {
		return []string{"websvc aux start"}
	}
	return startWWW
}

func (p *pair) gives(n *node) []string {
	if n == p.a {
		return []string{"websvc aux stop"}
	}
	return stopWWW
}

// A link that dies beside another one moves nothing.
func TestOneLink(t *testing.T) {
	p := newPair(t, setting{})
	p.startBoth()
	lab.Must(p, p.a.Unplug("eth1"))
	for _, n := range []*node{p.a, p.b} {
		w := told{cause: decision.Link, subject: n.peer + ":eth1", held: [2]string{"local", "local"}, peer: [2]string{"local", "local"},
			says: []string{"Nothing moves as long as another link to that node works"}}
		if n == p.a {
			w.says = append(w.says, "On this node eth1 had no carrier")
		}
		rec := n.tells(w)
		paths := inputOf(rec, n.peer).Paths
		if paths[0].Silent > paths[1].Silent || paths[1].Silent < 2000 {
			t.Errorf("%s: the paths are told as %+v", n.Name, paths)
		}
	}
}

func TestPingLoss(t *testing.T) {
	p := newPair(t, setting{ipfail: true})
	p.startBoth()
	lab.Must(p, p.a.Deafen("eth0", p.gateway))
	p.a.tells(told{cause: decision.Ipfail, subject: first, detail: "all", follows: []decision.Cause{decision.PingLoss}, held: [2]string{"local", "none"}, peer: [2]string{"local", "all"}, ran: stopAll,
		says: []string{"The ping node 192.0.2.254 stopped answering", "The ping node 192.0.2.254 did not answer."}})
	p.b.tells(told{cause: decision.Ipfail, subject: first, detail: "all", held: [2]string{"local", "all"}, peer: [2]string{"local", "none"}, ran: startWWW,
		says: []string{"node1 saw fewer ping nodes than the other node.", "The ping node 192.0.2.254 had answered"}})
}

// The network of one node fails, the cable between the two works: ipfail moves what it holds.
func TestOnePathWithIpfail(t *testing.T) {
	p := newPair(t, setting{ipfail: true})
	p.startBoth()
	lab.Must(p, p.a.Cut("eth0"))
	p.a.holds("none")
	for _, n := range []*node{p.a, p.b} {
		rec, _ := n.last(decision.Occasion{Cause: decision.Ipfail})
		n.same("who", first, rec.Subject)
		n.whole(rec)
		paths := inputOf(rec, n.peer).Paths
		if paths[0].Silent < 1000 || paths[1].Silent > paths[0].Silent || !paths[1].Up {
			t.Errorf("%s: the paths are told as %+v", n.Name, paths)
		}
		n.same("the gateway is dead", n == p.a, inputOf(rec, gateway).Status == "dead")
	}
}

func TestCommands(t *testing.T) {
	p := newPair(t, setting{})
	p.startBoth()
	all := [2]string{"local", "all"}
	p.a.tool("hb_standby", "local")
	p.a.tells(told{cause: decision.Standby, subject: first, detail: "local", held: [2]string{"local", "none"}, peer: all, ran: stopWWW,
		says: []string{"node1 asked to go standby. It asked to hand over local"}})
	p.b.tells(told{cause: decision.Standby, subject: first, detail: "local", held: all, peer: [2]string{"local", "none"}, ran: startWWW,
		says: []string{"node1 asked to go standby. It asked to hand over local"}})
	p.b.tool("hb_standby", "foreign")
	p.a.tells(told{cause: decision.Standby, subject: second, detail: "foreign", held: [2]string{"none", "local"}, peer: [2]string{"all", "local"}, ran: startWWW})
	p.b.tells(told{cause: decision.Standby, subject: second, detail: "foreign", held: [2]string{"all", "local"}, peer: [2]string{"none", "local"}, ran: stopWWW})
	p.a.tool("hb_standby", "all")
	p.a.tells(told{cause: decision.Standby, subject: first, detail: "all", held: [2]string{"local", "none"}, peer: all, ran: stopAll})
	p.b.tells(told{cause: decision.Standby, subject: first, detail: "all", held: all, peer: [2]string{"local", "none"}, ran: startWWW})
	p.a.tool("hb_takeover", "local")
	p.a.tells(told{cause: decision.Takeover, subject: first, detail: "local", held: [2]string{"none", "local"}, peer: [2]string{"all", "local"}, ran: startWWW,
		says: []string{"node1 was told to take over. It asked for local"}})
	p.b.tells(told{cause: decision.Takeover, subject: first, detail: "local", held: [2]string{"all", "local"}, peer: [2]string{"none", "local"}, ran: stopWWW,
		says: []string{"node1 was told to take over. It asked for local", "meanwhile: node2 asked to go standby"}})
}

// A node that stood still says so; the other one took it for dead and then sees what it was.
func TestStall(t *testing.T) {
	p := newPair(t, setting{})
	p.startBoth()
	p.a.signal("STOP")
	p.b.tells(told{cause: decision.Death, subject: first, follows: silence, held: [2]string{"local", "all"}, peer: [2]string{"local", ""}, ran: startWWW})
	p.a.signal("CONT")
	p.b.holds("local")
	rec := p.b.tells(told{cause: decision.Stall, subject: first, follows: []decision.Cause{decision.Death}, held: [2]string{"all", "local"}, peer: [2]string{"", "local"}, ran: stopWWW,
		says: []string{"node1 stood still.", "it had stood still, no link had failed"}})
	if a := rec.Absence; a == nil || a.Silent < 2000 {
		t.Errorf("the absence is told as %+v", a)
	}
	own, _ := p.a.last(decision.Occasion{Cause: decision.Stall})
	p.a.tells(told{cause: decision.Stall, subject: first, detail: own.Detail, held: [2]string{"local", "local"}, peer: [2]string{"local", "local"},
		says: []string{"node1 stood still for " + own.Detail, "node2 held local and then all and then local, as it said itself."}})
}

// A group that does not start goes to the other node, half a minute later.
func TestFailedStart(t *testing.T) {
	p := newPair(t, setting{})
	if err := p.a.WriteFile("/run/websvc.www.failstart", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	p.startBoth()
	p.a.tells(told{cause: decision.Failure, subject: first, detail: "websvc::www", follows: []decision.Cause{decision.Start}, held: [2]string{"local", "none"}, peer: [2]string{"local", "all"}, ran: stopWWW,
		says: []string{"A resource failed to start on node1: websvc::www."}})
	p.b.tells(told{cause: decision.Failure, subject: first, detail: "websvc::www", held: [2]string{"local", "all"}, peer: [2]string{"local", "none"}, ran: startWWW,
		says: []string{"A resource failed to start on node1: websvc::www."}})
}
