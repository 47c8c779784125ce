package state

import (
	"bytes"
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite the expected results")

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-21 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// pair is a document with everything in it.
func pair() *Document {
	return &Document{Version: Version, Time: at("14:03:07"),
		Daemon: Daemon{Program: "systole", Version: "3.0.6", Node: "lvsactive.gunnm.xyz", PID: 812, Started: at("10:51:00"),
			Generation: 1795217057, Status: "active", Keepalive: 2000, Deadtime: 10000, Failback: "on"},
		Resources: Resources{State: "local", Holds: "local", Since: at("10:51:12"), Peer: "none", Settled: true, Groups: []Group{
			{Owner: "lvsactive.gunnm.xyz", Words: []string{"ldirectord::ldirectord.cf", "IPaddr2::121.254.175.70/32/eth0"}, Holder: "lvsactive.gunnm.xyz"}}},
		Nodes: []Node{
			{Name: "lvsactive.gunnm.xyz", Self: true, Status: "active", Since: at("10:51:02"), Systole: true},
			{Name: "lvsstandby.gunnm.xyz", Status: "active", Since: at("10:51:02"), Systole: true, Age: 412, Deadtime: 10000, Paths: []Path{
				{Name: "eth0", Up: true, Age: 412, Interval: 2001, Jitter: 840, Count: 5766},
				{Name: "eth1", Up: false, Age: 15231, Interval: 2001, Jitter: 912, Count: 5759}},
				View: &Sight{Holds: "none", Nodes: []Seen{{Name: "lvsactive.gunnm.xyz", Status: "active", Paths: []SeenPath{{"eth0", true, 380}, {"eth1", false, 15502}}},
					{Name: "121.254.175.65", Status: "ping", Paths: []SeenPath{{"121.254.175.65", true, 900}}}}}},
		},
		Pings:   []Node{{Name: "121.254.175.65", Status: "ping", Since: at("10:51:02"), Age: 1410, Deadtime: 10000, Paths: []Path{{Name: "121.254.175.65", Up: true, Age: 1410, Interval: 2000, Jitter: 120, Count: 5760}}}},
		Clients: []Client{{Name: "ipfail", PID: 830, UID: 106}},
		Jobs:    []Job{},
		Events:  []Event{{At: at("10:51:02"), Text: "node lvsstandby.gunnm.xyz: active"}, {At: at("10:51:12"), Text: "holds local, held none"}, {At: at("14:02:58"), Text: "link lvsstandby.gunnm.xyz:eth1 dead"}},
	}
}

// sick is one on which nothing is right.
func sick() *Document {
	d := pair()
	d.Resources.State, d.Resources.Settled, d.Resources.Holds = "transition", false, "none"
	d.Resources.Groups[0].Holder = ""
	d.Nodes[1].Status = "dead"
	d.Nodes[1].Systole, d.Nodes[1].View = false, nil
	d.Nodes[1].Paths = []Path{{Name: "a-name-of-an-interface-that-is-much-too-long", Age: -1}}
	d.Pings[0].Status = "dead"
	d.Jobs = []Job{{ID: 12, What: "acquire all", At: at("14:03:05")}}
	d.Clients = nil
	d.Directors = []Director{{Name: "ldirectord", PID: 900, Running: true}, {Name: "other", PID: 901}}
	d.Daemon.Started = at("10:51:00").AddDate(0, 0, -3)
	d.Resources.Since = d.Daemon.Started
	return d
}

func TestPage(t *testing.T) {
	for name, doc := range map[string]*Document{"pair": pair(), "sick": sick()} {
		var b bytes.Buffer
		doc.Page(&b, time.UTC, 5)
		golden.File(t, *update, "testdata/"+name+".txt", b.String())
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		if len(lines) > 24 {
			t.Errorf("%s: %d lines do not fit a terminal", name, len(lines))
		}
		for _, line := range lines {
			if n := len([]rune(line)); n > 80 {
				t.Errorf("%s: a line of %d columns: %s", name, n, line)
			}
		}
	}
}

// The JSON form is what monitors read: it does not change by accident.
func TestEncode(t *testing.T) {
	b := sick().Encode()
	golden.File(t, *update, "testdata/sick.json", string(b))
	back, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(b), string(back.Encode())); d != "" {
		t.Error(d)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, text := range []string{"", "{", "null", `{"version":2}`, `{"version":"1"}`, `[]`} {
		if d, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, d)
		}
	}
}

func TestDegraded(t *testing.T) {
	want := []string{"link lvsstandby.gunnm.xyz:eth1 is dead"}
	if d := cmp.Diff(want, pair().Degraded()); d != "" {
		t.Error(d)
	}
	want = []string{"resources are in transition", "lvsstandby.gunnm.xyz is dead", "121.254.175.65 is dead", "nobody holds ldirectord::ldirectord.cf"}
	if d := cmp.Diff(want, sick().Degraded()); d != "" {
		t.Error(d)
	}
}

func TestRhythm(t *testing.T) {
	var r Rhythm
	begin := at("12:00:00")
	for i := range 200 {
		off := time.Duration(i%2) * 20 * time.Millisecond
		r.Heard(begin.Add(time.Duration(i)*time.Second + off))
	}
	if off := (r.Interval - time.Second).Abs(); off > 5*time.Millisecond {
		t.Errorf("interval %v", r.Interval)
	}
	if r.Jitter < 15*time.Millisecond || r.Jitter > 25*time.Millisecond || r.Count != 200 {
		t.Errorf("jitter %v of %d", r.Jitter, r.Count)
	}
	last := r
	r.Heard(begin)
	if r.Interval != last.Interval || r.Last != last.Last {
		t.Error("a heartbeat from the past is measured")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(pair().Encode())
	f.Add(sick().Encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Decode(b)
		if err != nil {
			return
		}
		var page bytes.Buffer
		d.Page(&page, time.UTC, 5)
		d.Degraded()
	})
}
