package lab

import (
	"context"
	"flag"
	"strconv"
	"sync"
	"time"
)

// Patience is how long a test waits for what must come to be: far longer than any of it takes, so that a
// busy machine fails no test. A package has one, as a constant.
type Patience time.Duration

// For is a context that lasts as long as the patience, and not longer than the test.
func (p Patience) For(t TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(p))
	t.Cleanup(cancel)
	return ctx
}

// Until waits for a state that tells nobody of its coming, and ends the test if it does not come.
func (p Patience) Until(t TB, what string, so func() bool) {
	t.Helper()
	if !p.Within(t, so) {
		t.Fatalf("%s: it did not come to be", what)
	}
}

// Within waits like Until and says whether the state came: for a test that can tell what there is instead.
func (p Patience) Within(t TB, so func() bool) bool {
	t.Helper()
	return Poll(p.For(t), asked, func() (bool, error) { return so(), nil }) == nil
}

// asked is the pause between two questions of a test: what answers is mostly a program on a host.
const asked = 50 * time.Millisecond

// Poll asks again and again until the answer is yes, an error, or ctx ends, which is an error too. It
// pauses in between, and at least as long as the last answer took: looking takes a processor that what is
// looked at may need, and User-Mode Linux has but one.
func Poll(ctx context.Context, pause time.Duration, ask func() (bool, error)) error {
	for {
		begin := time.Now()
		if yes, err := ask(); yes || err != nil {
			return err
		}
		select {
		case <-time.After(max(pause, time.Since(begin))):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Together does things at the same time and returns when all are done.
func Together(things ...func()) {
	var wg sync.WaitGroup
	for _, do := range things {
		wg.Go(do)
	}
	wg.Wait()
}

// StartHeartbeats starts the daemon on hosts at the same time, by its init script.
func StartHeartbeats(t TB, hosts ...*Host) {
	t.Helper()
	var starts []func()
	for _, h := range hosts {
		starts = append(starts, func() {
			if r, err := h.Run(t.Context(), "service", "heartbeat", "start"); err != nil || r.Code != 0 {
				t.Errorf("%s: start: %v, exit code %d, %s%s", h.Name, err, r.Code, r.Stdout, r.Stderr)
			}
		})
	}
	Together(starts...)
}

// AtOnce says how many tests of the program run side by side, unless its user does. Tests with hosts mostly wait, so
// it does not depend on the machine's processors as a test program's own choice does. It is called from
// TestMain.
func AtOnce(tests int) {
	if err := flag.Set("test.parallel", strconv.Itoa(tests)); err != nil {
		panic(err) // the program is no test
	}
}
