package cluster

import (
	"fmt"
	"slices"
	"strings"

	"systole/pkg/hamsg"
)

// addNodes adds the nodes of an addnode message to the configuration (wire spec 4.5).
func (m *Machine) addNodes(msg *hamsg.Message) {
	for _, name := range strings.Fields(strings.ToLower(msg.Get("nodelist"))) {
		m.log(Info, fmt.Sprintf("hb_add_one_node: Adding new node[%s] to configuration.", name))
		if m.find(name) != nil {
			m.log(Error, fmt.Sprintf("hb_add_one_node: node(%s) already exists", name))
			m.log(Error, fmt.Sprintf("Add node %s failed", name))
			continue
		}
		m.addNode(name, false).last = m.now
		m.deleted = slices.DeleteFunc(m.deleted, func(d string) bool { return d == name })
	}
}

// deleteNodes removes the nodes of a delnode message: all of them must be dead, and all
// others alive.
func (m *Machine) deleteNodes(msg *hamsg.Message) {
	names := strings.Fields(strings.ToLower(msg.Get("nodelist")))
	if slices.Contains(names, m.cfg.Node) {
		m.log(Error, "I am being deleted from the cluster. This should not happen")
		return
	}
	for _, n := range m.peers() {
		named := slices.Contains(names, n.name)
		if named && n.status != statusDead {
			m.log(Warn, fmt.Sprintf("deletion failed: node %s is not dead", n.name))
			return
		}
		if !named && !n.alive() {
			m.log(Error, fmt.Sprintf("HBDoMsg_T_DELNODE: deletion failed. We don't have all required nodes alive (%s is dead)", n.name))
			return
		}
	}
	for _, name := range names {
		m.deleteNode(name)
	}
}

func (m *Machine) deleteNode(name string) {
	n := m.find(name)
	if n == nil || n.ping {
		return
	}
	m.log(Info, fmt.Sprintf("Removing node [%s] from configuration.", name))
	m.nodes = slices.DeleteFunc(m.nodes, func(k *node) bool { return k == n })
	m.deleted = append(m.deleted, name)
	m.do(Notify{hamsg.New("t", "delnode", "node", name)})
}

// describeNode stores the weight or site of a node; neither has an effect on resources.
func (m *Machine) describeNode(msg *hamsg.Message) {
	n := m.find(strings.ToLower(msg.Get("node")))
	switch {
	case n == nil:
	case msg.Type() == "setweight":
		n.weight = msg.Get("weight")
	default:
		n.site = msg.Get("site")
	}
}
