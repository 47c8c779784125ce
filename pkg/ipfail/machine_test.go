package ipfail

import (
	"strings"
	"testing"
	"time"

	"systole/pkg/hamsg"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

var pair = []Node{{activeNode, false, "active"}, {standbyNode, false, "active"}, {pingNode, true, "ping"}}

func signedOn(failback string) SignedOn {
	return SignedOn{Node: activeNode, Keepalive: time.Second, Managed: true, Failback: failback, FailbackSet: true, Nodes: pair}
}

func lines(actions []Action) string {
	var all []string
	for _, a := range actions {
		all = append(all, a.String())
	}
	return strings.Join(all, "\n")
}

func TestStart(t *testing.T) {
	unmanaged, unset := signedOn("on"), signedOn("")
	unmanaged.Managed, unset.FailbackSet = false, false
	list := `debug: Cluster node: 121.254.175.65: status: ping
debug: Cluster node: lvsstandby.gunnm.xyz: status: active
debug: [They are lvsstandby.gunnm.xyz]
debug: Cluster node: lvsactive.gunnm.xyz: status: active
debug: Waiting for messages...`
	for name, c := range map[string]struct {
		event SignedOn
		want  string
	}{
		"on":        {signedOn("on"), "debug: [We are lvsactive.gunnm.xyz]\ndebug: auto_failback -> 1 (on)\n" + list},
		"off":       {signedOn("OFF"), "debug: [We are lvsactive.gunnm.xyz]\ndebug: auto_failback -> 0 (OFF)\n" + list},
		"legacy":    {signedOn("legacy"), "debug: [We are lvsactive.gunnm.xyz]\nERROR: auto_failback set to incompatible legacy option.\nexit 100"},
		"bogus":     {signedOn("bogus"), "debug: [We are lvsactive.gunnm.xyz]\nERROR:  invalid auto_faiback value(bogus)\nexit 100"},
		"unset":     {unset, "debug: [We are lvsactive.gunnm.xyz]\nERROR: Couldn't get auto_failback setting.\n" + list},
		"unmanaged": {unmanaged, "ERROR: No managed resources\nexit 100"},
	} {
		var m Machine
		if got := lines(m.Step(noon, c.event)); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

// TestDebugLines compares a dialogue with what the original writes into its debug file.
func TestDebugLines(t *testing.T) {
	var m Machine
	m.Step(noon, signedOn("on"))
	var run func(at time.Duration, e Event) []Action
	run = func(at time.Duration, e Event) (out []Action) {
		for _, a := range m.Step(noon.Add(at), e) {
			switch a.(type) {
			case Log:
				out = append(out, a)
			case AskNodeList:
				out = append(out, run(at, NodeList{pair})...)
			case AskResources:
				out = append(out, run(at, Resources{"local"})...)
			}
		}
		return out
	}
	var got []Action
	for _, step := range []struct {
		at time.Duration
		e  Event
	}{
		{4000 * time.Millisecond, YouAreDead{standbyNode}},
		{5300 * time.Millisecond, YouAreDead{standbyNode}},
		{6000 * time.Millisecond, PingCount{standbyNode, 2}},
		{7000 * time.Millisecond, PingCount{standbyNode, 1}},
		{9000 * time.Millisecond, PingCount{standbyNode, 1}},
		{10200 * time.Millisecond, PingCount{standbyNode, 2}},
		{12200 * time.Millisecond, Tick{}},
		{15000 * time.Millisecond, PingCount{standbyNode, 0}},
		{16000 * time.Millisecond, ClientStatus{standbyNode, Client, "join"}},
		{18000 * time.Millisecond, ClientStatus{standbyNode, Client, "leave"}},
		{19000 * time.Millisecond, LinkStatus{standbyNode, "eth0", "dead"}},
		{20000 * time.Millisecond, HeldResources{From: standbyNode, Stable: true}},
	} {
		got = append(got, run(step.at, step.e)...)
	}
	if lines(got) != debugDialogue {
		t.Errorf("log:\n%s", lines(got))
	}
}

const debugDialogue = `info: Giving up because we were told that we have less ping nodes.
info: Delayed giveup in 2 seconds.
info: Giving up because we were told that we have less ping nodes.
info: Delayed giveup in 2 seconds.
debug: Detected existing delay timer, overriding
debug: giveup timeout has been destroyed.
debug: Got asked for num_ping.
debug: Found ping node 121.254.175.65!
info: Giving up because we have less visible ping nodes.
info: Delayed giveup in 2 seconds.
debug: Detected existing delay timer, overriding
debug: giveup timeout has been destroyed.
debug: Got asked for num_ping.
debug: Found ping node 121.254.175.65!
info: Ping node count is balanced.
debug: Abort message sent.
info: Aborted delayed giveup (5)
debug: giveup timeout has been destroyed.
debug: Got asked for num_ping.
debug: Found ping node 121.254.175.65!
info: Ping node count is balanced.
debug: Abort message sent.
info: Giving up foreign resources (auto_failback).
info: Delayed giveup in 2 seconds.
debug: Got asked for num_ping.
debug: Found ping node 121.254.175.65!
info: Giving up because we have less visible ping nodes.
info: Delayed giveup in 2 seconds.
debug: Detected existing delay timer, overriding
debug: giveup timeout has been destroyed.
info: giveup() called (timeout worked)
debug: Message [ask_resources] sent.
debug: giveup timeout has been destroyed.
debug: Got asked for num_ping.
debug: Found ping node 121.254.175.65!
info: Telling other node that we have more visible ping nodes.
debug: Sending you_are_dead.
debug: Message [you_are_dead] sent.
debug: Got join message from another ipfail client. (lvsstandby.gunnm.xyz)
debug: Found ping node 121.254.175.65!
info: Asking other side for ping node count.
debug: Message [num_ping] sent.
info: Link Status update: Link lvsstandby.gunnm.xyz/eth0 now has status dead
debug: Found ping node 121.254.175.65!
info: Asking other side for ping node count.
debug: Message [num_ping] sent.
info: Checking remote count of ping nodes.
debug: Other side is now stable.`

// TestIgnored: strangers, namesakes of ourselves and broken messages change nothing.
func TestIgnored(t *testing.T) {
	for name, e := range map[string]Event{
		"count of a stranger":    PingCount{"gamma", 5},
		"own count":              PingCount{activeNode, 5},
		"you_are_dead, stranger": YouAreDead{"gamma"},
		"abort of a stranger":    AbortGiveup{"gamma"},
		"own join":               ClientStatus{activeNode, Client, "join"},
		"join of another client": ClientStatus{standbyNode, "ccm", "join"},
		"leave":                  ClientStatus{standbyNode, Client, "leave"},
		"list nobody asked for":  NodeList{nil},
		"state nobody asked for": Resources{"local"},
		"tick before any":        Tick{},
		"unstable peer":          HeldResources{From: standbyNode},
		"stable with a reason":   HeldResources{From: standbyNode, Stable: true, Info: "standby"},
		"own stable report":      HeldResources{From: activeNode, Stable: true},
	} {
		var m Machine
		m.Step(noon, signedOn("on"))
		if got := m.Step(noon, e); len(got) > 0 {
			t.Errorf("%s: %s", name, lines(got))
		}
		if _, ok := m.Next(); ok {
			t.Errorf("%s: a deadline", name)
		}
	}
}

func TestHeard(t *testing.T) {
	for _, c := range []struct {
		msg  *hamsg.Message
		want Event
	}{
		{hamsg.New("t", "status", "st", "dead", "src", "b"), NodeStatus{"b", "dead"}},
		{hamsg.New("t", "NS_st", "st", "ping", "src", "p"), NodeStatus{"p", "ping"}},
		{hamsg.New("t", "ifstat", "node", "b", "ifname", "eth0", "st", "up"), LinkStatus{"b", "eth0", "up"}},
		{hamsg.New("t", "hbapi-clstat", "st", "join", "from_id", "ipfail", "src", "b"), ClientStatus{"b", "ipfail", "join"}},
		{hamsg.New("t", "num_ping_nodes", "num_ping", "2", "src", "b"), PingCount{"b", 2}},
		{hamsg.New("t", "num_ping_nodes", "src", "b"), nil},
		{hamsg.New("t", "num_ping_nodes", "num_ping", "xx", "src", "b"), nil},
		{hamsg.New("t", "num_ping_nodes", "num_ping", "-1", "src", "b"), nil},
		{hamsg.New("t", "you_are_dead", "src", "b"), YouAreDead{"b"}},
		{hamsg.New("t", "abort_giveup", "src", "b"), AbortGiveup{"b"}},
		{hamsg.New("t", "resource", "isstable", "1", "src", "b", "info", "x"), HeldResources{"b", true, "x"}},
		{hamsg.New("t", "resource", "src", "b"), HeldResources{"b", false, ""}},
		{hamsg.New("t", "stonith", "src", "b"), nil},
		{&hamsg.Message{}, nil},
	} {
		got, ok := Heard(c.msg)
		if !ok {
			got = nil
		}
		if got != c.want {
			t.Errorf("%v: %#v, want %#v", c.msg.Fields, got, c.want)
		}
	}
}

// TestInterleaved: a daemon may tell news between a question and its answer.
func TestInterleaved(t *testing.T) {
	var m Machine
	m.Step(noon, signedOn("on"))
	m.Step(noon, LinkStatus{standbyNode, "eth0", "dead"})
	m.Step(noon, PingCount{standbyNode, 0})
	first := lines(m.Step(noon, NodeList{pair}))
	if !strings.Contains(first, "Asking other side") {
		t.Errorf("answer to the link's question: %s", first)
	}
	second := lines(m.Step(noon, NodeList{pair}))
	if !strings.Contains(second, "you_are_dead") {
		t.Errorf("answer to the peer's question: %s", second)
	}
}

// TestForeignNeverOverridesAll: the peer turns out to see more while we ask whether our resources
// are stable.
func TestForeignNeverOverridesAll(t *testing.T) {
	var m Machine
	m.Step(noon, signedOn("on"))
	m.Step(noon, PingCount{standbyNode, 1})
	m.Step(noon, NodeList{pair})
	m.Step(noon, YouAreDead{standbyNode})
	if got := lines(m.Step(noon, Resources{"all"})); got != "" {
		t.Errorf("foreign giveup over a running one: %s", got)
	}
	due, _ := m.Next()
	m.Step(due, Tick{})
	if got := lines(m.Step(due, Resources{"all"})); !strings.Contains(got, "rsc_hold=all") {
		t.Errorf("giveup: %s", got)
	}
}

func TestNoPeer(t *testing.T) {
	e := signedOn("on")
	e.Nodes = []Node{pair[0], pair[2]}
	var m Machine
	m.Step(noon, e)
	m.Step(noon, NodeStatus{pingNode, "ping"})
	if got := lines(m.Step(noon, NodeList{e.Nodes})); strings.Contains(got, "send") {
		t.Errorf("talks to nobody: %s", got)
	}
}

// FuzzMachine: no message crashes the machine, makes it forget a deadline or answer a question twice.
func FuzzMachine(f *testing.F) {
	f.Add([]byte(">>>\nt=num_ping_nodes\nnum_ping=3\nsrc=lvsstandby.gunnm.xyz\n<<<\n"), uint8(3))
	f.Add([]byte(">>>\nt=you_are_dead\nsrc=lvsstandby.gunnm.xyz\n<<<\n>>>\nt=status\nst=dead\nsrc=x\n<<<\n"), uint8(90))
	f.Add([]byte(">>>\nt=resource\nisstable=1\nsrc=lvsstandby.gunnm.xyz\n<<<\n"), uint8(255))
	f.Fuzz(func(t *testing.T, in []byte, pace uint8) {
		var m Machine
		now := noon
		m.Step(now, signedOn("on"))
		for len(in) > 0 {
			msg, n, err := hamsg.ParseText(in)
			if err != nil {
				return
			}
			in = in[n:]
			now = now.Add(time.Duration(pace) * 50 * time.Millisecond)
			e, ok := Heard(msg)
			if !ok {
				e = Tick{}
			}
			settleQuestions(t, &m, now, m.Step(now, e))
			if next, ok := m.Next(); ok && next.After(now.Add(settling)) {
				t.Fatalf("a deadline at %v, now %v", next, now)
			}
		}
	})
}

func settleQuestions(t *testing.T, m *Machine, now time.Time, actions []Action) {
	for _, a := range actions {
		switch a := a.(type) {
		case AskNodeList:
			settleQuestions(t, m, now, m.Step(now, NodeList{pair}))
		case AskResources:
			settleQuestions(t, m, now, m.Step(now, Resources{"transition"}))
		case Send:
			if a.Msg.Get("dest") != standbyNode && a.Msg.Type() != "ask_resources" {
				t.Fatalf("sends %v", a)
			}
		}
	}
}
