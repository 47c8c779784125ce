package sim

import (
	"flag"
	"fmt"
	"testing"
	"time"
)

var (
	seeds = flag.Uint64("seeds", 2000, "how many seeds to play")
	first = flag.Uint64("seed", 0, "play this seed alone, with its trace")
)

// TestChaos plays random faults against pairs of machines; see docs/invariants.md.
func TestChaos(t *testing.T) {
	if *first != 0 {
		c := Chaos{Seed: *first, Faults: 20, Settle: 60 * time.Second, Verbose: func(line string) { t.Log(line) }}
		if v := c.Run(); v != nil {
			t.Error(v.What)
		}
		return
	}
	const parts = 8
	for part := range uint64(parts) {
		t.Run(fmt.Sprintf("part%d", part), func(t *testing.T) {
			t.Parallel()
			for seed := part + 1; seed <= *seeds; seed += parts {
				if v := (Chaos{Seed: seed, Faults: 20, Settle: 60 * time.Second}).Run(); v != nil {
					t.Fatal(v)
				}
			}
		})
	}
}
