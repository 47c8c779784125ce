package clients

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// storiesAtOnce is how many tests run side by side. They mostly wait.
const storiesAtOnce = "8"

func TestMain(m *testing.M) {
	lab.Main(lab.Applet{Name: "hostile", Run: runHostile})
	if err := flag.Set("test.parallel", storiesAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// patience is for everything that must come to be: far longer than any of it takes.
const patience = 60 * time.Second

func soon(t lab.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// until waits for a state that tells nobody of its coming.
func until(t lab.TB, what string, so func() bool) {
	t.Helper()
	ctx := soon(t)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: it did not come to be", what)
		}
	}
}
