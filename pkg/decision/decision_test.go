package decision

import (
	"bytes"
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite the expected results")

func at(ms int) time.Time {
	return time.Date(2026, 11, 21, 14, 3, 7, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond)
}

func scene() Scene {
	return Scene{Node: "lvsstandby", Held: "none", Peer: Peer{Node: "lvsactive", Before: "all"}, Timers: Timers{2000, 10000, "on"}, Inputs: []Input{
		{Node: "lvsactive", Status: "active", Silent: 10004, Limit: 10000, Paths: []Path{{"eth0", true, 10004, false}, {"eth1", false, -1, true}}},
		{Node: "121.254.175.65", Ping: true, Status: "ping", Silent: 812, Limit: 10000},
	}}
}

// crash is a takeover as the daemon records it.
func crash(t *testing.T) (begun, ended *Record) {
	t.Helper()
	r := Recorder{Last: 41}
	r.Log(at(-1), "info: something before")
	r.Log(at(0), "WARN: node lvsactive: is dead")
	begun, ok := r.Begin(at(0), Occasion{Cause: Death, Subject: "lvsactive"}, scene)
	if !ok {
		t.Fatal("no record was begun")
	}
	if _, again := r.Begin(at(0), Occasion{Cause: Link, Subject: "lvsactive:eth0"}, scene); again {
		t.Error("a record within a record")
	}
	r.Begin(at(1), Occasion{Cause: Death, Subject: "lvsactive"}, scene)
	r.Job(at(2), 1, "#1 script t=status st=dead")
	r.Log(at(30), "info: Taking over resource group ldirectord::ldirectord.cf")
	r.Command(at(31), 270*time.Millisecond, "ldirectord ldirectord.cf start", 0)
	r.Hear(at(305), "something late")
	r.JobDone(at(312), 1, 0)
	r.Send(at(313), "resource rsc_hold=all isstable=1")
	if _, ok := r.Settle(at(400), false, "all", "none", time.Second); ok {
		t.Error("closed in transition")
	}
	if _, ok := r.Settle(at(1300), true, "all", "none", time.Second); ok {
		t.Error("closed before it was quiet for long enough")
	}
	ended, ok = r.Settle(at(1313), true, "all", "none", time.Second)
	if !ok {
		t.Fatal("not closed")
	}
	return begun, ended
}

func TestCrash(t *testing.T) {
	begun, ended := crash(t)
	if begun.ID != 42 || ended.ID != 42 || !begun.Ended.IsZero() || !ended.Done || len(begun.Steps) != 1 {
		t.Errorf("begun %+v, ended %+v", begun, ended)
	}
	var b bytes.Buffer
	begun.Text(&b, time.UTC)
	b.WriteString("\n")
	ended.Text(&b, time.UTC)
	fmt.Fprintln(&b, "\n"+ended.Line(time.UTC))
	golden.File(t, *update, "testdata/crash.txt", b.String())
	golden.File(t, *update, "testdata/crash.json", string(ended.Encode()))
}

// Every cause has words, and they fit a subject.
func TestCauses(t *testing.T) {
	var b bytes.Buffer
	for _, c := range causes() {
		if strings.Count(c.title, "%s") != 1 || c.rule == "" {
			t.Errorf("%s: %q %q", c.cause, c.title, c.rule)
		}
		rec := Record{ID: 1, Node: "node1", Begun: at(0), Ended: at(500), Done: c.cause != Stall, Occasion: Occasion{c.cause, "node2", "all"}, Before: "local", After: "local"}
		rec.Text(&b, time.UTC)
		b.WriteString("\n")
	}
	golden.File(t, *update, "testdata/causes.txt", b.String())
	if text := Cause("comet").words().title; text != "comet of %s" {
		t.Errorf("an unknown cause: %q", text)
	}
}

func TestBounds(t *testing.T) {
	var r Recorder
	r.Log(at(-1), "nothing is open")
	r.JobDone(at(0), 1, 0)
	if _, ok := r.Close(at(0), true, "all", "none"); ok {
		t.Error("something was open")
	}
	r.Begin(at(0), Occasion{Cause: Stop, Subject: "node1"}, scene)
	for i := range maxSteps + 50 {
		r.Log(at(i), strings.Repeat("x", 1000))
	}
	rec, ok := r.Settle(at(0).Add(maxOpen+time.Second), false, "all", "none", time.Hour)
	if !ok || len(rec.Steps) != maxSteps || rec.Lost != 50 || len(rec.Steps[0].Text) > maxText+10 || rec.Done {
		t.Errorf("%v: %d steps, %d lost", ok, len(rec.Steps), rec.Lost)
	}
}

func TestRoundTrip(t *testing.T) {
	_, rec := crash(t)
	back, err := Decode(rec.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rec, back); d != "" {
		t.Error(d)
	}
	for _, text := range []string{"", "{}", `{"version":9}`, "[]"} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"version":1,"id":1,"cause":"crash","inputs":[{"paths":[{}]}],"steps":[{"kind":"job","took_ms":3}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := Decode(b)
		if err != nil {
			return
		}
		var out bytes.Buffer
		rec.Text(&out, time.UTC)
		rec.Line(time.UTC)
	})
}
