package live

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/pkg/decision"
	"systole/pkg/state"
)

func TestMain(m *testing.M) {
	lab.Main(applets()...)
	os.Exit(m.Run())
}

const patience = lab.Patience(60 * time.Second)

const (
	first  = "node1"
	second = "node2"
)

func newNode(t *testing.T, l *lab.Lab, lan *lab.Switch, name, addr, peer string) *lab.Host {
	t.Helper()
	h := lab.OK(l.Host(lab.Spec{Name: name, Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, addr+"/24")}}))(t)
	configure(t, h, peer)
	return h
}

// configure makes a host one of a pair.
func configure(t *testing.T, h *lab.Host, peer string) {
	t.Helper()
	files := map[string]string{
		"ha.cf": "logfile /var/log/ha.log\nkeepalive 200ms\nwarntime 1\ndeadtime 2\ninitdead 10\nucast eth0 " + peer +
			"\nnode node1 node2\nauto_failback on\n" + observed,
		"haresources": "node1 websvc::www IPaddr2::192.0.2.10/24/eth0\n",
		"authkeys":    "auth 1\n1 sha1 AKeyOfThisTestAlone\n",
	}
	for file, text := range files {
		if err := h.WriteFile("/etc/ha.d/"+file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.WriteFile("/root/hook", []byte(hook), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := h.Install("testdata/websvc", "/etc/ha.d/resource.d/websvc", 0o755); err != nil {
		t.Fatal(err)
	}
}

// status is what "systole status --json" says; nil while the daemon does not answer.
func status(t *testing.T, h *lab.Host) (*state.Document, int) {
	t.Helper()
	r := lab.OK(h.Run(patience.For(t), "systole", "status", "--json"))(t)
	doc, err := state.Decode([]byte(r.Stdout))
	if err != nil {
		return nil, r.Code
	}
	return doc, r.Code
}

// until waits for a state that tells nobody of its coming, and returns the document of it.
func until(t *testing.T, h *lab.Host, what string, so func(d *state.Document) bool) (*state.Document, int) {
	t.Helper()
	var doc *state.Document
	var code int
	if !patience.Within(t, func() bool { doc, code = status(t, h); return doc != nil && so(doc) }) {
		t.Fatalf("%s: %s: it did not come to be; the last state is %+v", h.Name, what, doc)
	}
	return doc, code
}

func holds(what string) func(*state.Document) bool {
	return func(d *state.Document) bool { return d.Resources.State == what }
}

// told waits for a closed record with a cause and a subject, and returns it with its text.
func told(t *testing.T, h *lab.Host, cause decision.Cause, subject string) (*decision.Record, string) {
	t.Helper()
	var list string
	var rec *decision.Record
	if !patience.Within(t, func() bool {
		list = lab.OK(h.Run(patience.For(t), "systole", "explain", "--list"))(t).Stdout
		rec = closed(t, h, list, cause, subject)
		return rec != nil
	}) {
		t.Fatalf("%s: no record of %s of %s; there are\n%s", h.Name, cause, subject, list)
	}
	text := lab.OK(h.Check(patience.For(t), "systole", "explain", fmt.Sprint(rec.ID)))(t)
	t.Log(text)
	return rec, text
}

// closed is the last closed record of a list with a cause and a subject; nil if there is none.
func closed(t *testing.T, h *lab.Host, list string, cause decision.Cause, subject string) *decision.Record {
	t.Helper()
	for _, line := range slices.Backward(strings.Split(strings.TrimSpace(list), "\n")) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var rec decision.Record
		if err := json.Unmarshal([]byte(lab.OK(h.Check(patience.For(t), "systole", "explain", "--json", words[0]))(t)), &rec); err != nil {
			t.Fatal(err)
		}
		if rec.Cause == cause && rec.Subject == subject && rec.Done {
			return &rec
		}
	}
	return nil
}

func peerOf(d *state.Document) state.Node {
	for _, n := range d.Nodes {
		if !n.Self {
			return n
		}
	}
	return state.Node{}
}

func TestPair(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	a := newNode(t, l, lan, first, "192.0.2.1", "192.0.2.2")
	b := newNode(t, l, lan, second, "192.0.2.2", "192.0.2.1")
	if r := lab.OK(a.Run(patience.For(t), "systole", "status"))(t); r.Code != 3 || !strings.Contains(r.Stderr, "not running") {
		t.Errorf("before the start: exit code %d, %s", r.Code, r.Stderr)
	}
	for _, h := range []*lab.Host{a, b} {
		lab.OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	}
	atRest(t, a, b)
	crash(t, l, a, b)
	comeBack(t, a, b)
	byHand(t, a, b)
	stop(t, a, b)
}

func atRest(t *testing.T, a, b *lab.Host) {
	doc, _ := until(t, a, "holds local, measures its peer", func(d *state.Document) bool {
		p := peerOf(d)
		return d.Resources.State == "local" && p.Status == "active" && len(p.Paths) == 1 && p.Paths[0].Count > 5 && p.Paths[0].Up && p.View != nil
	})
	p := peerOf(doc)
	if !p.Systole || p.Name != second || p.Paths[0].Name != "eth0" || p.Age < 0 || p.Paths[0].Interval == 0 || p.Missing != 0 {
		t.Errorf("the peer is told as %+v", p)
	}
	if seen, ok := p.View.Of(first); !ok || seen.Status != "active" || len(seen.Paths) != 1 || seen.Paths[0].Name != "eth0" || p.View.Holds == "" {
		t.Errorf("what the peer sees is told as %+v", p.View)
	}
	g := doc.Resources.Groups
	if len(g) != 1 || g[0].Owner != first || g[0].Holder != first || len(g[0].Words) != 2 {
		t.Errorf("the groups are told as %+v", g)
	}
	if doc.Daemon.Node != first || doc.Daemon.Generation == 0 || doc.Daemon.PID == 0 || doc.Daemon.Failback != "on" || len(doc.Events) == 0 {
		t.Errorf("the daemon is told as %+v, %d events", doc.Daemon, len(doc.Events))
	}
	// A node without groups of its own says local too: all none of them are there.
	other, code := until(t, b, "holds its own", holds("local"))
	if other.Resources.Groups[0].Holder != first || code != 0 {
		t.Errorf("%s: exit code %d, %+v", second, code, other.Resources)
	}
	mode := lab.OK(a.Check(patience.For(t), "stat", "-c", "%a %U:%G", "/run/heartbeat/state"))(t)
	if strings.TrimSpace(mode) != "660 root:haclient" {
		t.Errorf("the socket is %s", mode)
	}
	watched(t, a)
	page := lab.OK(a.Check(patience.For(t), "systole", "status"))(t)
	t.Log(page)
	if !strings.Contains(page, "node1: active") || !strings.Contains(page, "holds local since") || strings.Contains(page, "!") {
		t.Errorf("the page is\n%s", page)
	}
	rec, _ := told(t, a, decision.Start, first)
	if rec.Before != "none" || rec.After != "local" {
		t.Errorf("the start is told as %+v", rec)
	}
}

func crash(t *testing.T, l *lab.Lab, a, b *lab.Host) {
	a.Kill()
	doc, code := until(t, b, "took over", holds("all"))
	if code != 1 || peerOf(doc).Status != "dead" || doc.Resources.Groups[0].Holder != second {
		t.Errorf("after the crash: exit code %d, %+v %+v", code, peerOf(doc), doc.Resources)
	}
	vip := netip.MustParseAddr("192.0.2.10")
	if have := l.Holders(vip); len(have) != 1 || have[0] != b {
		t.Errorf("%d hosts hold the address", len(have))
	}
	rec, text := told(t, b, decision.Death, first)
	takenOver(t, b)
	if rec.Before != "local" || rec.After != "all" || len(rec.Inputs) != 1 || rec.Inputs[0].Status != "active" || rec.Inputs[0].Silent < rec.Inputs[0].Limit {
		t.Errorf("the crash is told as %+v", rec)
	}
	for _, want := range []string{"node1 was silent for longer than its dead time", "WARN: node node1: is dead", "Running /etc/ha.d/resource.d/websvc www start"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("not told: %s\n%s", want, text)
		}
	}
}

func comeBack(t *testing.T, a, b *lab.Host) {
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	lab.OK(a.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	until(t, a, "has its group again", holds("local"))
	until(t, b, "gave it back", holds("local"))
	rec, text := told(t, b, decision.Failback, second)
	if rec.Before != "all" || rec.After != "local" || rec.Follows.Cause != decision.Return {
		t.Errorf("the return is told as %s → %s\n%s", rec.Before, rec.After, text)
	}
	if again, _ := told(t, a, decision.Failback, second); again.ID < 2 || again.Follows.Cause != decision.Start {
		t.Errorf("record %d: the number did not survive the crash", again.ID)
	}
}

func byHand(t *testing.T, a, b *lab.Host) {
	lab.OK(a.Check(patience.For(t), "/usr/share/heartbeat/hb_standby", "all"))(t)
	until(t, a, "gave all", holds("none"))
	until(t, b, "has all", holds("all"))
	for _, h := range []*lab.Host{a, b} {
		rec, text := told(t, h, decision.Standby, first)
		jobs := 0
		for _, s := range rec.Steps {
			if s.Kind == decision.StepJob && s.Took > 0 {
				jobs++
			}
		}
		if jobs == 0 || !strings.Contains(text, "node1 asked to go standby") {
			t.Errorf("%s: the move is told as\n%s", h.Name, text)
		}
	}
}

func stop(t *testing.T, a, b *lab.Host) {
	lab.OK(b.Check(patience.For(t), "service", "heartbeat", "stop"))(t)
	until(t, a, "took all", holds("all"))
	told(t, a, decision.PeerStop, second)
	rec, _ := told(t, b, decision.Stop, second)
	if rec.After != "none" {
		t.Errorf("the stop is told as %+v", rec)
	}
	if r := lab.OK(b.Run(patience.For(t), "systole", "status"))(t); r.Code != 3 {
		t.Errorf("after the stop: exit code %d", r.Code)
	}
}
