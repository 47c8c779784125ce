package cluster

import (
	"fmt"
	"maps"
	"slices"
)

// Two haresources that name each node itself as the owner of the same resources make an
// original pair hold every address twice. Two Systole nodes recognise such groups by their
// digests and agree on one owner: the node that ha.cf lists first.

// groupsChanged takes a new reading of haresources.
func (m *Machine) groupsChanged(groups []Group) {
	m.cfg.Groups = groups
	m.findShared()
}

// findShared works out which of our groups a peer also claims.
func (m *Machine) findShared() {
	shared := map[string]string{}
	if !m.cfg.Options.NoSharedGroups {
		for _, g := range m.cfg.Groups {
			for _, n := range m.peers() {
				if slices.Contains(n.peer.groups, g.Digest) {
					shared[g.Digest] = m.sharedOwner(n)
				}
			}
		}
	}
	old := m.shared
	m.shared = shared
	for _, g := range m.cfg.Groups {
		if owner, ok := shared[g.Digest]; ok && old[g.Digest] != owner {
			m.warnShared(g, owner)
		}
	}
}

// sharedOwner is the same name on both nodes: the first of ha.cf, or, when the two files
// begin differently, the name that sorts first.
func (m *Machine) sharedOwner(n *node) string {
	first := m.cfg.Node
	if len(m.cfg.Nodes) > 0 {
		first = m.cfg.Nodes[0]
	}
	if n.peer.first == first && (first == m.cfg.Node || first == n.name) {
		return first
	}
	return min(m.cfg.Node, n.name)
}

func (m *Machine) warnShared(g Group, owner string) {
	m.log(Warn, fmt.Sprintf("haresources of both nodes claim the group [%s], each for itself.", g.Words))
	m.log(Warn, fmt.Sprintf("Treating it as one group that prefers %s. Write the same line on both nodes: %s %s",
		owner, owner, g.Words))
}

func (m *Machine) sharedOwners() map[string]string { return maps.Clone(m.shared) }
