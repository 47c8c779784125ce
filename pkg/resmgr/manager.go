package resmgr

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"systole/pkg/agent"
	"systole/pkg/haresources"
)

// The paths and numbers of an installed system.
const (
	File         = "/etc/ha.d/haresources"
	StopRetries  = 10               // HA_STOPRETRYMAX
	RetryPause   = time.Second      // between two attempts to stop
	StandbyDelay = 30 * time.Second // after a failed start
)

// What a node holds, in the words of rsc_hold.
const (
	Local   = "local"   // the groups that prefer this node
	Foreign = "foreign" // the groups that prefer others
	All     = "all"
)

// Manager starts and stops the groups of haresources. Fields are set before use; methods may be
// called from several goroutines, but two of them must not work on one group at a time.
type Manager struct {
	Runner *agent.Runner
	File   string // haresources
	Node   string // our name
	Logs   agent.Logs

	// Shared says which node is to own a group that both nodes call their own: the digest of the
	// group (haresources.Digest) to the owner. Between two nodes that agreed on it only.
	Shared map[string]string
	// Probe has starts ask the wire first who else has the address.
	Probe bool
	// Foreign has a failed start give up foreign, as the original does, whichever group failed.
	Foreign bool

	StopRetries int // more attempts to stop after the first; 0 or less: for ever
	RetryPause  time.Duration
	Effects     Effects
}

// Effects are what follows from a failure, done by whoever runs the Manager.
type Effects struct {
	// Standby is told, right after a failed start of a resource, what to give up StandbyDelay later.
	Standby func(what, resource string)
	// Reboot must bring this machine down at once: a resource cannot be stopped, and the peer
	// may start it only when we are gone. It returns only if it cannot.
	Reboot func() error
}

// New returns a Manager of an installed system.
func New(runner *agent.Runner, node string, logs agent.Logs, effects Effects) *Manager {
	return &Manager{
		Runner: runner, File: File, Node: node, Logs: logs,
		StopRetries: StopRetries, RetryPause: RetryPause, Effects: effects,
	}
}

// Groups reads haresources. Of a group that prefers us but is shared, the owner is the one that
// was agreed on.
func (m *Manager) Groups() ([]haresources.Group, error) {
	text, err := os.ReadFile(m.File)
	if err != nil {
		return nil, fmt.Errorf("read resource groups: %w", err)
	}
	groups, _ := haresources.Parse(m.File, text)
	for i, g := range groups {
		if owner, ok := m.Shared[haresources.Digest(g)]; ok && strings.EqualFold(g.Owner, m.Node) {
			groups[i].Owner = strings.ToLower(owner)
		}
	}
	return groups, nil
}

// groups is Groups for those who can do no more about an error than log it.
func (m *Manager) groups() []haresources.Group {
	groups, err := m.Groups()
	if err != nil {
		m.log("ERROR: %v", err)
	}
	return groups
}

// ListKeys returns the keys of the groups that prefer a node, in file order.
func (m *Manager) ListKeys(node string) []string { return haresources.ListKeys(m.groups(), node) }

// AllKeys returns the keys of all groups.
func (m *Manager) AllKeys() []string { return haresources.AllKeys(m.groups()) }

// Keys returns the keys of the groups that make up local, foreign or all.
func (m *Manager) Keys(what string) []string {
	groups := m.groups()
	switch what {
	case Local:
		groups = haresources.OurGroups(groups, m.Node)
	case Foreign:
		groups = haresources.OtherGroups(groups, m.Node)
	}
	return haresources.AllKeys(groups)
}

// find returns the group that a key stands for.
func (m *Manager) find(key string) (haresources.Group, bool) {
	return haresources.FindGroup(m.groups(), key)
}

// Status says whether a resource, given by its word in haresources, is held.
func (m *Manager) Status(ctx context.Context, word string) bool {
	return m.held(ctx, haresources.NewResource(word))
}

func (m *Manager) log(format string, a ...any) {
	m.Logs("ResourceManager", "").Log(fmt.Sprintf(format, a...))
}
