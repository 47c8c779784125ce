package decision

import (
	"slices"
	"time"
)

// Bounds of a record.
const (
	maxSteps   = 200
	maxText    = 400
	maxFresh   = 20
	maxBetween = 20
	maxOpen    = 15 * time.Minute // then it is closed as it is
)

// Scene is what a record begins with.
type Scene struct {
	Node    string
	Held    string
	Peer    Peer
	Life    *Life
	Absence *Absence
	Timers  Timers
	Inputs  []Input
}

// Recorder makes records. It is for one goroutine; the zero value is ready, and nothing is
// recorded until Begin.
type Recorder struct {
	Last  int // number of the last record
	open  *Record
	quiet time.Time // of the last step
	fresh []Step    // log lines of this moment: what is logged about an occasion may come before it
	past  []opened  // the last occasion of each cause in this life
}

// opened is an occasion that was.
type opened struct {
	id     int
	at     time.Time
	failed bool // a command did
	Occasion
}

// Begin notes an occasion. While a record is open it becomes a step of that, or, if it is the
// stronger one, gives it its name. A record that is new or has a new name is returned, to be written.
func (r *Recorder) Begin(at time.Time, o Occasion, scene func() Scene) (*Record, bool) {
	switch {
	case r.open == nil:
		r.begin(at, o, scene())
	case r.open.Cause == o.Cause && r.open.Subject == o.Subject:
		return nil, false
	case o.Cause.words().rank > r.open.Cause.words().rank:
		r.rename(at, o, scene())
	default:
		r.step(Step{At: at, Kind: StepCause, Text: o.Title()})
		return nil, false
	}
	r.remember(at, o)
	return r.open.clone(), true
}

func (r *Recorder) begin(at time.Time, o Occasion, s Scene) {
	r.Last++
	r.open = &Record{Version: Version, ID: r.Last, Node: s.Node, Begun: at, Occasion: o, Follows: r.cause(at, o), Before: s.Held,
		Peer: s.Peer, Life: s.Life, Absence: s.Absence, Timers: s.Timers, Inputs: s.Inputs}
	r.quiet = at
	for _, s := range r.fresh {
		if s.At.Equal(at) {
			r.step(s)
		}
	}
}

// rename gives the open record the name of a stronger occasion. What it began with is told as its
// cause, and what was known is that of this moment.
func (r *Recorder) rename(at time.Time, o Occasion, s Scene) {
	was := r.open
	was.Follows = &Former{ID: was.ID, Occasion: was.Occasion, Ago: at.Sub(was.Begun).Milliseconds()}
	was.Occasion, was.Inputs = o, s.Inputs
	r.step(Step{At: at, Kind: StepCause, Text: o.Title()})
}

func (r *Recorder) remember(at time.Time, o Occasion) {
	r.past = slices.DeleteFunc(r.past, func(p opened) bool { return p.Cause == o.Cause })
	r.past = append(r.past, opened{id: r.open.ID, at: at, Occasion: o})
}

// cause is the last occasion of which this one may be the consequence.
func (r *Recorder) cause(at time.Time, o Occasion) *Former {
	for _, p := range slices.Backward(r.past) {
		if slices.Contains(o.Cause.words().after, p.Cause) || o.Cause == Failure && p.failed {
			return &Former{ID: p.id, Occasion: p.Occasion, Ago: at.Sub(p.at).Milliseconds()}
		}
	}
	return nil
}

// Log notes a line of the log, as it stands there behind the name of who wrote it.
func (r *Recorder) Log(at time.Time, line string) {
	s := Step{At: at, Kind: StepLog, Text: line}
	if r.open != nil {
		r.step(s)
		return
	}
	if len(r.fresh) > 0 && !r.fresh[0].At.Equal(at) || len(r.fresh) >= maxFresh {
		r.fresh = r.fresh[:0]
	}
	r.fresh = append(r.fresh, s)
}

// Send notes a message about resources.
func (r *Recorder) Send(at time.Time, text string) { r.step(Step{At: at, Kind: StepSend, Text: text}) }

// Hear notes one of another node.
func (r *Recorder) Hear(at time.Time, text string) { r.step(Step{At: at, Kind: StepHear, Text: text}) }

// Job notes the begin of resource work.
func (r *Recorder) Job(at time.Time, id int, what string) {
	r.step(Step{At: at, Kind: StepJob, Job: id, Text: what})
}

// JobDone notes its end.
func (r *Recorder) JobDone(at time.Time, id, code int) {
	if r.open == nil {
		return
	}
	for i := range r.open.Steps {
		if s := &r.open.Steps[i]; s.Kind == StepJob && s.Job == id && s.Took == 0 {
			s.Took, s.Code = max(1, at.Sub(s.At).Milliseconds()), code
			r.quiet = at
		}
	}
}

// Command notes a start or stop of a resource that began then and has ended.
func (r *Recorder) Command(begun time.Time, took time.Duration, text string, code int) {
	for i := range r.past {
		r.past[i].failed = r.past[i].failed || code != 0 && r.open != nil && r.past[i].id == r.open.ID
	}
	r.step(Step{At: begun, Kind: StepCommand, Text: text, Took: max(1, took.Milliseconds()), Code: code})
	if end := begun.Add(took); end.After(r.quiet) {
		r.quiet = end
	}
}

func (r *Recorder) step(s Step) {
	if r.open == nil {
		return
	}
	if s.At.After(r.quiet) {
		r.quiet = s.At
	}
	if len(r.open.Steps) >= maxSteps {
		r.open.Lost++
		return
	}
	if len(s.Text) > maxText {
		s.Text = s.Text[:maxText] + "…"
	}
	r.open.Steps = append(r.open.Steps, s)
}

// PeerHolds notes what the other node says that it holds.
func (r *Recorder) PeerHolds(what string) {
	if r.open != nil {
		r.open.Peer.holds(what)
	}
}

// PeerSince notes since when the other node holds what it said last, if it is the first that a node says
// that had not been heard.
func (r *Recorder) PeerSince(at time.Time) {
	if r.open == nil {
		return
	}
	if p := &r.open.Peer; p.Before == "" && len(p.Between) == 1 && p.Since.IsZero() {
		p.Since = at
	}
}

// Settle closes the record when the node has been at rest for a while, or when it has been open
// for too long, and returns it to be written.
func (r *Recorder) Settle(at time.Time, atRest bool, held, peer string, rest time.Duration) (*Record, bool) {
	if r.open == nil {
		return nil, false
	}
	switch {
	case atRest && at.Sub(r.quiet) >= rest:
	case at.Sub(r.open.Begun) > maxOpen:
	default:
		return nil, false
	}
	return r.Close(r.quiet, atRest, held, peer)
}

// Close ends the open record, if there is one. Steps are put into the order in which they began: a
// command is noted at its end.
func (r *Recorder) Close(at time.Time, done bool, held, peer string) (*Record, bool) {
	if r.open == nil {
		return nil, false
	}
	rec := r.open
	rec.Ended, rec.Done, rec.After, rec.Peer.After = at, done, held, peer
	rec.Peer.Between = trimmed(rec.Peer.Between, peer)
	slices.SortStableFunc(rec.Steps, func(a, b Step) int { return a.At.Compare(b.At) })
	r.open = nil
	return rec, true
}

// trimmed leaves out what stands at the end anyway.
func trimmed(between []string, after string) []string {
	if n := len(between); n > 0 && between[n-1] == after {
		return between[:n-1]
	}
	return between
}

func (r *Record) clone() *Record {
	c := *r
	c.Steps = slices.Clone(r.Steps)
	return &c
}
