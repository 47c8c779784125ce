package resmgr

import (
	"context"
	"time"

	"systole/pkg/haresources"
)

// Give stops the group of a key, right to left, held or not, and returns 0, or the code of a
// stop that failed for good.
func (m *Manager) Give(ctx context.Context, key string) (code int) {
	g, ok := m.find(key)
	if !ok {
		return 0
	}
	return m.give(ctx, g)
}

func (m *Manager) give(ctx context.Context, g haresources.Group) (code int) {
	m.log("info: Releasing resource group: %s", g)
	for i := len(g.Resources) - 1; i >= 0; i-- {
		if code = m.stop(ctx, g.Resources[i]); code != 0 {
			return code
		}
	}
	return 0
}

// stop stops a resource, however often that takes. One that fails and yet is not held counts as
// stopped; one that is held and cannot be stopped ends this machine.
func (m *Manager) stop(ctx context.Context, r haresources.Resource) (code int) {
	for try := 0; ; try++ {
		if code = m.operate(ctx, r, "stop"); code == 0 {
			return 0
		}
		if m.StopRetries > 0 && try >= m.StopRetries {
			break
		}
		if !pause(ctx, m.RetryPause) {
			return code
		}
		m.log("info: Retrying failed stop operation [%s]", r.Word)
	}
	if m.held(ctx, r) {
		m.reboot()
		return code
	}
	m.log("ERROR: Resource script for %s probably not LSB-compliant.", r.Word)
	m.log("WARN: it (%s) MUST succeed on a stop when already stopped", r.Word)
	m.log("WARN: Machine reboot narrowly avoided!")
	return 0
}

func (m *Manager) reboot() {
	m.log("CRIT: Resource STOP failure. Reboot required!")
	m.log("CRIT: Killing heartbeat ungracefully!")
	if m.Effects.Reboot == nil {
		return
	}
	if err := m.Effects.Reboot(); err != nil {
		m.log("CRIT: Unable to force reboot.")
	}
}

// pause waits and says whether ctx still holds.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
	return ctx.Err() == nil
}
