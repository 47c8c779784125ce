package explain

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// storiesAtOnce is how many stories run side by side: they mostly wait.
const storiesAtOnce = "12"

func TestMain(m *testing.M) {
	lab.Main()
	if err := flag.Set("test.parallel", storiesAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// patience is for everything that must come to be: far longer than any of it takes.
const patience = 90 * time.Second

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a state that tells nobody of its coming. What comes next says what there is instead.
func until(t *testing.T, so func() bool) bool {
	t.Helper()
	ctx := soon(t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
