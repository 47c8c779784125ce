// Package mond runs the machine of package monitor: clock, processes, system log.
//
//	         ┌────────── Finished ──────────┐
//	         ▼                              │
//	Run: Machine.Step ──▶ RunMonitor ──▶ a goroutine: the file in mondir, else the native monitor
//	         ▲      ├──▶ RunAlert ────▶ a goroutine: the file in alertdir, else the native alert
//	  clock ─┘      └──▶ Log ─────────▶ a queue, its writer ──▶ /dev/log
//
// Files on disk decide: a monitor or alert that is there is run, and what Systole has inside stands
// in for one that is not.
package mond

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"systole/pkg/monitor"
)

// Options are what a driver works with.
type Options struct {
	Config *monitor.Config
	Reload <-chan *monitor.Config // a configuration to go on with; may be nil
	Log    func(level monitor.Level, text string)
	Random *rand.Rand
	Env    []string // of every process
}

// grace is how long alerts may go on after the end.
const grace = 5 * time.Second

// ended is an event of a machine; runs of a configuration that was replaced are nobody's.
type ended struct {
	of    *monitor.Machine
	event monitor.Event
}

// driver is a machine at work.
type driver struct {
	Options
	machine *monitor.Machine
	done    chan ended
	alerts  sync.WaitGroup
	runs    sync.WaitGroup
}

// Run monitors until the context ends. Monitors that run then are killed; alerts may go on for a
// moment, and are left alone after it.
func Run(ctx context.Context, o Options) {
	d := &driver{Options: o, done: make(chan ended)}
	d.begin(ctx)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		d.arm(timer)
		select {
		case <-ctx.Done():
		case <-timer.C:
			d.step(ctx, monitor.Tick{})
		case e := <-d.done:
			if e.of == d.machine {
				d.step(ctx, e.event)
			}
		case cfg := <-d.Reload:
			d.Config = cfg
			d.begin(ctx)
		}
	}
	d.end()
}

// begin starts with a configuration.
func (d *driver) begin(ctx context.Context) {
	d.machine = monitor.New(d.Config, time.Now(), d.Random)
	d.missing()
	d.step(ctx, monitor.Started{})
}

// arm sets the timer to what is due next.
func (d *driver) arm(timer *time.Timer) {
	wait := time.Hour
	if next, ok := d.machine.Next(); ok {
		wait = max(time.Until(next), 0)
	}
	timer.Reset(wait)
}

// step gives an event to the machine and carries out what follows.
func (d *driver) step(ctx context.Context, e monitor.Event) {
	for _, a := range d.machine.Step(time.Now(), e) {
		switch a := a.(type) {
		case monitor.RunMonitor:
			of := d.machine
			d.runs.Go(func() { d.report(ctx, of, d.run(ctx, a)) })
		case monitor.RunAlert:
			d.alert(ctx, a)
		case monitor.Log:
			d.Log(a.Level, a.Text)
		}
	}
}

// report brings an event to the loop, unless that has ended.
func (d *driver) report(ctx context.Context, of *monitor.Machine, e monitor.Event) {
	select {
	case d.done <- ended{of, e}:
	case <-ctx.Done():
	}
}

// end waits for what still runs.
func (d *driver) end() {
	d.runs.Wait()
	over := make(chan struct{})
	go func() {
		d.alerts.Wait()
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(grace):
	}
}
