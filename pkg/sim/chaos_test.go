package sim

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"systole/pkg/hacf"
)

var (
	seeds = flag.Uint64("seeds", 2000, "how many seeds to play")
	seed  = flag.Uint64("seed", 0, "play this seed alone, with its trace")
	cast  = flag.String("cast", string(Pair), "the cast of that seed")
)

const faults = 20

// share says that of a cast one seed in so many is played.
var share = map[Cast]uint64{Pair: 1, Mixed: 4}

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
				for seed := part + 1; seed <= *seeds/share[cast]; seed += parts {
					if v := (Chaos{Seed: seed, Cast: cast, Faults: faults}).Run(); v != nil {
						t.Fatal(v)
					}
				}
			})
		}
	}
}

// TestFound plays the faults again that have found a defect, each with what it was.
func TestFound(t *testing.T) {
	for _, c := range []struct {
		what   string
		seed   uint64
		faults []Fault
	}{
		{"a request to go standby that the peer heard after it had been withdrawn: both waited for an hour", 3240, []Fault{
			{At: 123503 * time.Millisecond, Kind: "pause", Node: "a", For: 25413 * time.Millisecond},
			{At: 135715 * time.Millisecond, Kind: "hb_standby", Node: "b", Word: "local"},
			{At: 137202 * time.Millisecond, Kind: "hb_takeover", Node: "a", Word: "all"},
			{At: 140946 * time.Millisecond, Kind: "stop", Node: "a"}}},
		{"a request that nobody could answer kept both holders for ten seconds after the wire was mended", 157, []Fault{
			{At: 67421 * time.Millisecond, Kind: "one-way cut", Node: "b", Peer: "a", For: 19279 * time.Millisecond},
			{At: 83461 * time.Millisecond, Kind: "hb_standby", Node: "a", Word: "foreign"}}},
		{"the same, of a node that was reloaded meanwhile", 4831, []Fault{
			{At: 7353 * time.Millisecond, Kind: "one-way cut", Node: "b", Peer: "a", For: 28874 * time.Millisecond},
			{At: 18266 * time.Millisecond, Kind: "reload", Node: "a"},
			{At: 31811 * time.Millisecond, Kind: "hb_standby", Node: "a", Word: "all"}}},
		{"a node that waited for the end of an exchange ignored the next one of a peer that had given it up", 9121, []Fault{
			{At: 33470 * time.Millisecond, Kind: "crash", Node: "b"},
			{At: 66468 * time.Millisecond, Kind: "start", Node: "b"},
			{At: 66537 * time.Millisecond, Kind: "pause", Node: "a", For: 24957 * time.Millisecond},
			{At: 92197 * time.Millisecond, Kind: "one-way cut", Node: "b", Peer: "a", For: 2869 * time.Millisecond}}},
		{"what had been prepared for an exchange given up was stopped when the next one had taken it", 14191, []Fault{
			{At: 41912 * time.Millisecond, Kind: "pause", Node: "a", For: 25025 * time.Millisecond},
			{At: 59161 * time.Millisecond, Kind: "hb_takeover", Node: "a", Word: "foreign"},
			{At: 60813 * time.Millisecond, Kind: "hb_standby", Node: "b", Word: "local"}}},
		{"an exchange that began before two holders had agreed who keeps made both wait", 81211, []Fault{
			{At: 28419 * time.Millisecond, Kind: "hb_standby", Node: "a", Word: "all"},
			{At: 52991 * time.Millisecond, Kind: "one-way cut", Node: "b", Peer: "a", For: 13538 * time.Millisecond},
			{At: 66499 * time.Millisecond, Kind: "hb_standby", Node: "b", Word: "local"},
			{At: 69916 * time.Millisecond, Kind: "hb_standby", Node: "a", Word: "local"}}},
	} {
		if v := (Chaos{Seed: c.seed, Cast: Pair}).play(c.faults); v != nil {
			t.Errorf("%s:\n%s", c.what, v)
		}
	}
}

// TestBroken breaks the machine or what is around it, and looks whether that is found.
func TestBroken(t *testing.T) {
	all := func(do func(n *Node)) func(*World) {
		return func(w *World) {
			for _, n := range w.nodes {
				do(n)
			}
		}
	}
	for _, c := range []struct {
		what, want string
		tamper     func(*World)
	}{
		{"nobody gives up after a partition", "I1:", all(func(n *Node) { n.cfg.Options.NoHeal = true })},
		{"a death is noticed after two minutes", "I3:", all(func(n *Node) { n.cfg.Deadtime = 2 * time.Minute })},
		{"auto_failback is on instead of off", "I4:", func(w *World) {
			w.failback = hacf.FailbackOff
			all(func(n *Node) { n.cfg.Failback = hacf.FailbackOn })(w)
		}},
		{"a life has a lower generation than the one before", "I5:", func(w *World) {
			n := w.nodes[0]
			w.after(20*time.Second, func() { n.gen -= 10 })
		}},
		{"two hundred heartbeats a second", "I6:", all(func(n *Node) { n.cfg.Keepalive = 5 * time.Millisecond })},
	} {
		found := ""
		for seed := uint64(1); seed <= 60 && !strings.HasPrefix(found, c.want); seed++ {
			if v := (Chaos{Seed: seed, Cast: Pair, Faults: faults, tamper: c.tamper}).Run(); v != nil {
				found = v.What
			}
		}
		if !strings.HasPrefix(found, c.want) {
			t.Errorf("%s: found %q, want %s", c.what, found, c.want)
		}
	}
}

// TestShrink finds the one fault that matters.
func TestShrink(t *testing.T) {
	c := Chaos{Cast: Pair, tamper: func(w *World) {
		for _, n := range w.nodes {
			n.cfg.Deadtime = 2 * time.Minute
		}
	}}
	v := c.shrink(c.play([]Fault{
		{At: 5 * time.Second, Kind: "short pause", Node: "b", For: time.Second},
		{At: 30 * time.Second, Kind: "clock step", Node: "a", Share: 0.7},
		{At: 50 * time.Second, Kind: "crash", Node: "a"},
	}))
	if len(v.Faults) != 1 || v.Faults[0].Kind != "crash" || !strings.Contains(v.Error(), "50.000 crash a") {
		t.Errorf("%v", v)
	}
}
