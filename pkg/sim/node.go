package sim

import (
	"strings"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hamsg"
)

// Node is one simulated host with a cluster machine, a disk and an agent for each group.
type Node struct {
	Name    string
	Groups  []Group       // its haresources
	JobTime time.Duration // how long starting or stopping a group takes
	Systole bool          // false: it hides that it is a Systole node

	// FailStart makes the scripts of a group fail, FailStop those that stop it hang.
	FailStart, FailStop map[string]bool

	// FailReset makes the device fail that resets dead nodes.
	FailReset bool

	w       *World
	cfg     cluster.Config
	machine *cluster.Machine
	life    int // counts starts, so that events of a former life are void
	gen     uint64
	held    map[string]bool
	tickAt  time.Time
	died    time.Time // of its last power cut
	paused  bool
	skew    time.Duration // of its clock; nothing but the ts of its messages shows it
	waiting []cluster.Event
	jobs    []cluster.Job // the first is running
	step    time.Duration // how long the script takes that is running
	client  *client       // the ipfail of the node, while it runs
}

// Add puts a node into the world, not yet started. Generation, uuid and seed are made here.
func (w *World) Add(cfg cluster.Config, groups []Group) *Node {
	n := &Node{Name: cfg.Node, Groups: groups, w: w, cfg: cfg, JobTime: 5 * time.Millisecond,
		Systole: true, FailStart: map[string]bool{}, FailStop: map[string]bool{}, held: map[string]bool{}}
	n.gen = uint64(epoch.Unix())
	for i := range n.cfg.UUID {
		n.cfg.UUID[i] = byte(w.rng.Uint32())
	}
	w.nodes = append(w.nodes, n)
	return n
}

// Start begins a new life of the node.
func (n *Node) Start() { n.begin(nil) }

func (n *Node) begin(resume *cluster.Hold) {
	n.life++
	n.gen++
	n.cfg.Generation = n.gen
	n.cfg.Seed = n.w.rng.Uint64()
	n.cfg.Resume = resume
	n.cfg.Groups = n.ownGroups()
	n.tickAt = time.Time{}
	n.paused, n.waiting, n.jobs, n.step, n.client = false, nil, nil, 0, nil
	n.machine = cluster.New(n.cfg)
	n.event(cluster.Start{})
}

// ownGroups are the groups that the node's haresources gives to the node itself.
func (n *Node) ownGroups() []cluster.Group {
	var own []cluster.Group
	for _, g := range n.Groups {
		if g.Owner == n.Name {
			own = append(own, cluster.Group{Digest: g.Name, Words: g.Name})
		}
	}
	return own
}

// Running says whether the node's daemon lives.
func (n *Node) Running() bool { return n.machine != nil }

// Machine is the node's cluster machine; nil while the daemon is not running.
func (n *Node) Machine() *cluster.Machine { return n.machine }

// Stop is SIGTERM.
func (n *Node) Stop() { n.event(cluster.Terminate{}) }

// Crash is a power cut: the daemon and every resource end at once.
func (n *Node) Crash() {
	n.life++
	n.machine = nil
	n.died = n.w.Now
	clear(n.held)
}

// Pause stops the daemon as SIGSTOP does; Resume lets it go on with what came in meanwhile.
func (n *Node) Pause() { n.paused = true }

// Resume ends a Pause.
func (n *Node) Resume() {
	n.paused = false
	evs := n.waiting
	n.waiting = nil
	for _, ev := range evs {
		if r, ok := ev.(cluster.Recv); ok {
			r.At = n.w.Now // the reader was stopped too
			ev = r
		}
		n.event(ev)
	}
	n.event(cluster.Tick{})
}

// Local is a message from a script or client on the node.
func (n *Node) Local(pairs ...string) { n.event(cluster.Local{Msg: hamsg.New(pairs...)}) }

// event gives the machine an event and carries out what it answers.
func (n *Node) event(ev cluster.Event) {
	if n.machine == nil {
		return
	}
	if r, ok := ev.(cluster.Recv); ok && !n.Systole {
		r.Msg = plain(r.Msg)
		ev = r
	}
	if n.paused {
		if _, tick := ev.(cluster.Tick); !tick {
			n.waiting = append(n.waiting, ev)
		}
		return
	}
	for _, a := range n.machine.Step(n.w.Now, ev) {
		n.carryOut(a)
	}
	n.arm()
}

// arm makes sure that the machine gets a Tick when it wants one.
func (n *Node) arm() {
	if n.machine == nil {
		return
	}
	at, ok := n.machine.Next()
	if !ok || at.Equal(n.tickAt) {
		return
	}
	n.tickAt = at
	life := n.life
	if at.Before(n.w.Now) {
		at = n.w.Now
	}
	n.w.at(at, func() {
		if n.life == life && n.tickAt.Equal(at) {
			n.tickAt = time.Time{}
			n.event(cluster.Tick{})
		}
	})
}

func (n *Node) carryOut(a cluster.Action) {
	switch a := a.(type) {
	case cluster.Send:
		n.send(a.Msg)
	case cluster.Ping:
		n.w.ping(n, a.TS)
	case cluster.Log:
		n.w.trace(n, string(a.Level)+": "+a.Text)
	case cluster.Run:
		n.job(a.Job)
	case cluster.StartClient:
		n.startClient(a)
	case cluster.KillClient:
		n.client = nil
		n.later(0, func() { n.event(cluster.ClientExited{Index: a.Index, PID: a.PID}) })
	case cluster.Notify:
		n.notify(a.Msg)
	case cluster.Exit:
		n.exit(a)
	case cluster.Announce:
		n.w.trace(n, "announce")
	}
}

func (n *Node) send(msg *hamsg.Message) {
	if !n.Systole {
		msg = plain(msg)
	}
	msg = n.stepped(msg)
	if n.w.sent != nil {
		n.w.sent(n, msg)
	}
	for i, l := range n.cfg.Links {
		if l.Ping == "" {
			n.w.broadcast(n, i, msg)
		}
	}
}

// plain returns a message as a node that is not Systole would have sent it.
func plain(msg *hamsg.Message) *hamsg.Message {
	p := msg.Clone()
	for _, f := range msg.Fields {
		if strings.HasPrefix(f.Name, "systole") {
			p.Delete(f.Name)
		}
	}
	return p
}

// later runs something on the node unless its life has ended by then.
func (n *Node) later(d time.Duration, do func()) {
	life := n.life
	n.w.after(d, func() {
		if n.life == life {
			do()
		}
	})
}

func (n *Node) exit(a cluster.Exit) {
	n.machine = nil
	n.life++
	n.w.trace(n, a.String())
	if !a.Restart {
		return
	}
	n.later(a.Pause, func() {
		if a.KeepResources {
			n.begin(&a.Hold)
			return
		}
		n.begin(nil)
	})
}

// Reload is SIGHUP after ha.cf has changed.
func (n *Node) Reload() { n.event(cluster.Reload{}) }
