package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
)

// Chaos is a run of a cluster under random faults, and what it must keep to
// (docs/invariants.md).
type Chaos struct {
	Seed    uint64
	Cast    Cast
	Faults  int // how many to inject
	Verbose func(line string)

	tamper func(*World) // a defect, to prove that it is found
}

// Cast is who takes part.
type Cast string

// The casts. An original beside one of ours gets only faults that such a pair bears: started or
// reloaded during a partition, it holds everything twice for good.
const (
	Pair  Cast = "pair"  // two of ours
	Mixed Cast = "mixed" // one of ours and one that behaves as the original does
)

// Casts are all of them.
var Casts = []Cast{Pair, Mixed}

// settle is how long after the last fault every group must have one holder (I2): initdead, the
// original's wait of 10 s, a standby exchange nobody answers, scripts that were slow until then.
const settle = 90 * time.Second

// recent keeps the last lines of a trace.
type recent struct{ lines []string }

func (r *recent) add(line string) {
	r.lines = append(r.lines, line)
	if len(r.lines) > 160 {
		r.lines = r.lines[80:]
	}
}

// Violation is a broken invariant with the faults that are needed for it and the end of the trace
// that they lead to.
type Violation struct {
	Seed   uint64
	Cast   Cast
	What   string
	Faults []Fault
	Trace  []string
}

// Error tells the invariant, the seed that replays it, the faults and the end of the trace.
func (v *Violation) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d: %s\n%s\n", v.Cast, v.Seed, v.What, strings.Join(v.Trace, "\n"))
	for _, f := range v.Faults {
		fmt.Fprintf(&b, "   %s\n", f)
	}
	return b.String()
}

// Run plays the faults of the seed and returns the first violation, or nil. The faults of a
// violation are those that cannot be left out.
func (c Chaos) Run() *Violation {
	v := c.play(c.plan())
	if v == nil || c.Verbose != nil {
		return v
	}
	return c.shrink(v)
}

func (c Chaos) plan() []Fault {
	w := c.world()
	return plan(rand.New(rand.NewPCG(c.Seed, 0x52)), c.Faults, c.Cast == Mixed, w.names(), w.groupNames())
}

// shrink leaves out one fault after the other, as long as the same invariant breaks.
func (c Chaos) shrink(v *Violation) *Violation {
	for i := len(v.Faults) - 1; i >= 0; i-- {
		if i >= len(v.Faults) {
			continue
		}
		less := slices.Delete(slices.Clone(v.Faults), i, i+1)
		if w := c.play(less); w != nil && w.What == v.What {
			v = w
		}
	}
	return v
}

// play runs the faults and looks at what comes of them.
func (c Chaos) play(faults []Fault) *Violation {
	w := c.world()
	var tail recent
	watch := newWatcher(w)
	w.Trace = func(line string) {
		tail.add(line)
		watch.logged()
		if c.Verbose != nil {
			c.Verbose(line)
		}
	}
	for _, n := range w.nodes {
		n.Start()
	}
	violation := func() *Violation {
		if watch.broken == "" {
			return nil
		}
		return &Violation{c.Seed, c.Cast, watch.broken, faults, slices.Clone(tail.lines)}
	}
	for _, f := range faults {
		w.Advance(f.At - w.Now.Sub(epoch))
		if v := violation(); v != nil {
			return v
		}
		w.Trace("-- " + f.String())
		kinds[f.Kind].do(w, f)
	}
	for _, act := range []func(*World) string{(*World).mend, (*World).oneHolder, (*World).stays, (*World).comesBack} {
		what := act(w)
		if v := violation(); v != nil {
			return v
		}
		if what != "" {
			watch.fail(what)
			return violation()
		}
	}
	return nil
}

// world makes the cast with a random but sensible configuration.
func (c Chaos) world() *World {
	w := New(c.Seed)
	names := []string{"a", "b"}
	cfg := cluster.Config{Nodes: names, Keepalive: time.Second, Deadtime: 5 * time.Second,
		Warntime: 2500 * time.Millisecond, Initdead: 12 * time.Second, Deadping: 5 * time.Second,
		MaxRexmitDelay: 250 * time.Millisecond, HopFudge: 1, Links: []cluster.Link{{Name: "eth0"}}}
	cfg.Failback = []hacf.Failback{hacf.FailbackOn, hacf.FailbackOff}[w.rng.IntN(2)]
	if w.rng.IntN(2) == 0 {
		cfg.Links = append(cfg.Links, cluster.Link{Name: "eth1"})
	}
	both := []Group{{"a", "www"}, {"b", "aux"}}
	files := [][]Group{both, both}
	if c.Cast == Pair && w.rng.IntN(3) == 0 { // each names itself
		files = [][]Group{{{"a", "www"}}, {{"b", "www"}}}
	}
	w.failback = cfg.Failback
	for i, name := range names {
		cfg.Node = name
		n := w.Add(cfg, files[i])
		n.JobTime = time.Duration(1+w.rng.IntN(800)) * time.Millisecond
	}
	if c.Cast == Mixed {
		w.nodes[w.rng.IntN(2)].Systole = false
	}
	if c.tamper != nil {
		c.tamper(w)
	}
	return w
}

// names of all nodes.
func (w *World) names() []string {
	var names []string
	for _, n := range w.nodes {
		names = append(names, n.Name)
	}
	return names
}

// mend ends every fault, starts whoever is down, and lets the cluster settle.
func (w *World) mend() string {
	w.Advance(41 * time.Second) // the longest fault
	w.Trace("-- mended")
	for _, n := range w.nodes {
		if !n.Running() {
			n.Start()
		}
	}
	w.Advance(settle)
	return ""
}

// oneHolder says what is wrong if some group does not run on exactly one node. A group that no
// script could start since may run nowhere.
func (w *World) oneHolder() string {
	for _, group := range w.groupNames() {
		if h := w.Holders(group); len(h) > 1 || len(h) == 0 && !w.sick[group] {
			return fmt.Sprintf("I2: group %s is held by %v", group, h)
		}
	}
	return ""
}

func (w *World) groupNames() []string {
	var names []string
	for _, n := range w.nodes {
		for _, g := range n.Groups {
			if !slices.Contains(names, g.Name) {
				names = append(names, g.Name)
			}
		}
	}
	return names
}

// stays says what is wrong if anything moves in a while without faults.
func (w *World) stays() string {
	before := w.Held()
	w.Advance(30 * time.Second)
	if after := w.Held(); after != before {
		return fmt.Sprintf("I4: moved without a reason: %s, then %s", before, after)
	}
	return ""
}

// comesBack stops a node and starts it again. Its groups go to the other one; without auto_failback
// they stay there, with it every group goes to the node that owns it.
func (w *World) comesBack() string {
	if len(w.sick) > 0 {
		return ""
	}
	n := w.nodes[w.rng.IntN(len(w.nodes))]
	w.Trace("-- stop " + n.Name + " for good measure")
	n.Stop()
	w.Advance(30 * time.Second)
	alone := w.Held()
	if what := w.oneHolder(); what != "" {
		return what
	}
	n.Start()
	w.Advance(settle)
	what := w.oneHolder()
	if what == "" && w.failback == hacf.FailbackOff && w.Held() != alone {
		what = fmt.Sprintf("I4: moved although auto_failback is off: %s, then %s", alone, w.Held())
	}
	return what
}
