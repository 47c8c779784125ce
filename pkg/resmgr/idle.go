package resmgr

import (
	"context"
	"fmt"
	"io"
)

// program is the path that the texts name.
const program = "/usr/share/heartbeat/ResourceManager"

// The answers of Stat.
const (
	StatAll  = "ALL"
	StatSome = "SOME"
	StatNone = "NONE"
)

// Stat says how much of the group of a key is held.
func (m *Manager) Stat(ctx context.Context, key string) string {
	g, _ := m.find(key)
	held := 0
	for _, r := range g.Resources {
		if m.held(ctx, r) {
			held++
		}
	}
	switch held {
	case 0:
		return StatNone
	case len(g.Resources):
		return StatAll
	}
	return StatSome
}

// VerifyIdle checks before the daemon starts that the key resource of no group is held, and
// returns how many are (failover spec 4). It warns in the log, and on stderr once more.
func (m *Manager) VerifyIdle(ctx context.Context, stderr io.Writer) (active int) {
	for _, key := range m.AllKeys() {
		if m.Status(ctx, key) {
			active++
			m.warnActive(key, stderr)
		}
	}
	if active > 0 {
		m.log("CRITICAL: Non-idle resources will affect resource takeback!")
		m.log("CRITICAL: Non-idle resources may affect data integrity!")
	}
	return active
}

func (m *Manager) warnActive(word string, stderr io.Writer) {
	lines := [...]string{
		"CRITICAL: Resource " + word + " is active, and should not be!",
		"CRITICAL: Non-idle resources can affect data integrity!",
		"info: If you don't know what this means, then get help!",
	}
	for _, line := range lines {
		m.log("%s", line)
	}
	m.log("info: Read the docs and/or source to %s for more details.", program)
	for _, line := range lines {
		fmt.Fprintln(stderr, line)
	}
	fmt.Fprintf(stderr, "info: Read the docs and/or the source to %s for more details.\n", program)
}
