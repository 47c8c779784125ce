package decision

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

func plain(r *Record) string {
	var b bytes.Buffer
	r.Text(&b, time.UTC)
	return strings.Join(strings.Fields(b.String()), " ")
}

// A record is named after the strongest thing in it, and says what it began with.
func TestName(t *testing.T) {
	for _, c := range []struct {
		first, then Cause
		name        Cause
	}{
		{Link, Death, Death}, {PingLoss, Ipfail, Ipfail}, {Return, Failback, Failback}, {Start, Failback, Failback},
		{Death, Link, Death}, {Start, Death, Start}, {Takeover, Standby, Takeover}, {Stall, Partition, Stall}, {Death, Return, Death},
	} {
		r := Recorder{Last: 6}
		r.Begin(at(0), Occasion{Cause: c.first, Subject: "a"}, scene)
		now, named := r.Begin(at(250), Occasion{Cause: c.then, Subject: "b"}, scene)
		rec, _ := r.Close(at(300), true, "all", "none")
		if rec.ID != 7 || rec.Cause != c.name || named != (c.name == c.then) || named && now.Cause != c.name {
			t.Errorf("%s, then %s: %+v, written at once: %v", c.first, c.then, rec.Occasion, named)
		}
		if named && (rec.Follows == nil || rec.Follows.Cause != c.first || rec.Follows.ID != 7 || !strings.Contains(plain(rec), "It began with this, 250 ms before: ")) {
			t.Errorf("%s, then %s: %s", c.first, c.then, plain(rec))
		}
		if !named && (rec.Follows != nil || !strings.Contains(plain(rec), "Meanwhile: ")) {
			t.Errorf("%s, then %s: %s", c.first, c.then, plain(rec))
		}
	}
}

// A record knows the one of which it is the consequence.
func TestFollows(t *testing.T) {
	var r Recorder
	for i, c := range []struct{ cause, follows Cause }{
		{PingLoss, ""}, {Death, ""}, {Ipfail, PingLoss}, {Partition, Death}, {Link, ""}, {Failback, Partition}, {Standby, ""}, {Stall, Death}, {Failure, Partition},
	} {
		rec, _ := r.Begin(at(1000*i), Occasion{Cause: c.cause, Subject: "a"}, scene)
		var follows Cause
		if rec.Follows != nil {
			follows = rec.Follows.Cause
		}
		if follows != c.follows {
			t.Errorf("%s follows %q", c.cause, follows)
		}
		if c.cause == Ipfail && (rec.Follows.ID != 1 || rec.Follows.Ago != 2000 || !strings.Contains(plain(rec), "It follows decision 1, of 2.00 s before: The ping node a stopped answering.")) {
			t.Errorf("%+v: %s", rec.Follows, plain(rec))
		}
		if c.cause == Partition {
			r.Command(at(1000*i), time.Second, "www start", 1)
		}
		r.Close(at(1000*i+1), true, "all", "none")
	}
}

// What looks alike is told apart by what else was known.
func TestEvidence(t *testing.T) {
	ping := func(status string) Input { return Input{Node: "gw", Ping: true, Status: status, Limit: 1000} }
	for _, c := range []struct {
		name string
		rec  Record
		says string
	}{
		{"no ping node", Record{Occasion: Occasion{Cause: Death}}, "look alike"},
		{"deaf", Record{Occasion: Occasion{Cause: Death}, Inputs: []Input{ping("dead")}}, "this node, or the network between, was cut off"},
		{"well", Record{Occasion: Occasion{Cause: Death}, Inputs: []Input{ping("ping")}}, "this node was not cut off itself"},
		{"unplugged", Record{Occasion: Occasion{Cause: Link}, Inputs: []Input{{Paths: []Path{{Name: "eth0", Unplugged: true}, {Name: "eth1", Unplugged: true}}}}}, "eth0 and eth1 had no carrier"},
		{"stalled", Record{Absence: &Absence{Silent: 3000, Sent: 1, Expected: 15}}, "it had stood still"},
		{"cut off", Record{Absence: &Absence{Silent: 3000, Sent: 15, Expected: 15}}, "the paths between were cut"},
	} {
		if got := strings.Join(c.rec.evidence(), " "); !strings.Contains(got, c.says) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
	two := Record{Occasion: Occasion{Cause: Death}, Inputs: []Input{ping("dead"), ping("ping")}}
	if got := two.evidence(); len(got) > 0 {
		t.Errorf("one of two ping nodes says nothing, but: %q", got)
	}
}

func TestLife(t *testing.T) {
	cut := Life{Boot: "one", Begun: at(0), Seen: at(5000), Held: "local"}
	stopped := cut
	stopped.Ended = EndStopped
	for _, c := range []struct {
		life Life
		boot string
		want Ending
		says string
	}{
		{cut, "one", EndKilled, "the daemon before it was killed, holding local; its last sign is of Nov 21 14:03:12"},
		{cut, "two", EndMachine, "its machine went down without a stop, holding local"},
		{stopped, "two", EndStopped, "stopped in order, Nov 21 14:03:12"},
	} {
		back, err := DecodeLife(c.life.Encode())
		if err != nil {
			t.Fatal(err)
		}
		got := back.Close(c.boot)
		if text := got.tell(time.UTC); got.Ended != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%s: %s", got.Ended, text)
		}
	}
	if _, err := DecodeLife([]byte("\x00\x01")); err == nil {
		t.Error("garbage is taken for a life")
	}
}

// What the other node held is told as far as it said so.
func TestPeersPart(t *testing.T) {
	said := func(status string, do func(*Recorder)) string {
		var r Recorder
		s := scene()
		if status != "active" {
			s.Peer.Before = ""
		}
		r.Begin(at(0), Occasion{Cause: Start, Subject: "lvsstandby"}, func() Scene { return s })
		do(&r)
		rec, _ := r.Close(at(9000), true, "local", "local")
		return rec.peersPart(time.UTC)
	}
	nothing := func(*Recorder) {}
	for _, c := range []struct{ got, want string }{
		{said("active", nothing), "lvsactive held all and then local, as it said itself."},
		{said("active", func(r *Recorder) { r.PeerHolds("none"); r.PeerHolds("none"); r.PeerHolds("local") }), "lvsactive held all and then none and then local, as it said itself."},
		{said("init", nothing), "lvsactive held local, as it said itself."},
		{said("init", func(r *Recorder) {
			r.Hear(at(1), "resource")
			r.PeerHolds("local")
			r.PeerSince(at(-60000))
			r.PeerSince(at(0))
		}), "lvsactive held local, since Nov 21 14:02:07, as it said itself."},
		{said("dead", func(r *Recorder) { r.Hear(at(1), "resource"); r.PeerHolds("all"); r.PeerSince(at(-60000)) }), "lvsactive held all, since Nov 21 14:02:07, and then local, as it said itself."},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// Steps are told in the order in which they began; that of a command is noted at its end.
func TestOrderOfSteps(t *testing.T) {
	var r Recorder
	r.Begin(at(0), Occasion{Cause: Standby, Subject: "a", Detail: "all"}, scene)
	r.Send(at(300), "done")
	r.Command(at(100), 150*time.Millisecond, "www start", 1)
	if _, ok := r.Settle(at(350), true, "all", "none", 100*time.Millisecond); ok {
		t.Error("closed too early")
	}
	rec, _ := r.Settle(at(400), true, "all", "none", 100*time.Millisecond)
	if !slices.IsSortedFunc(rec.Steps, func(a, b Step) int { return a.At.Compare(b.At) }) || !rec.Ended.Equal(at(300)) {
		t.Errorf("%+v", rec)
	}
	if text := plain(rec); !strings.Contains(text, "www start failed with exit code 1. It ran one command, which took 150 ms.") || !strings.Contains(text, "It asked to hand over all") {
		t.Error(text)
	}
}
