package main

import (
	"context"
	"time"
)

// step is a part of a walk: actions, done one after the other until one goes wrong.
type step struct {
	name string
	do   []action
}

// action does something to the scene or waits for something, and returns what went
// wrong.
type action func(*demo, context.Context) error

// outcome is a step that was done.
type outcome struct {
	name     string
	from, to time.Time
	err      error // what went wrong
}

// patience is how long the demo waits for one thing. Times are not judged; this
// only ends a wait that would be for ever. It is ample for the original in
// User-Mode Linux.
const patience = 90 * time.Second

// walk does all steps, also those after one that went wrong. The error is not a
// step's: the walk was interrupted.
func (d *demo) walk(ctx context.Context) ([]outcome, error) {
	var done []outcome
	for _, s := range d.scene.steps {
		d.out.head(len(done)+1, s.name)
		o := outcome{name: s.name, from: time.Now()}
		o.err = d.take(ctx, s)
		o.to = time.Now()
		if ctx.Err() != nil {
			return done, errInterrupted
		}
		d.out.result(o, viewOf(d.clients.all(), o.from, o.to))
		if o.err != nil {
			d.lastLines()
		}
		done = append(done, o)
	}
	return done, nil
}

// take does one step.
func (d *demo) take(ctx context.Context, s step) error {
	d.marks = d.logLengths()
	for _, do := range s.do {
		if err := do(d, ctx); err != nil {
			return err
		}
	}
	return nil
}
