package servers

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"systole/compat/lab"
)

// checksAtOnce is how many cases run side by side: they mostly wait.
const checksAtOnce = "64"

func TestMain(m *testing.M) {
	lab.Main(lab.Applet{Name: "played", Run: runPlayed})
	if err := flag.Set("test.parallel", checksAtOnce); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// patience is for everything that must come to be: far longer than any of it takes.
const patience = 40 * time.Second

// until waits for a state that tells nobody of its coming; what says what is missing yet.
func until(t *testing.T, missing func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		text := missing()
		if text == "" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it did not come to be: %s", text)
		}
	}
}
