package sim

import (
	"fmt"
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
)

// Chaos is a run of a Systole pair under random faults, and what it must keep to
// (docs/invariants.md). A pair in which one side is an original cannot keep to it: started or
// reloaded during a partition, two such nodes hold everything twice for good.
type Chaos struct {
	Seed    uint64
	Faults  int           // how many to inject
	Settle  time.Duration // how long after the last one until exactly one holder must be left
	Verbose func(line string)
}

// recent keeps the last lines of a trace.
type recent struct{ lines []string }

func (r *recent) add(line string) {
	r.lines = append(r.lines, line)
	if len(r.lines) > 400 {
		r.lines = r.lines[200:]
	}
}

// Violation is a broken invariant with the end of the trace that led to it.
type Violation struct {
	Seed  uint64
	What  string
	Trace []string
}

// Error tells the invariant, the seed that replays it, and the end of the trace.
func (v *Violation) Error() string {
	return fmt.Sprintf("seed %d: %s\n%s", v.Seed, v.What, strings.Join(v.Trace, "\n"))
}

// Run plays the faults and returns the first violation, or nil.
func (c Chaos) Run() *Violation {
	w := New(c.Seed)
	var tail recent
	watch := watcher{w: w, tail: &tail}
	w.Trace = func(line string) {
		tail.add(line)
		watch.logged()
		if c.Verbose != nil {
			c.Verbose(line)
		}
	}
	w.watch = watch.look
	names := w.pair()
	for _, name := range names {
		w.Node(name).Start()
	}
	for range c.Faults {
		w.Advance(time.Duration(w.rng.Int64N(int64(15 * time.Second))))
		w.Trace("-- " + w.fault(names))
	}
	w.Trace("-- " + w.mend(names))
	if watch.broken != "" {
		return &Violation{c.Seed, watch.broken, watch.trace}
	}
	w.Advance(c.Settle)
	if what := w.oneHolder(); what != "" {
		return &Violation{c.Seed, what, tail.lines}
	}
	if what := w.stays(30 * time.Second); what != "" {
		return &Violation{c.Seed, what, tail.lines}
	}
	return nil
}

// pair adds two nodes with a random but sensible configuration.
func (w *World) pair() []string {
	names := []string{"a", "b"}
	cfg := cluster.Config{Nodes: names, Keepalive: time.Second, Deadtime: 5 * time.Second,
		Warntime: 2500 * time.Millisecond, Initdead: 12 * time.Second, Deadping: 5 * time.Second,
		MaxRexmitDelay: 250 * time.Millisecond, HopFudge: 1, Links: []cluster.Link{{Name: "eth0"}}}
	cfg.Failback = []hacf.Failback{hacf.FailbackOn, hacf.FailbackOff}[w.rng.IntN(2)]
	if w.rng.IntN(2) == 0 {
		cfg.Links = append(cfg.Links, cluster.Link{Name: "eth1"})
	}
	files := [][]Group{
		{{"a", "www"}, {"b", "aux"}},
		{{"a", "www"}, {"b", "aux"}},
	}
	if w.rng.IntN(3) == 0 { // each names itself
		files = [][]Group{{{"a", "www"}}, {{"b", "www"}}}
	}
	for i, name := range names {
		cfg.Node = name
		n := w.Add(cfg, files[i])
		n.JobTime = time.Duration(1+w.rng.IntN(800)) * time.Millisecond
	}
	return names
}

// fault breaks something at random, or mends it, and says what it did.
func (w *World) fault(names []string) string {
	x := w.Node(names[w.rng.IntN(len(names))])
	y := names[0]
	if y == x.Name {
		y = names[1]
	}
	switch w.rng.IntN(10) {
	case 0:
		x.Crash()
		return "crash " + x.Name
	case 1, 2:
		if x.Running() {
			x.Stop()
			return "stop " + x.Name
		}
		x.Start()
		return "start " + x.Name
	case 3:
		w.Cut(x.Name, y)
		return "cut " + x.Name + " to " + y
	case 4:
		w.Cut(x.Name, y)
		w.Cut(y, x.Name)
		return "partition"
	case 5:
		w.Heal(x.Name, y)
		w.Heal(y, x.Name)
		return "heal"
	case 6:
		w.SetLoss(w.rng.Float64() * 0.4)
		return "loss"
	case 7:
		x.Pause()
		w.after(time.Duration(w.rng.Int64N(int64(12*time.Second))), x.Resume)
		return "pause " + x.Name
	case 8:
		x.Local("t", "ask_resources", "rsc_hold", []string{"all", "local", "foreign"}[w.rng.IntN(3)], "info", "me")
		return "hb_standby on " + x.Name
	}
	x.Reload()
	return "reload " + x.Name
}

// mend ends every fault and starts whoever is down.
func (w *World) mend(names []string) string {
	w.SetLoss(0)
	clear(w.cuts)
	w.Advance(13 * time.Second) // the longest pause
	for _, name := range names {
		if n := w.Node(name); !n.Running() {
			n.Start()
		}
	}
	return "mended"
}

// oneHolder says what is wrong if some group does not run on exactly one node.
func (w *World) oneHolder() string {
	for _, group := range w.groupNames() {
		if h := w.Holders(group); len(h) != 1 {
			return fmt.Sprintf("group %s is held by %v", group, h)
		}
	}
	return ""
}

func (w *World) groupNames() []string {
	var names []string
	seen := map[string]bool{}
	for _, n := range w.nodes {
		for _, g := range n.Groups {
			if !seen[g.Name] {
				seen[g.Name] = true
				names = append(names, g.Name)
			}
		}
	}
	return names
}

// stays says what is wrong if anything moves in a while without faults.
func (w *World) stays(d time.Duration) string {
	before := w.Held()
	w.Advance(d)
	if after := w.Held(); after != before {
		return fmt.Sprintf("moved without a reason: %s, then %s", before, after)
	}
	return ""
}
