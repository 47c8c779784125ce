package hbapi

import (
	"sync"
	"time"

	"systole/pkg/hamsg"
)

// What the clients of one user may make this node say to the cluster: messages of theirs, and the
// news that they come and go. The original knows no bound, so that one client can crowd heartbeats
// out of the peer's receive buffer and resource messages out of the history from which lost ones
// are sent again. The bound is far above what ipfail, ccm and their like need, which is a handful
// at a time.
const (
	paceRate  = 200 // units a second
	paceBurst = 100 // units at once
	paceBytes = 8 << 10
)

// pace grants units at a rate. Its zero value has the whole burst left.
type pace struct {
	mu     sync.Mutex
	usedUp time.Time // when all that was granted has been earned
}

// reserve takes units and returns how long to wait before they may be used.
func (p *pace) reserve(now time.Time, units int) time.Duration {
	const unit, burst = time.Second / paceRate, time.Second * paceBurst / paceRate
	p.mu.Lock()
	defer p.mu.Unlock()
	if full := now.Add(-burst); p.usedUp.Before(full) {
		p.usedUp = full
	}
	p.usedUp = p.usedUp.Add(time.Duration(units) * unit)
	return p.usedUp.Sub(now)
}

// wait takes units and blocks until they may be used; false if over is closed before.
func (p *pace) wait(units int, over <-chan struct{}) bool {
	delay := p.reserve(time.Now(), units)
	if units == 0 || delay <= 0 {
		return true
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-over:
		return false
	}
}

// clusterUnits is what a message of a client costs: nothing if it stays on this node. A sign-on
// costs as much as the join and leave that come of it.
func clusterUnits(m *hamsg.Message, size int) int {
	switch {
	case m == nil:
		return 0
	case m.Type() != typeRequest:
		return 1 + size/paceBytes
	case m.Get("reqtype") == "signon":
		return 2
	}
	return 0
}
