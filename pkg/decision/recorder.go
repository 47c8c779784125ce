package decision

import (
	"fmt"
	"slices"
	"time"
)

// Bounds of a record.
const (
	maxSteps = 200
	maxText  = 400
	maxFresh = 20
	maxOpen  = 15 * time.Minute // then it is closed as it is
)

// Scene is what a record begins with.
type Scene struct {
	Node   string
	Held   string
	Timers Timers
	Inputs []Input
}

// Recorder makes records. It is for one goroutine; the zero value is ready, and nothing is
// recorded until Begin.
type Recorder struct {
	Last  int // number of the last record
	open  *Record
	quiet time.Time // of the last step
	fresh []Step    // log lines of this moment: what is logged about an occasion may come before it
}

// Begin notes an occasion. If another is open it becomes a step of that and false is returned;
// else the new record is returned, to be written.
func (r *Recorder) Begin(at time.Time, c Cause, subject string, scene func() Scene) (*Record, bool) {
	if r.open != nil {
		if r.open.Cause != c || r.open.Subject != subject {
			r.step(Step{At: at, Kind: StepCause, Text: fmt.Sprintf(c.words().title, subject)})
		}
		return nil, false
	}
	s := scene()
	r.Last++
	r.open = &Record{Version: Version, ID: r.Last, Node: s.Node, Begun: at, Cause: c, Subject: subject, Before: s.Held, Timers: s.Timers, Inputs: s.Inputs}
	r.quiet = at
	for _, s := range r.fresh {
		if s.At.Equal(at) {
			r.step(s)
		}
	}
	return r.open.clone(), true
}

// Log notes a line of the log.
func (r *Recorder) Log(at time.Time, level, text string) {
	s := Step{At: at, Kind: StepLog, Text: level + ": " + text}
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

func (r *Recorder) step(s Step) {
	if r.open == nil {
		return
	}
	r.quiet = s.At
	if len(r.open.Steps) >= maxSteps {
		r.open.Lost++
		return
	}
	if len(s.Text) > maxText {
		s.Text = s.Text[:maxText] + "…"
	}
	r.open.Steps = append(r.open.Steps, s)
}

// Settle closes the record when the node has been at rest for a while, or when it has been open
// for too long, and returns it to be written.
func (r *Recorder) Settle(at time.Time, atRest bool, held string, rest time.Duration) (*Record, bool) {
	if r.open == nil {
		return nil, false
	}
	switch {
	case atRest && at.Sub(r.quiet) >= rest:
	case at.Sub(r.open.Begun) > maxOpen:
	default:
		return nil, false
	}
	return r.Close(r.quiet, atRest, held)
}

// Close ends the open record, if there is one.
func (r *Recorder) Close(at time.Time, done bool, held string) (*Record, bool) {
	if r.open == nil {
		return nil, false
	}
	rec := r.open
	rec.Ended, rec.Done, rec.After = at, done, held
	r.open = nil
	return rec, true
}

func (r *Record) clone() *Record {
	c := *r
	c.Steps = slices.Clone(r.Steps)
	return &c
}
