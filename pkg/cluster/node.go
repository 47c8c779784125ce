package cluster

import (
	"time"
)

// status is the st of a node.
type status string

const (
	statusInit   status = "init"   // configured or just started; nothing known
	statusUp     status = "up"     // talks, but not every node has been heard yet
	statusActive status = "active" // takes part in resource handling
	statusDead   status = "dead"   // silent for longer than its dead time
	statusPing   status = "ping"   // a ping node that answers
)

// node is what this node knows of another one, or of itself.
type node struct {
	name   string
	ping   bool
	status status
	uuid   [16]byte
	weight string
	site   string

	gen       uint64    // hg of the life we know; 0: none yet
	heard     bool      // a status arrived since our start
	last      time.Time // arrival of the last status
	statusSeq uint64    // its seq
	reportSeq uint64    // seq of its last resource report
	deadtime  time.Duration
	links     []link
	recv      window
	ackseq    uint64 // highest of our messages that it has acknowledged
	peer      peer
	refence   time.Time // of the next try to reset it; zero: none
	gaveUp    bool      // its shutdone came: the resources it had are ours to take
}

// link is one way to a node. Media on the same interface share one.
type link struct {
	name  string
	up    bool
	heard time.Time
}

func (m *Machine) addNode(name string, ping bool) *node {
	n := &node{name: name, ping: ping, status: statusInit, weight: "100"}
	n.recv.trigger = uint64(m.rng.IntN(10))
	for _, l := range m.cfg.Links {
		switch {
		case l.Ping == name && ping:
			n.addLink(l.Ping)
		case l.Ping == "" && !ping:
			n.addLink(l.Name)
		}
	}
	m.nodes = append(m.nodes, n)
	return n
}

func (n *node) addLink(name string) {
	if n.link(name) == nil {
		n.links = append(n.links, link{name: name})
	}
}

func (n *node) link(name string) *link {
	for i := range n.links {
		if n.links[i].name == name {
			return &n.links[i]
		}
	}
	return nil
}

func (m *Machine) find(name string) *node {
	for _, n := range m.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// peers returns the other normal nodes, in configuration order.
func (m *Machine) peers() []*node {
	var ps []*node
	for _, n := range m.nodes {
		if !n.ping && n != m.self {
			ps = append(ps, n)
		}
	}
	return ps
}

// alive says whether a node is one that takes part: not dead and heard of.
func (n *node) alive() bool {
	return n.status == statusUp || n.status == statusActive || n.status == statusPing
}

// otherActive says whether any peer is active.
func (m *Machine) otherActive() bool {
	for _, n := range m.peers() {
		if n.status == statusActive {
			return true
		}
	}
	return false
}
