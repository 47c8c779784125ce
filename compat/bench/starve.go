package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// starvation is what became of a contestant on a machine with too much to do.
type starvation struct {
	contestant contestant
	moves      int // times that an address came to a node or left one, though nobody failed
	longest    time.Duration
}

const starvedText = `All of them run side by side, each on a stage of its own, while two busy loops for each core of the
machine compete with them. Nobody fails; each move of an address is a false one. What belongs to
starting up is over before the loops begin.`

// busyLoops is how many processes compete for each core.
const busyLoops = 2

// starve runs all contestants at once, with more work beside them than the machine can do.
func starve(ctx context.Context, entered []contestant, lasting time.Duration) ([]starvation, error) {
	stages := make([]*stage, 0, len(entered))
	defer func() {
		for _, s := range stages {
			s.close()
		}
	}()
	for _, c := range entered {
		s, err := newStage(c)
		if err != nil {
			return nil, err
		}
		stages = append(stages, s)
	}
	if err := settleAll(ctx, stages); err != nil {
		return nil, err
	}
	begin := time.Now()
	if err := burn(ctx, lasting); err != nil {
		return nil, err
	}
	w := window{begin, time.Now()}
	out := make([]starvation, len(stages))
	for i, s := range stages {
		out[i] = starvation{s.c, s.moves(w), w.longest(s.client.Stop().Gaps())}
	}
	return out, nil
}

func settleAll(ctx context.Context, stages []*stage) error {
	var g errgroup.Group
	for _, s := range stages {
		g.Go(func() error {
			var m measured
			_, err := s.coldStart(ctx, &m)
			return err
		})
	}
	return g.Wait()
}

// burn keeps every core busy twice over, with processes of the usual priority.
func burn(ctx context.Context, lasting time.Duration) error {
	timed, cancel := context.WithTimeout(ctx, lasting)
	defer cancel()
	var g errgroup.Group
	for range busyLoops * runtime.NumCPU() {
		g.Go(func() error {
			err := exec.CommandContext(timed, "/bin/sh", "-c", "while :; do :; done").Run()
			if timed.Err() != nil {
				return nil
			}
			return errors.Join(errors.New("a busy loop ended"), err)
		})
	}
	return errors.Join(g.Wait(), ctx.Err())
}

// starvedTable has a column for each contestant.
func starvedTable(all []starvation, lasting time.Duration) table {
	head, moves, gaps := []string{fmt.Sprintf("In %s", lasting)}, []string{"false moves of the address"}, []string{"longest gap of the client"}
	for _, s := range all {
		head = append(head, s.contestant.name)
		moves = append(moves, fmt.Sprint(s.moves))
		gaps = append(gaps, text(s.longest))
	}
	return table{head, moves, gaps}
}
