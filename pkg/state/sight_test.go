package state

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pairSeen is node1 with two paths to node2, of which one is dead, and a ping node.
func pairSeen() *Document {
	return &Document{Version: Version, Time: time.Date(2026, 11, 21, 14, 3, 7, 0, time.UTC), Daemon: Daemon{Node: "node1"},
		Resources: Resources{Holds: "local", State: "local", Settled: true},
		Nodes: []Node{{Name: "node1", Self: true, Status: "active"}, {Name: "node2", Status: "active", Deadtime: 5000, Paths: []Path{
			{Name: "eth0", Up: true, Age: 412}, {Name: "/dev/ttyS0", Age: -1}}}},
		Pings: []Node{{Name: "192.0.2.254", Status: "ping", Paths: []Path{{Name: "192.0.2.254", Up: true, Age: 1410}}}}}
}

const sightText = "local;node2,active,eth0+412,/dev/ttyS0-;192.0.2.254,ping,192.0.2.254+1410"

func sightOf(d *Document) Sight {
	return SightOf(d.Resources.Holds, !d.Resources.Settled, append(append([]Node(nil), d.Nodes...), d.Pings...))
}

func TestSight(t *testing.T) {
	s := sightOf(pairSeen())
	if d := cmp.Diff(sightText, s.Encode()); d != "" {
		t.Error(d)
	}
	back, ok := ParseSight(sightText)
	if d := cmp.Diff(s, back); d != "" || !ok {
		t.Error(ok, d)
	}
	if d := cmp.Diff("holds local, at rest; sees us active, eth0 0.4s, /dev/ttyS0 never; 192.0.2.254 ping", s.Words("node2")); d != "" {
		t.Error(d)
	}
	s.Moving = true
	if back, _ := ParseSight(s.Encode()); !back.Moving || back.Holds != "local" || !strings.HasPrefix(back.Words("x"), "holds local, in transition; node2 active") {
		t.Errorf("%+v", back)
	}
	if empty, ok := ParseSight("none"); !ok || empty.Holds != "none" || len(empty.Nodes) != 0 {
		t.Errorf("%+v, %v", empty, ok)
	}
}

func TestNoSight(t *testing.T) {
	for _, text := range []string{"", "some", "local;", "local;a", "local;,b", "local;a,", "local;a,active,", "local;a,active,+1", "local;a,active,eth0",
		"local;a,active,eth0+x", "local;a,active,eth0+99999999999999999999",
		"local" + strings.Repeat(";a,up", most+1), "local;a,up" + strings.Repeat(",e+1", most+1)} {
		if s, ok := ParseSight(text); ok || len(s.Nodes) > 0 {
			t.Errorf("%q is read as %+v", text, s)
		}
	}
}

// A cluster too large for a field is told in part, and names cannot break the text.
func TestSightOfMany(t *testing.T) {
	d := pairSeen()
	for range 100 {
		d.Nodes = append(d.Nodes, d.Nodes[1], Node{Name: "a,b;c", Status: "up"})
	}
	s, ok := ParseSight(sightOf(d).Encode())
	if !ok || len(s.Nodes) == 0 || len(s.Nodes) > most {
		t.Errorf("%v, %d nodes", ok, len(s.Nodes))
	}
}

// One direction of a path that is cut is told on the side that hears.
func TestDeaf(t *testing.T) {
	for _, c := range []struct {
		view  string
		since time.Duration
		want  int
	}{
		{"none;node1,active,eth0+100,/dev/ttyS0+100", time.Hour, 0},
		{"none;node1,active,eth0-9000,/dev/ttyS0+100", time.Hour, 1},
		{"none;node1,active,eth0-,/dev/ttyS0+100", time.Hour, 1},
		{"none;node1,active,eth0-,/dev/ttyS0+100", time.Second, 0}, // it has just come up
		{"none;node1,active,eth1-9000,/dev/ttyS0+100", time.Hour, 0},
		{"none", time.Hour, 0},
		{"", time.Hour, 0},
	} {
		d := pairSeen()
		d.Nodes[1].Paths[1].Up = true
		d.Nodes[1].Since = d.Time.Add(-c.since)
		if s, ok := ParseSight(c.view); ok {
			d.Nodes[1].View = &s
		}
		what := d.Degraded()
		if len(what) != c.want || c.want == 1 && what[0] != "node2 hears nothing from here over eth0" {
			t.Errorf("%s: %q", c.view, what)
		}
	}
}

// What both nodes hold is told, of groups that there are.
func TestTwice(t *testing.T) {
	for _, c := range []struct {
		ours, theirs string
		moving       bool
		want         int
	}{
		{"local", "local", false, 0},
		{"local", "none", false, 0},
		{"local", "all", false, 1},
		{"local", "foreign", false, 1},
		{"all", "all", false, 1}, // node2 has no groups of its own
		{"foreign", "local", false, 0},
		{"local", "all", true, 0},
	} {
		d := pairSeen()
		d.Resources.Holds = c.ours
		d.Resources.Groups = []Group{{Owner: "node1", Words: []string{"www"}, Holder: "node1"}}
		d.Nodes[1].View = &Sight{Holds: c.theirs, Moving: c.moving}
		d.Nodes[1].Paths = d.Nodes[1].Paths[:1]
		what := d.Degraded()
		if len(what) != c.want || c.want == 1 && what[0] != "both this node and node2 hold www" {
			t.Errorf("%s and %s: %q", c.ours, c.theirs, what)
		}
	}
}

func FuzzSight(f *testing.F) {
	f.Add(sightText)
	f.Add("all!;a,b,c-;d,e")
	f.Fuzz(func(t *testing.T, text string) {
		s, ok := ParseSight(text)
		if !ok {
			return
		}
		again, ok := ParseSight(s.Encode())
		if d := cmp.Diff(s, again); !ok || d != "" {
			t.Errorf("%q: %v %s", text, ok, d)
		}
	})
}
