package sim

import (
	"flag"
	"fmt"
	"testing"
)

var (
	seeds = flag.Uint64("seeds", 2000, "how many seeds to play")
	seed  = flag.Uint64("seed", 0, "play this seed alone, with its trace")
	cast  = flag.String("cast", string(Pair), "the cast of that seed")
)

const faults = 20

// TestChaos plays random faults; see docs/invariants.md.
func TestChaos(t *testing.T) {
	if *seed != 0 {
		c := Chaos{Seed: *seed, Cast: Cast(*cast), Faults: faults, Verbose: func(line string) { t.Log(line) }}
		if v := c.Run(); v != nil {
			t.Error(v.What)
		}
		return
	}
	const parts = 8
	for _, cast := range Casts {
		for part := range uint64(parts) {
			t.Run(fmt.Sprintf("%s%d", cast, part), func(t *testing.T) {
				t.Parallel()
				for seed := part + 1; seed <= *seeds; seed += parts {
					if v := (Chaos{Seed: seed, Cast: cast, Faults: faults}).Run(); v != nil {
						t.Fatal(v)
					}
				}
			})
		}
	}
}
