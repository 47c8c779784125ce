package cluster

import (
	"slices"
	"strings"

	"systole/pkg/hamsg"
)

// Fields of our own in a status. An original keeps unknown fields to itself, so they tell
// only another Systole node what we are (differences: "recognising each other").
const (
	fieldSystole = "systole"        // version of what follows, and what we can do: "1,handover"
	fieldFirst   = "systole_first"  // the node that our ha.cf lists first
	fieldGroups  = "systole_groups" // digests of the groups that our haresources gives to ourselves
	FieldHold    = "systole_hold"   // what we hold; only while nothing is in motion
	fieldAsks    = "systole_asks"   // what we ask to give up; nobody has answered yet
	fieldTaken   = "systole_taken"  // which of it we took from a peer that we believed dead
)

// peer is what a Systole peer said about itself in its last status.
type peer struct {
	systole  bool
	handover bool // takes before we let go
	first    string
	groups   []string
	known    bool // it has said what it holds: nothing is in motion there
	settled  bool // known, and it waits for no answer
	hold     Hold
	taken    Hold
}

func (m *Machine) addPeerFields(msg *hamsg.Message) {
	features := "1"
	if !m.cfg.Options.NoHandover && m.nice() {
		features += ",handover"
	}
	msg.Add(fieldSystole, features)
	if len(m.cfg.Nodes) > 0 {
		msg.Add(fieldFirst, m.cfg.Nodes[0])
	}
	if len(m.cfg.Groups) > 0 && !m.cfg.Options.NoSharedGroups {
		msg.Add(fieldGroups, strings.Join(m.ownDigests(), ","))
	}
	if m.still() {
		msg.Add(FieldHold, m.res.hold.String())
		msg.Add(fieldTaken, m.res.taken.String())
	}
	if m.stand.phase == standbyMe {
		msg.Add(fieldAsks, m.stand.kind.String())
	}
}

func (m *Machine) ownDigests() []string {
	var ds []string
	for _, g := range m.cfg.Groups {
		ds = append(ds, g.Digest)
	}
	return ds
}

// readPeerFields takes what a status says about its sender.
func (m *Machine) readPeerFields(n *node, msg *hamsg.Message) {
	old := n.peer
	systole, handover := parseFeatures(msg.Get(fieldSystole))
	n.peer = peer{systole: systole, handover: handover}
	if systole {
		n.peer.first = msg.Get(fieldFirst)
		if list := msg.Get(fieldGroups); list != "" {
			n.peer.groups = strings.Split(list, ",")
		}
		n.peer.hold, n.peer.known = ParseHold(msg.Get(FieldHold))
		_, asks := msg.Lookup(fieldAsks)
		n.peer.settled = n.peer.known && !asks
		n.peer.taken, _ = ParseHold(msg.Get(fieldTaken))
	}
	if old.first != n.peer.first || !slices.Equal(old.groups, n.peer.groups) {
		m.findShared()
	}
}

// allSystole says whether every peer is alive and a Systole node.
func (m *Machine) allSystole() bool {
	ps := m.peers()
	for _, n := range ps {
		if !n.peer.systole || n.status != statusActive {
			return false
		}
	}
	return len(ps) > 0
}

// fastStart ends the ten seconds of a cold start early: they exist so that an original that
// came up first can say what it holds, and a Systole peer has just said that it holds nothing.
func (m *Machine) fastStart() {
	if m.res.state == rReceived && !m.cfg.Options.NoFastStart && m.allSystole() &&
		m.res.peerStarted && m.res.peerReported && m.res.otherHold == HoldNone && !m.shut.begun() {
		m.waitedEnough(nil)
	}
}
