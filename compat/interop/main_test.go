package interop

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// storiesAtOnce is how many stories run side by side. They mostly wait, so it does not depend on
// the machine's processors as the test program's own choice does.
const storiesAtOnce = "10"

func TestMain(m *testing.M) {
	lab.Main()
	if err := flag.Set("test.parallel", storiesAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// patience is for everything that must come to be: far longer than any of it takes, so that a
// busy machine fails no test.
const patience = 40 * time.Second

func soon(t lab.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a state that tells nobody of its coming.
func until(t lab.TB, what string, so func() bool) {
	t.Helper()
	ctx := soon(t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: it did not come to be", what)
		}
	}
}
