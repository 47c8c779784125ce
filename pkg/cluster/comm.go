package cluster

import (
	"fmt"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// checkComm brings communication up once every node, ping nodes included, has been heard or
// is dead; then a live peer is asked for its node list (wire spec 5.1, 5.3).
func (m *Machine) checkComm() {
	if m.commUp || !m.listAsked.IsZero() || m.began.IsZero() {
		return
	}
	for _, n := range m.nodes {
		if n != m.self && !n.heard && n.status != statusDead {
			return
		}
	}
	m.askNodeList(nil)
}

// askNodeList asks the first live peer for its node list, and again every second; with nobody
// left to ask communication is up.
func (m *Machine) askNodeList(*node) {
	for _, n := range m.peers() {
		if n.alive() || n.status == statusInit && n.heard {
			m.listAsked = m.after(nodeListRetry)
			m.send(hamsg.New("t", "reqnodes", "dest", n.name))
			return
		}
	}
	m.nowUp()
}

// answerNodeList tells a peer which nodes we know.
func (m *Machine) answerNodeList(n *node) {
	if n == m.self {
		return
	}
	var names strings.Builder
	for _, k := range m.nodes {
		if !k.ping {
			names.WriteString(k.name + " ")
		}
	}
	gone := strings.Join(m.deleted, " ") + " "
	m.send(hamsg.New("dest", n.name, "t", "repnodes", "nodelist", names.String(), "delnodelist", gone))
}

// nodeListArrived ends the wait for a node list. Membership is what ha.cf says: names that we
// do not know are reported, not added, because resource handling is for two nodes.
func (m *Machine) nodeListArrived(n *node, own bool, msg *hamsg.Message) {
	if own || m.commUp || m.listAsked.IsZero() {
		return
	}
	for _, name := range strings.Fields(msg.Get("nodelist")) {
		if m.find(strings.ToLower(name)) == nil {
			m.log(Warn, fmt.Sprintf("node %s has node %s in its configuration, this node does not", n.name, name))
		}
	}
	m.nowUp()
}

// nowUp makes the node active and starts what waited for that, in the original's order.
func (m *Machine) nowUp() {
	m.listAsked = time.Time{}
	m.commUp = true
	m.log(Info, "Comm_now_up(): updating status to active")
	m.setStatus(statusActive)
	m.log(Info, "Local status now set to: 'active'")
	if m.shut.waiting {
		m.beginShutdown()
		return
	}
	for _, n := range m.nodes {
		if n.status == statusDead && !n.ping {
			m.takeFromDead(n)
		}
	}
	m.startResources()
	m.startClients()
}
