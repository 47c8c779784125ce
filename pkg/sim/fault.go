package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// Fault is something that happens to a world at a time. A plan of faults is data, so that it can be
// played again with some of them left out.
type Fault struct {
	At         time.Duration // since the world began
	Kind       string        // a key of the table of kinds
	Node, Peer string
	For        time.Duration // how long it lasts, if it ends by itself
	Share      float64       // of what is lost or doubled
	Word       string        // what a request asks for, or the group whose scripts fail
}

// String is the fault in a trace.
func (f Fault) String() string {
	text := fmt.Sprintf("%.3f %s %s", f.At.Seconds(), f.Kind, f.Node)
	switch {
	case f.Word != "":
		text += " " + f.Word
	case f.Peer != "":
		text += " to " + f.Peer
	}
	if f.For > 0 {
		text += fmt.Sprintf(" for %v", f.For.Round(time.Millisecond))
	}
	if f.Share > 0 {
		text += fmt.Sprintf(" %.0f %%", 100*f.Share)
	}
	return strings.TrimSpace(text)
}

// kind is a sort of fault: how likely it is, how long one lasts at most, and what it does.
type kind struct {
	weight  int
	gentle  bool          // an original beside one of ours bears it without holding things twice
	longest time.Duration // 0: it does not end by itself
	most    float64       // largest share; 0: it has none
	do      func(w *World, f Fault)
}

// kinds is the table of faults.
var kinds = map[string]kind{
	"crash": {weight: 2, gentle: true, do: func(w *World, f Fault) { w.Node(f.Node).Crash() }},
	"stop":  {weight: 2, gentle: true, do: func(w *World, f Fault) { w.Node(f.Node).Stop() }},
	"start": {weight: 5, gentle: true, do: func(w *World, f Fault) {
		if n := w.Node(f.Node); !n.Running() && !w.tooSoon(n) {
			n.Start()
		}
	}},
	"one-way cut": {weight: 2, longest: 30 * time.Second, do: func(w *World, f Fault) {
		w.Cut(f.Node, f.Peer)
		w.after(f.For, func() { w.Heal(f.Node, f.Peer) })
	}},
	"partition": {weight: 2, longest: 40 * time.Second, do: func(w *World, f Fault) {
		w.apart(f.Node, true)
		w.after(f.For, func() { w.apart(f.Node, false) })
	}},
	"wrong key": {weight: 1, longest: 20 * time.Second, do: func(w *World, f Fault) { // each side drops what the other sends
		w.apart(f.Node, true)
		w.after(f.For, func() { w.apart(f.Node, false) })
	}},
	"link flap": {weight: 2, longest: 20 * time.Second, do: func(w *World, f Fault) {
		w.down[1] = true
		w.after(f.For, func() { delete(w.down, 1) })
	}},
	"loss": {weight: 2, longest: 30 * time.Second, most: 0.4, do: func(w *World, f Fault) {
		w.SetLoss(f.Share)
		w.after(f.For, func() { w.SetLoss(0) })
	}},
	"burst": {weight: 2, longest: 4 * time.Second, do: func(w *World, f Fault) {
		w.SetLoss(1)
		w.after(f.For, func() { w.SetLoss(0) })
	}},
	"delay": {weight: 1, longest: 20 * time.Second, do: func(w *World, f Fault) { // up to a second and a half, and out of order
		w.Jitter = 1500 * time.Millisecond
		w.after(f.For, func() { w.Jitter = 0 })
	}},
	"doubled": {weight: 1, longest: 20 * time.Second, most: 0.5, do: func(w *World, f Fault) {
		w.Twice = f.Share
		w.after(f.For, func() { w.Twice = 0 })
	}},
	"pause":       {weight: 3, longest: 30 * time.Second, do: func(w *World, f Fault) { w.pause(f) }},
	"short pause": {weight: 2, gentle: true, longest: 3 * time.Second, do: func(w *World, f Fault) { w.pause(f) }},
	"hb_standby": {weight: 3, gentle: true, do: func(w *World, f Fault) {
		w.Node(f.Node).Local("t", "ask_resources", "rsc_hold", f.Word, "info", "me")
	}},
	"hb_takeover": {weight: 1, gentle: true, do: func(w *World, f Fault) {
		w.Node(f.Node).Local("t", "hb_takeover", "rsc_hold", f.Word)
	}},
	"reload": {weight: 2, do: func(w *World, f Fault) { w.Node(f.Node).Reload() }},
	"clock step": {weight: 1, gentle: true, do: func(w *World, f Fault) {
		w.Node(f.Node).skew += time.Duration((f.Share - 0.5) * float64(200*time.Hour))
	}, most: 1},
	"start fails": {weight: 1, longest: 40 * time.Second, do: func(w *World, f Fault) {
		n := w.Node(f.Node)
		n.FailStart[f.Word] = true
		w.after(f.For, func() { delete(n.FailStart, f.Word) })
	}},
	"slow scripts": {weight: 1, longest: 40 * time.Second, do: func(w *World, f Fault) {
		n := w.Node(f.Node)
		before := n.JobTime
		n.JobTime = 8 * time.Second
		w.after(f.For, func() { n.JobTime = before })
	}},
	"stop hangs": {weight: 1, longest: 30 * time.Second, do: func(w *World, f Fault) {
		n := w.Node(f.Node)
		n.FailStop[f.Word] = true
		w.after(f.For, func() { delete(n.FailStop, f.Word) })
	}},
}

// tooSoon says whether a node comes back before its peer can have missed it. An original then only
// logs that nobody holds what it held; no machine boots as fast as that.
func (w *World) tooSoon(n *Node) bool {
	original := slices.ContainsFunc(w.nodes, func(n *Node) bool { return !n.Systole })
	return original && !n.died.IsZero() && w.Now.Sub(n.died) < n.cfg.Deadtime+3*time.Second
}

// pause stops a daemon for a while.
func (w *World) pause(f Fault) {
	n := w.Node(f.Node)
	n.Pause()
	w.after(f.For, n.Resume)
}

// apart cuts a node from all others, both ways, or joins it again.
func (w *World) apart(name string, cut bool) {
	for _, n := range w.nodes {
		switch {
		case n.Name == name:
		case cut:
			w.Cut(name, n.Name)
			w.Cut(n.Name, name)
		default:
			w.Heal(name, n.Name)
			w.Heal(n.Name, name)
		}
	}
}

func sortedKinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// urn is the names of the kinds in a fixed order, each as often as it weighs.
func urn(gentle bool) []string {
	var names []string
	for _, name := range sortedKinds() {
		if k := kinds[name]; !gentle || k.gentle {
			for range k.weight {
				names = append(names, name)
			}
		}
	}
	return names
}

// plan makes the faults of a run, in the order of their times.
func plan(rng *rand.Rand, n int, gentle bool, nodes, groups []string) []Fault {
	urn := urn(gentle)
	var out []Fault
	at := 25 * time.Second // a cold start comes first
	if rng.IntN(4) == 0 {
		at = 0
	}
	for range n {
		at += time.Duration(rng.Int64N(int64(15 * time.Second)))
		out = append(out, one(rng, urn[rng.IntN(len(urn))], at, nodes, groups))
	}
	return out
}

func one(rng *rand.Rand, name string, at time.Duration, nodes, groups []string) Fault {
	k := kinds[name]
	i := rng.IntN(len(nodes))
	f := Fault{At: at, Kind: name, Node: nodes[i], Share: k.most * rng.Float64()}
	switch name {
	case "one-way cut":
		f.Peer = nodes[(i+1+rng.IntN(len(nodes)-1))%len(nodes)]
	case "hb_standby", "hb_takeover":
		f.Word = []string{"all", "local", "foreign"}[rng.IntN(3)]
	case "start fails", "stop hangs":
		f.Word = groups[rng.IntN(len(groups))]
	}
	if k.longest > 0 {
		f.For = 100*time.Millisecond + time.Duration(rng.Int64N(int64(k.longest)))
	}
	return f
}

// stepped returns a message as a node sends it whose clock has been set.
func (n *Node) stepped(msg *hamsg.Message) *hamsg.Message {
	if n.skew == 0 || msg.Get("ts") == "" {
		return msg
	}
	m := msg.Clone()
	m.Set("ts", fmt.Sprintf("%x", n.w.Now.Add(n.skew).Unix()))
	return m
}
