package hbd

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/haresources"
	"systole/pkg/state"
	"systole/pkg/state/socket"
)

// openState serves the state document. That it cannot is no reason not to run.
func (d *beatDaemon) openState() {
	l, err := socket.Listen(d.paths.state(), 0o660, d.account.GID)
	if err != nil {
		d.log.Log(halog.Warn, fmt.Sprintf("state socket: %v", err))
		return
	}
	d.workers.Go(func() {
		socket.Serve(d.ctx, l, func(conn net.Conn) {
			if doc := d.askLoop(d.ctx); doc != nil {
				conn.Write(doc.Encode()) // a reader that has gone misses nothing
			}
		})
	})
}

// askLoop has the loop make a document; nil if a context ends first.
func (d *beatDaemon) askLoop(ctx context.Context) *state.Document {
	answer := make(chan *state.Document, 1)
	d.post(ctx, func() { answer <- d.document(time.Now()) })
	select {
	case doc := <-answer:
		return doc
	case <-ctx.Done():
	case <-d.ctx.Done():
	}
	return nil
}

// document is the state of this moment, for the loop to make.
func (d *beatDaemon) document(now time.Time) *state.Document {
	c := d.story
	doc := &state.Document{Version: state.Version, Time: now,
		Clients: []state.Client{}, Jobs: []state.Job{}, Events: append([]state.Event{}, c.past...)}
	doc.Daemon = state.Daemon{Program: "systole", Version: hacf.Version, Node: d.cfg.Node, PID: os.Getpid(), Started: c.began,
		Generation: d.machine.Config().Generation, Stopping: d.machine.Stopping(), Keepalive: d.cfg.Keepalive.Milliseconds(),
		Deadtime: d.cfg.Deadtime.Milliseconds(), Failback: failbackWord(d.cfg.AutoFailback)}
	doc.Nodes, doc.Pings = d.nodeStates(now)
	for _, n := range doc.Nodes {
		if n.Self {
			doc.Daemon.Status = n.Status
		}
	}
	for _, cl := range d.core.Clients() {
		doc.Clients = append(doc.Clients, state.Client{Name: cl.ID, PID: cl.Cred.PID, UID: int(cl.Cred.UID), Casual: cl.Casual})
	}
	for _, j := range d.machine.Jobs() {
		doc.Jobs = append(doc.Jobs, state.Job{ID: j.ID, What: j.String(), At: c.jobs[j.ID]})
	}
	doc.Resources = d.resourceState()
	return doc
}

// nodeStates are the nodes and the ping nodes; neither is nil.
func (d *beatDaemon) nodeStates(now time.Time) (nodes, pings []state.Node) {
	nodes, pings = []state.Node{}, []state.Node{}
	for _, n := range d.machine.Nodes() {
		if n.Ping {
			pings = append(pings, d.nodeState(now, n))
		} else {
			nodes = append(nodes, d.nodeState(now, n))
		}
	}
	return nodes, pings
}

func (d *beatDaemon) nodeState(now time.Time, n cluster.NodeView) state.Node {
	c := d.story
	told := state.Node{Name: n.Name, Self: n.Name == d.cfg.Node, Status: n.Status, Since: c.statuses[n.Name].at, Systole: n.Peer,
		Deadtime: n.Deadtime.Milliseconds(), Missing: n.Missing}
	if told.Since.IsZero() {
		told.Since = c.began
	}
	if told.Self {
		told.Systole = true
		return told
	}
	told.Age = ageOf(now, n.Heard)
	for _, l := range n.Links {
		p := state.Path{Name: l.Name, Up: l.Up, Age: ageOf(now, l.Heard)}
		if r := c.rhythms[way{n.Name, l.Name}]; r != nil {
			p.Interval, p.Jitter, p.Count = r.Interval.Milliseconds(), r.Jitter.Microseconds(), r.Count
		}
		told.Paths = append(told.Paths, p)
	}
	if n.Peer && n.Status != "dead" {
		told.View = c.sights[n.Name]
	}
	return told
}

func (d *beatDaemon) resourceState() state.Resources {
	word := d.machine.ResourceState()
	r := state.Resources{State: word, Holds: d.machine.Holding().String(), Since: d.story.heldAt,
		Peer: d.machine.PeerHolding().String(), Settled: word != "transition", Groups: []state.Group{}}
	shared := d.machine.SharedOwners()
	for _, g := range d.groups {
		if len(g.Resources) == 0 {
			continue
		}
		owner, both := shared[haresources.Digest(g)]
		if !both {
			owner = g.Owner
		}
		r.Groups = append(r.Groups, state.Group{Owner: owner, Words: g.Words(), Holder: d.holder(owner), Shared: both})
	}
	return r
}

// holder says who holds the groups of an owner, as far as both nodes have said so.
func (d *beatDaemon) holder(owner string) string {
	kind := cluster.HoldForeign
	if owner == d.cfg.Node {
		kind = cluster.HoldLocal
	}
	if d.machine.Holding().Has(kind) {
		return d.cfg.Node
	}
	if !d.machine.PeerHolding().Mirror().Has(kind) {
		return ""
	}
	for _, name := range d.cfg.Nodes {
		if name != d.cfg.Node {
			return name
		}
	}
	return ""
}
