// Command sim plays random faults against pairs of cluster machines in virtual time, as many
// seeds as asked for, and prints the first violation of each kind with the seed that replays it.
//
//	go run ./compat/sim --seeds 100000
//	go run ./compat/sim --seed 1456
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/sim"
)

func main() {
	seeds := pflag.Uint64("seeds", 20000, "how many seeds to play")
	first := pflag.Uint64("first", 1, "the first of them")
	one := pflag.Uint64("seed", 0, "play this seed alone and print its trace")
	faults := pflag.Int("faults", 20, "faults in each run")
	cast := pflag.String("cast", "", "who takes part: pair, mixed; all if empty")
	pflag.Parse()
	casts := sim.Casts
	if *cast != "" {
		casts = []sim.Cast{sim.Cast(*cast)}
	}
	code := 0
	for _, cast := range casts {
		c := sim.Chaos{Cast: cast, Faults: *faults}
		if *one != 0 {
			code |= replay(c, *one)
		} else {
			code |= playAll(c, *first, *seeds)
		}
	}
	os.Exit(code)
}

// replay plays one seed with its whole trace.
func replay(c sim.Chaos, seed uint64) int {
	c.Seed, c.Verbose = seed, func(line string) { fmt.Println(line) }
	if v := c.Run(); v != nil {
		fmt.Println(v.What)
		return 1
	}
	return 0
}

// playAll plays seeds on every processor.
func playAll(c sim.Chaos, first, seeds uint64) int {
	var next, bad atomic.Uint64
	next.Store(first)
	var workers sync.WaitGroup
	begin := time.Now()
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for seed := next.Add(1) - 1; seed < first+seeds; seed = next.Add(1) - 1 {
				c := c
				c.Seed = seed
				if v := c.Run(); v != nil {
					bad.Add(1)
					fmt.Println(v)
				}
			}
		})
	}
	workers.Wait()
	fmt.Printf("%s: %d seeds in %v, %d violations\n", c.Cast, seeds, time.Since(begin).Round(time.Millisecond), bad.Load())
	return int(min(bad.Load(), 1))
}
