package sim

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/hamsg"
)

// Epoch is when every world begins.
var epoch = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// Group is a resource group of the simulated haresources.
type Group struct {
	Owner string
	Name  string
}

// World is a set of nodes and what connects them.
type World struct {
	Now     time.Time
	Latency time.Duration // of every datagram
	Jitter  time.Duration // most that is added to it; more than the time between two datagrams swaps them
	Twice   float64       // share of datagrams that arrive twice
	Trace   func(line string)

	rng      *rand.Rand
	nodes    []*Node
	queue    events
	order    uint64
	cuts     map[[2]string]bool // from, to
	pings    map[[2]string]bool // node, ping node: unreachable
	loss     float64
	down     map[int]bool    // links, by number
	sick     map[string]bool // groups whose scripts have failed: then nothing is certain any more
	failback hacf.Failback   // what the configuration of a Chaos says
	watch    func()          // called after every event
	sent     func(n *Node, msg *hamsg.Message)
}

// New makes an empty world.
func New(seed uint64) *World {
	return &World{Now: epoch, Latency: time.Millisecond, Trace: func(string) {},
		rng:  rand.New(rand.NewPCG(seed, 0x51)),
		cuts: map[[2]string]bool{}, pings: map[[2]string]bool{}, down: map[int]bool{}, sick: map[string]bool{}}
}

// event is something that happens later.
type event struct {
	at    time.Time
	order uint64
	do    func()
}

type events []event

func (q events) Len() int      { return len(q) }
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)   { *q = append(*q, x.(event)) }
func (q *events) Pop() any     { old := *q; e := old[len(old)-1]; *q = old[:len(old)-1]; return e }
func (q events) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}

func (w *World) at(t time.Time, do func()) {
	w.order++
	heap.Push(&w.queue, event{t, w.order, do})
}

func (w *World) after(d time.Duration, do func()) { w.at(w.Now.Add(d), do) }

// Advance lets virtual time pass.
func (w *World) Advance(d time.Duration) {
	end := w.Now.Add(d)
	for len(w.queue) > 0 && !w.queue[0].at.After(end) {
		e := heap.Pop(&w.queue).(event)
		w.Now = e.at
		e.do()
		if w.watch != nil {
			w.watch()
		}
	}
	w.Now = end
}

// Node returns a node by name, or nil.
func (w *World) Node(name string) *Node {
	i := slices.IndexFunc(w.nodes, func(n *Node) bool { return n.Name == name })
	if i < 0 {
		return nil
	}
	return w.nodes[i]
}

// Nodes returns every node in the order in which they were added.
func (w *World) Nodes() []*Node { return w.nodes }

// Holders returns the nodes that run a group.
func (w *World) Holders(group string) []string {
	var names []string
	for _, n := range w.nodes {
		if n.held[group] {
			names = append(names, n.Name)
		}
	}
	return names
}

// Cut stops datagrams from one node to another; Heal lets them through again.
func (w *World) Cut(from, to string)  { w.cuts[[2]string{from, to}] = true }
func (w *World) Heal(from, to string) { delete(w.cuts, [2]string{from, to}) }

// LosePing makes a ping node unreachable for a node; FindPing brings it back.
func (w *World) LosePing(node, ping string) { w.pings[[2]string{node, ping}] = true }
func (w *World) FindPing(node, ping string) { delete(w.pings, [2]string{node, ping}) }

// SetLoss makes the network drop that share of datagrams, 0 to 1.
func (w *World) SetLoss(share float64) { w.loss = share }

func (w *World) trace(n *Node, text string) {
	w.Trace(fmt.Sprintf("%8.3f %s: %s", w.Now.Sub(epoch).Seconds(), n.Name, text))
}

// broadcast carries a message of n over one of its links to every other node.
func (w *World) broadcast(n *Node, link int, msg *hamsg.Message) {
	if w.down[link] {
		return
	}
	for _, to := range w.nodes {
		if to == n || w.cuts[[2]string{n.Name, to.Name}] || w.rng.Float64() < w.loss {
			continue
		}
		w.deliver(to, link, msg)
		if w.Twice > 0 && w.rng.Float64() < w.Twice {
			w.deliver(to, link, msg)
		}
	}
}

func (w *World) deliver(to *Node, link int, msg *hamsg.Message) {
	life, late := to.life, w.Latency
	if w.Jitter > 0 {
		late += time.Duration(w.rng.Int64N(int64(w.Jitter)))
	}
	w.after(late, func() {
		if to.life == life {
			to.event(cluster.Recv{Link: link, Msg: msg.Clone(), At: w.Now})
		}
	})
}

func (w *World) ping(n *Node, ts string) {
	for i, l := range n.cfg.Links {
		if l.Ping == "" || w.pings[[2]string{n.Name, l.Ping}] {
			continue
		}
		life := n.life
		w.after(w.Latency, func() {
			if n.life == life {
				n.event(cluster.PingReply{Link: i, At: w.Now})
			}
		})
	}
}

// Held describes who runs what, for traces: "a:www b:-".
func (w *World) Held() string {
	var parts []string
	for _, n := range w.nodes {
		var names []string
		for g, on := range n.held {
			if on {
				names = append(names, g)
			}
		}
		slices.Sort(names)
		list := strings.Join(names, ",")
		if list == "" {
			list = "-"
		}
		parts = append(parts, n.Name+":"+list)
	}
	return strings.Join(parts, " ")
}
