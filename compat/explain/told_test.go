package explain

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
	"systole/pkg/decision"
)

// told is what a node must say of the last thing that happened.
type told struct {
	cause   decision.Cause
	subject string
	detail  string
	follows []decision.Cause // what it came of: one of these, or nothing if empty
	held    [2]string        // by the node that tells, before and after
	peer    [2]string        // by the other one
	ran     []string         // commands, in order
	says    []string         // in the text
}

// last waits until the last record is of an occasion and closed, and returns it with its text. What the
// occasion leaves empty may be anything.
func (n *node) last(o decision.Occasion) (rec *decision.Record, text string) {
	n.t.Helper()
	var r lab.Result
	so := patience.Within(n.t, func() bool {
		r = lab.OK(n.Run(patience.For(n.t), "systole", "explain", "last", "--json"))(n.t)
		rec = &decision.Record{}
		return r.Code == 0 && json.Unmarshal([]byte(r.Stdout), rec) == nil && rec.Done && rec.Cause == o.Cause &&
			(o.Subject == "" || rec.Subject == o.Subject) && (o.Detail == "" || rec.Detail == o.Detail)
	})
	if !so {
		n.t.Fatalf("%s: the last record is not of %+v, but (exit code %d) %s%s\n%s", n.Name, o, r.Code, r.Stdout, r.Stderr, n.run("systole", "explain", "--list"))
	}
	text = n.run("systole", "explain", fmt.Sprint(rec.ID))
	if again := n.run("systole", "explain", "last"); again != text {
		n.t.Errorf("%s: last is not decision %d but\n%s", n.Name, rec.ID, again)
	}
	n.t.Logf("%s:\n%s", n.Name, text)
	return rec, text
}

// tells holds the last record to what is known to have happened.
func (n *node) tells(w told) *decision.Record {
	n.t.Helper()
	occasion := decision.Occasion{Cause: w.cause, Subject: w.subject, Detail: w.detail}
	rec, text := n.last(occasion)
	n.same("the occasion", occasion, rec.Occasion)
	n.follows(rec, w.follows)
	n.same("what is held", w.held, [2]string{rec.Before, rec.After})
	n.same("the peer's part", append(w.peer[:], n.peer), []string{rec.Peer.Before, rec.Peer.After, rec.Peer.Node})
	n.same("the commands", w.ran, commands(rec))
	n.whole(rec)
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range append(w.says, rec.Title()+".", "at rest after "+length(rec.Ended.Sub(rec.Begun).Milliseconds())) {
		if !strings.Contains(flat, want) {
			n.t.Errorf("%s: the text does not say %q", n.Name, want)
		}
	}
	n.worded(rec, flat)
	return rec
}

func (n *node) follows(rec *decision.Record, of []decision.Cause) {
	n.t.Helper()
	var cause decision.Cause
	if rec.Follows != nil {
		cause = rec.Follows.Cause
	}
	if len(of) == 0 {
		of = []decision.Cause{""}
	}
	if !slices.Contains(of, cause) {
		n.t.Errorf("%s: it follows %q, not one of %q", n.Name, cause, of)
	}
}

func (n *node) same(what string, want, got any) {
	n.t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		n.t.Errorf("%s: %s: -want +got\n%s", n.Name, what, d)
	}
}

func commands(rec *decision.Record) (ran []string) {
	for _, s := range rec.Steps {
		if s.Kind == decision.StepCommand {
			ran = append(ran, s.Text)
		}
	}
	return ran
}

// whole looks at what every record must have: both paths with their ages, timers, steps in order and
// within the record, lines that are in the log.
func (n *node) whole(rec *decision.Record) {
	n.t.Helper()
	in := inputOf(rec, n.peer)
	var names []string
	for _, p := range in.Paths {
		names = append(names, p.Name)
		if p.Silent < -1 {
			n.t.Errorf("%s: path %+v", n.Name, p)
		}
	}
	n.same("the paths", []string{"eth0", "eth1"}, names)
	n.same("the timers", []int64{200, 2000}, []int64{rec.Timers.Keepalive, rec.Timers.Deadtime})
	log := n.log()
	for i, s := range rec.Steps {
		if i > 0 && s.At.Before(rec.Steps[i-1].At) || s.At.Before(rec.Begun) || s.At.After(rec.Ended) {
			n.t.Errorf("%s: step %d is out of order: %+v", n.Name, i, s)
		}
		if (s.Kind == decision.StepCommand || s.Kind == decision.StepJob) && s.Took == 0 {
			n.t.Errorf("%s: it is not said how long %q took", n.Name, s.Text)
		}
		if s.Kind == decision.StepLog && !strings.Contains(log, s.Text) {
			n.t.Errorf("%s: the log does not have %q", n.Name, s.Text)
		}
	}
	if !slices.ContainsFunc(rec.Steps, func(s decision.Step) bool { return s.Kind == decision.StepLog }) {
		n.t.Errorf("%s: no line of the log", n.Name)
	}
}

// worded holds the text to the numbers of the record.
func (n *node) worded(rec *decision.Record, flat string) {
	n.t.Helper()
	var want []string
	for _, p := range inputOf(rec, n.peer).Paths {
		state := map[bool]string{true: "up", false: "dead"}[p.Up]
		age := "silent for " + length(p.Silent)
		if p.Silent < 0 {
			age = "never heard"
		}
		want = append(want, fmt.Sprintf("%s %s, %s", p.Name, state, age))
	}
	for _, s := range rec.Steps {
		if s.Kind == decision.StepCommand {
			want = append(want, fmt.Sprintf("ran %s in %s", s.Text, length(s.Took)))
		}
	}
	for _, w := range want {
		if !strings.Contains(flat, w) {
			n.t.Errorf("%s: the text does not say %q", n.Name, w)
		}
	}
}

// length is how a text says how long something took.
func length(ms int64) string {
	if ms < 1000 {
		return fmt.Sprintf("%d ms", ms)
	}
	return fmt.Sprintf("%.2f s", float64(ms)/1000)
}

func inputOf(rec *decision.Record, node string) decision.Input {
	for _, in := range rec.Inputs {
		if in.Node == node {
			return in
		}
	}
	return decision.Input{}
}

// silent holds a record to the silence of the peer: longer than its dead time over both paths.
func (n *node) silent(rec *decision.Record) {
	n.t.Helper()
	in := inputOf(rec, n.peer)
	if in.Silent < in.Limit || in.Limit < 2000 {
		n.t.Errorf("%s: silence of %d ms, dead time of %d ms", n.Name, in.Silent, in.Limit)
	}
	for _, p := range in.Paths {
		if p.Silent < in.Limit-400 {
			n.t.Errorf("%s: path %+v", n.Name, p)
		}
	}
}
