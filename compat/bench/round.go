package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"systole/compat/lab"
)

// measured is what one round of one contestant gave.
type measured struct {
	cold     time.Duration // from the start commands to the VIP on the preferred node
	idle     time.Duration // longest gap while nothing happens: what the measuring itself adds
	stop     time.Duration // longest gap of the client at a planned stop of the holder
	failback time.Duration // … when the preferred node comes back
	lost     int           // questions of both moves that nobody answered
	heal     time.Duration // … when a cut wire is whole again and both hold the VIP
	alone    time.Duration // from then until one node holds it for good
	crash    time.Duration // longest gap of the client when the holder loses power
	memory   memory        // of the preferred node's daemons
	busy     int64         // what these use of a processor while nothing happens, in millionths
}

func (m measured) String() string {
	return fmt.Sprintf("cold start %s  stop %s  failback %s  heal %s, one holder %s  crash %s  memory %s  cpu %s",
		text(m.cold), text(m.stop), text(m.failback), text(m.heal), text(m.alone), text(m.crash), m.memory, millionths(m.busy))
}

// measure runs one round. logs is where the nodes' logs are kept, if not empty.
func measure(ctx context.Context, c contestant, logs string) (measured, error) {
	s, err := newStage(c)
	if err != nil {
		return measured{}, err
	}
	defer s.close()
	m, err := s.round(ctx)
	return m, errors.Join(err, s.saveLogs(logs))
}

// window is the time of one event, settling included.
type window struct{ from, to time.Time }

func (s *stage) round(ctx context.Context) (measured, error) {
	var m measured
	idle, err := s.coldStart(ctx, &m)
	if err != nil {
		return m, fmt.Errorf("cold start: %w", err)
	}
	windows := []window{idle}
	for _, e := range []struct {
		name string
		do   func(context.Context) error
	}{{"planned stop", s.plannedStop}, {"failback", s.failback}, {"partition", s.partition}, {"heal", s.heal}, {"crash", s.crash}} {
		from := time.Now()
		if err := e.do(ctx); err != nil {
			return m, fmt.Errorf("%s: %w", e.name, err)
		}
		windows = append(windows, window{from, time.Now()})
	}
	answers := s.client.Stop()
	gaps := answers.Gaps()
	var parted time.Duration // who answers of two holders says nothing about a daemon
	for i, gap := range []*time.Duration{&m.idle, &m.stop, &m.failback, &parted, &m.heal, &m.crash} {
		*gap = windows[i].longest(gaps)
	}
	m.lost = windows[1].failures(answers) + windows[2].failures(answers)
	m.alone = s.lastMove(windows[4]).Sub(windows[4].from)
	return m, nil
}

// coldStart starts both nodes at once and measures them when they have settled.
// It returns the end of the settling, when nothing happens.
func (s *stage) coldStart(ctx context.Context, m *measured) (window, error) {
	begin := time.Now()
	var g errgroup.Group
	for _, h := range []*lab.Host{s.active, s.standby} {
		g.Go(func() error { return s.command(ctx, h, s.c.start) })
	}
	at, err := s.awaitVIP(ctx, s.active, true)
	if err := errors.Join(g.Wait(), err); err != nil {
		return window{}, err
	}
	m.cold = at.Sub(begin)
	if err := s.answered(ctx, at); err != nil {
		return window{}, err
	}
	if err := s.settle(ctx); err != nil {
		return window{}, err
	}
	quiet := window{from: time.Now()}
	if m.busy, err = busyOf(ctx, s.active); err != nil {
		return quiet, err
	}
	quiet.to = time.Now()
	m.memory, err = memoryOf(ctx, s.active)
	return quiet, err
}

func (s *stage) plannedStop(ctx context.Context) error {
	if err := s.command(ctx, s.active, s.c.stop); err != nil {
		return err
	}
	return s.moved(ctx, s.standby, s.active)
}

func (s *stage) failback(ctx context.Context) error {
	if err := s.command(ctx, s.active, s.c.start); err != nil {
		return err
	}
	return s.moved(ctx, s.active, s.standby)
}

// partition cuts the standby node off: both hold the VIP then, and the client reaches one.
func (s *stage) partition(ctx context.Context) error {
	if err := s.standby.Cut("eth0"); err != nil {
		return err
	}
	if _, err := s.awaitVIP(ctx, s.standby, true); err != nil {
		return err
	}
	return s.settle(ctx)
}

// heal mends the wire and waits until one node holds the VIP and nothing moves any more. Which
// one it is, is the contestant's choice; the crash that follows needs it on the preferred one.
func (s *stage) heal(ctx context.Context) error {
	if err := s.standby.Heal("eth0"); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	return s.moved(ctx, s.active, s.standby)
}

// lastMove is when the VIP came or went for the last time in a window.
func (s *stage) lastMove(w window) time.Time {
	last := w.from
	s.eachMove(w, func(at time.Time) {
		if at.After(last) {
			last = at
		}
	})
	return last
}

// moves counts how often the VIP came to a node or left one in a window.
func (s *stage) moves(w window) int {
	n := 0
	s.eachMove(w, func(time.Time) { n++ })
	return n
}

func (s *stage) eachMove(w window, do func(at time.Time)) {
	for _, h := range []*lab.Host{s.active, s.standby} {
		for _, e := range h.AddrEvents().All() {
			if e.Addr == vip && e.At.After(w.from) && !e.At.After(w.to) {
				do(e.At)
			}
		}
	}
}

func (s *stage) crash(ctx context.Context) error {
	s.active.Kill()
	return s.moved(ctx, s.standby, s.active)
}

// moved waits until the VIP is on one node and gone from the other, the client is
// answered, and all is quiet.
func (s *stage) moved(ctx context.Context, to, from *lab.Host) error {
	at, err := s.awaitVIP(ctx, to, true)
	if err != nil {
		return err
	}
	if _, err := s.awaitVIP(ctx, from, false); err != nil {
		return err
	}
	if err := s.answered(ctx, at); err != nil {
		return err
	}
	return s.settle(ctx)
}

func (s *stage) awaitVIP(ctx context.Context, h *lab.Host, here bool) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.AwaitAddr(ctx, vip, here)
}

func (s *stage) answered(ctx context.Context, after time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := s.client.AwaitAnswer(ctx, after); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	return nil
}

func (s *stage) command(ctx context.Context, h *lab.Host, argv []string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := h.Check(ctx, argv...)
	return err
}

// longest is the longest of the gaps that end in the window. The one that
// begins in it but ends later belongs to the next event.
func (w window) longest(gaps []lab.Gap) time.Duration {
	var d time.Duration
	for _, g := range gaps {
		if g.To.After(w.from) && !g.To.After(w.to) {
			d = max(d, g.Length())
		}
	}
	return d
}

// failures counts the questions asked in the window that nobody answered.
func (w window) failures(answers lab.Answers) int {
	n := 0
	for _, a := range answers {
		if a.Err != nil && !a.Start.Before(w.from) && a.Start.Before(w.to) {
			n++
		}
	}
	return n
}

// median of an odd number of values is the middle one, of an even number the
// lower middle one: a value that was measured.
func median[V int64 | time.Duration](values []V) V {
	in := slices.Clone(values)
	slices.Sort(in)
	return in[(len(in)-1)/2]
}
