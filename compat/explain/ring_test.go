package explain

import (
	"fmt"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/pkg/decision"
)

const ringDir = "/var/lib/heartbeat/decisions/"

// restart stops and starts the daemon, and returns what the new one tells of the old one.
func (n *node) restart() (id int, text string) {
	n.t.Helper()
	n.run("service", "heartbeat", "stop")
	n.start()
	n.holds("all")
	rec, text := n.last(decision.Occasion{Cause: decision.Start})
	return rec.ID, strings.Join(strings.Fields(text), " ")
}

// explain asks for what there may not be.
func (n *node) explain(args ...string) lab.Result {
	n.t.Helper()
	return lab.OK(n.Run(patience.For(n.t), append([]string{"systole", "explain"}, args...)...))(n.t)
}

const inOrder = "It had been stopped in order"

// Records outlive the daemon, and a spoilt one hides no other one.
func TestRing(t *testing.T) {
	p := newPair(t, setting{alone: true})
	n := p.a
	n.start()
	n.holds("all")
	rec, text := n.last(decision.Occasion{Cause: decision.Start})
	if rec.ID != 1 || rec.Life != nil || strings.Contains(text, "restarted") {
		t.Errorf("the first start is told as %+v", rec)
	}
	if id, text := n.restart(); id != 3 || !strings.Contains(text, inOrder) {
		t.Errorf("decision %d: %s", id, text)
	}
	n.run("truncate", "-s", "100", ringDir+"00000003.json")
	n.spoilt(3, 2)
	n.run("sh", "-c", "head -c 5000 /dev/urandom > "+ringDir+"00000003.json; mkdir "+ringDir+"00000004.json; echo {} > "+ringDir+"junk.json; head -c 64 /dev/urandom > "+ringDir+"life")
	n.signal("KILL")
	n.spoilt(3, 2)
	n.start()
	n.holds("all")
	if rec, _ := n.last(decision.Occasion{Cause: decision.Start}); rec.ID != 5 || rec.Life != nil {
		t.Errorf("after the garbage the start is told as %+v", rec)
	}
	if r := n.explain("2"); r.Code != 0 || !strings.Contains(r.Stdout, "Heartbeat was told to stop on node1") {
		t.Errorf("decision 2: exit code %d\n%s", r.Code, r.Stdout)
	}
}

// spoilt asks for a record that cannot be read, in every way: the last that can be is told instead.
func (n *node) spoilt(id, last int) {
	n.t.Helper()
	file := fmt.Sprintf("%08d.json", id)
	if r := n.explain(); r.Code != 0 || !strings.HasPrefix(r.Stdout, fmt.Sprintf("Decision %d on ", last)) || !strings.Contains(r.Stderr, file) {
		n.t.Errorf("last: exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	if r := n.explain(fmt.Sprint(id)); r.Code != 2 || r.Stdout != "" || !strings.Contains(r.Stderr, file) {
		n.t.Errorf("%d: exit code %d\n%s%s", id, r.Code, r.Stdout, r.Stderr)
	}
	if r := n.explain("--list"); r.Code != 2 || !strings.Contains(r.Stdout, "Heartbeat started on node1") || !strings.Contains(r.Stderr, file) {
		n.t.Errorf("the list: exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// A full disk costs records, and nothing else.
func TestFullDisk(t *testing.T) {
	p := newPair(t, setting{alone: true})
	n := p.a
	n.run("sh", "-ec", "mkdir -p "+ringDir+"; mount -t tmpfs -o size=64k none "+ringDir)
	n.start()
	n.holds("all")
	n.last(decision.Occasion{Cause: decision.Start})
	n.run("sh", "-c", "cat /dev/zero > "+ringDir+"filler; true")
	if id, _ := n.restart(); id != 1 {
		t.Errorf("the disk is full, and the last decision is %d", id)
	}
	if !strings.Contains(n.log(), "WARN: decision record 2: ") {
		t.Errorf("the log does not say that a record was lost")
	}
	n.run("rm", ringDir+"filler")
	id, text := n.restart()
	if id < 3 || !strings.Contains(text, inOrder) {
		t.Errorf("there is room again, and decision %d is told: %s", id, text)
	}
	if r := n.explain(fmt.Sprint(id - 1)); !strings.Contains(r.Stdout, "Heartbeat was told to stop on node1") {
		t.Errorf("the stop before is told as %s%s", r.Stdout, r.Stderr)
	}
}
