package ldird

import (
	"context"
	"sync"
	"time"

	"systole/pkg/ipvs"
)

const (
	countersAge  = 500 * time.Millisecond // younger ones are told again
	countersWait = time.Second            // then the state goes without them
)

// counter is a Kernel that counts: package ipvs/kernel does.
type counter interface {
	Stats(ctx context.Context) ([]ipvs.EntryStats, error)
}

// lastCounters are those read last.
type lastCounters struct {
	mu    sync.Mutex
	at    time.Time
	stats []ipvs.EntryStats
}

// counters are the kernel's, not older than countersAge; nil if it cannot tell in time, because
// the table is being changed, say.
func (d *daemon) counters() []ipvs.EntryStats {
	d.counted.mu.Lock()
	defer d.counted.mu.Unlock()
	if time.Since(d.counted.at) < countersAge {
		return d.counted.stats
	}
	limit := time.After(countersWait)
	answer := make(chan []ipvs.EntryStats, 1)
	select {
	case d.counts <- answer:
	case <-limit:
		return nil
	case <-d.ctx.Done():
		return nil
	}
	select {
	case d.counted.stats = <-answer:
	case <-limit:
		return nil
	}
	d.counted.at = time.Now()
	return d.counted.stats
}

// readCounters is for the goroutine that talks to the kernel.
func (d *daemon) readCounters(k Kernel) []ipvs.EntryStats {
	c, ok := k.(counter)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(d.ctx, countersWait)
	defer cancel()
	stats, err := c.Stats(ctx)
	if err != nil {
		return nil // the next read of the table says why
	}
	return stats
}
