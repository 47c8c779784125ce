package hbd

import (
	"testing"
	"time"

	"systole/pkg/agent"
	"systole/pkg/cluster"
	"systole/pkg/decision"
	"systole/pkg/decision/ring"
	"systole/pkg/hamsg"
)

// status is a heartbeat of the peer, as the machine is told of it.
func status(st, gen, seq string) *hamsg.Message {
	return hamsg.New("t", "status", "src", "node2", "st", st, "hg", gen, "seq", seq, "systole_hold", "all")
}

// What a node is that is heard again is told by the numbers of its messages.
func TestHeardAgain(t *testing.T) {
	for _, c := range []struct {
		name     string
		gen, seq string
		st       string
		cause    decision.Cause
		sent     int64
	}{
		{"it had been cut off", "7", "1e", "active", decision.Partition, 13},
		{"it had stood still", "7", "11", "active", decision.Stall, 0},
		{"it was restarted", "8", "1", "up", decision.Return, -1},
		{"its first messages of a new life were lost", "8", "4", "active", decision.Return, -1},
	} {
		d := watched(t)
		now := time.Now()
		d.machine.Step(now, cluster.Start{})
		d.before(now, cluster.Recv{Msg: status("active", "7", "10"), At: now})
		d.after(now, cluster.Notify{Msg: status("active", "7", "10")})
		d.after(now, cluster.Notify{Msg: hamsg.New("t", "status", "src", "node2", "st", "dead")})
		d.story.recorder.Close(now, true, "all", "none")
		later := now.Add(800 * time.Millisecond) // before the machine wants to be told of a tick
		d.story.spans["node2"] = span{7, 0x10}
		d.cfg.Keepalive = 50 * time.Millisecond
		d.before(later, cluster.Recv{Msg: status(c.st, c.gen, c.seq), At: later})
		d.after(later, cluster.Notify{Msg: status(c.st, c.gen, c.seq)})
		rec, ok := d.story.recorder.Close(later, true, "all", "all")
		if !ok || rec.Cause != c.cause || rec.Subject != "node2" || rec.Follows == nil || rec.Follows.Cause != decision.Death {
			t.Errorf("%s: %+v", c.name, rec)
			continue
		}
		if a := rec.Absence; (a == nil) != (c.sent < 0) || a != nil && (a.Sent != c.sent || a.Silent != 800 || a.Expected != 16) {
			t.Errorf("%s: %+v", c.name, a)
		}
		if in := rec.Inputs[0]; in.Silent != 800 || in.Status != "dead" {
			t.Errorf("%s: %+v", c.name, in)
		}
		if rec.Peer.After != "all" || rec.Peer.Before != "" {
			t.Errorf("%s: %+v", c.name, rec.Peer)
		}
	}
}

// A message that comes twice, or late, or from a stranger, counts once.
func TestCount(t *testing.T) {
	d := watched(t)
	now := time.Now()
	for _, m := range []*hamsg.Message{status("active", "7", "10"), status("active", "7", "f"), status("active", "6", "50"),
		status("active", "7", "10"), hamsg.New("t", "NS_ackmsg", "src", "node2"), hamsg.New("t", "status", "src", "stranger", "hg", "9", "seq", "9")} {
		d.count(now, cluster.Recv{Msg: m, At: now})
	}
	if s := d.story.spans; len(s) != 1 || s["node2"] != (span{7, 0x10}) {
		t.Errorf("%+v", s)
	}
}

// The next daemon knows how the one before it ended, and what it held.
func TestLives(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name string
		end  func(*beatDaemon, func())
		want decision.Ending
	}{
		{"killed", func(*beatDaemon, func()) {}, decision.EndKilled},
		{"stopped", func(_ *beatDaemon, closed func()) { closed() }, decision.EndStopped},
		{"restarted", func(d *beatDaemon, closed func()) { d.exit = &cluster.Exit{Restart: true}; closed() }, decision.EndRestarted},
	} {
		d := watched(t)
		d.paths.StateDir = dir
		closed := d.openRecords()
		d.settled(time.Now())
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) { // for the writer
			if l, ok := ring.ReadLife(d.paths.decisions()); ok && l.Ended == "" && l.Begun.Equal(d.story.began) {
				break
			} else if time.Now().After(deadline) {
				t.Fatalf("%s: no life was written", c.name)
			}
		}
		c.end(d, closed)
		next := watched(t)
		next.paths.StateDir = dir
		nextClosed := next.openRecords()
		if f := next.story.former; f == nil || f.Ended != c.want || f.Held != "none" {
			t.Errorf("%s: %+v", c.name, f)
		}
		nextClosed()
	}
}

// Starts and stops are commands of a record; a status moves nothing.
func TestRan(t *testing.T) {
	d := watched(t)
	d.ctx = t.Context()
	now := time.Now()
	d.before(now, cluster.Terminate{})
	for _, op := range []string{"status", "stop"} {
		d.ran(agent.Call{Name: "IPaddr2", Args: []string{"192.0.2.10"}, Op: op}, now, agent.Result{Took: 40 * time.Millisecond})
	}
	for len(d.in.work) > 0 {
		(<-d.in.work)()
	}
	rec, _ := d.story.recorder.Close(now.Add(time.Second), true, "none", "all")
	if len(rec.Steps) != 1 || rec.Steps[0] != (decision.Step{At: now, Kind: decision.StepCommand, Text: "IPaddr2 192.0.2.10 stop", Took: 40}) {
		t.Errorf("%+v", rec.Steps)
	}
}
