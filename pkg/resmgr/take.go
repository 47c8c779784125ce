package resmgr

import (
	"context"
	"strings"

	"systole/pkg/haresources"
)

// Take starts the group of a key, left to right, what is held already left alone. A failure
// gives the whole group up again and asks for a standby (failover spec 3.4). It reports whether
// the group is held; of a key without group, which the original ignores in silence, there is
// nothing that is not. When ctx ends it stops where it is, and releases nothing.
func (m *Manager) Take(ctx context.Context, key string) bool {
	g, ok := m.find(key)
	if !ok {
		return true
	}
	m.log("info: Acquiring resource group: %s", g)
	for _, r := range g.Resources {
		if m.held(ctx, r) {
			continue
		}
		if ctx.Err() != nil {
			return false
		}
		if m.operate(ctx, r, "start") != 0 {
			if ctx.Err() == nil {
				m.failed(ctx, g, r)
			}
			return false
		}
	}
	return true
}

// failed gives up a group of which a resource cannot be started.
func (m *Manager) failed(ctx context.Context, g haresources.Group, r haresources.Resource) {
	m.log("CRIT: Giving up resources due to failure of %s", r.Word)
	m.give(ctx, g)
	if m.Effects.Standby != nil {
		m.Effects.Standby(m.holds(g), r.Word)
	}
}

// holds returns the type that hands over a group. The original's test for it never matches, so
// that it hands over "foreign" even if the group is our own, and the group stays down on both
// nodes (failover spec 19, 1).
func (m *Manager) holds(g haresources.Group) string {
	if strings.EqualFold(g.Owner, m.Node) && !m.Foreign {
		return Local
	}
	return Foreign
}
