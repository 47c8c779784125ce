package cluster

import (
	"slices"
	"time"
)

// The rest of this file is what API clients and status commands may ask (tools spec 8.5).

// NodeView is one node as the API shows it.
type NodeView struct {
	Name   string
	Ping   bool
	Status string
	Weight string
	Site   string
	UUID   [16]byte
	Links  []LinkView
	Heard  time.Time // arrival of the last status
	Peer   bool      // a Systole node

	Deadtime time.Duration // silence after which it is dead
	Missing  int           // messages of it that have been asked for
}

// LinkView is one way to a node.
type LinkView struct {
	Name  string
	Up    bool
	Heard time.Time // last authenticated packet; zero: none yet
}

// Nodes returns every node in configuration order, ping nodes last.
func (m *Machine) Nodes() []NodeView {
	views := make([]NodeView, 0, len(m.nodes))
	for _, n := range m.nodes {
		v := NodeView{Name: n.name, Ping: n.ping, Status: string(n.status), Weight: n.weight, Site: n.site,
			UUID: n.uuid, Heard: n.last, Peer: n.peer.systole, Deadtime: m.deadAfter(n), Missing: len(n.recv.missing)}
		for _, l := range n.links {
			v.Links = append(v.Links, LinkView{l.name, l.up, l.heard})
		}
		views = append(views, v)
	}
	return views
}

// ResourceState returns the word of rscstatus: what we hold, or transition.
func (m *Machine) ResourceState() string {
	if !m.settled() || m.shut.begun() && m.shut.stage == shutGiveUp || !m.commUp {
		return "transition"
	}
	return m.res.hold.String()
}

// Holding returns what this node believes to be responsible for.
func (m *Machine) Holding() Hold { return m.res.hold }

// PeerHolding returns what the other node said last that it holds, in its own view.
func (m *Machine) PeerHolding() Hold { return m.res.otherHold }

// Jobs returns the resource work that is going on.
func (m *Machine) Jobs() []Job { return slices.Clone(m.jobs.active) }

// Config returns what the machine was made with.
func (m *Machine) Config() Config { return m.cfg }

// Stopping says whether this life is ending.
func (m *Machine) Stopping() bool { return m.shut.begun() || m.shut.waiting }

// SharedOwners returns the owners of groups that two nodes claim, by digest.
func (m *Machine) SharedOwners() map[string]string { return m.sharedOwners() }
