package hbd

import (
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// tellSystemd tells systemd, where the unit has WatchdogSec, twice in that time that the loop is at work.
// A worker does, as the loop must not wait for systemd: if the loop hangs, nothing is said, and
// systemd ends the daemon and starts it again.
func (d *beatDaemon) tellSystemd() {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil || limit == 0 {
		return
	}
	alive := make(chan struct{}, 1)
	tick := time.NewTicker(limit / 2)
	defer tick.Stop()
	for {
		select {
		case <-d.ctx.Done():
			return
		case <-alive:
			daemon.SdNotify(false, daemon.SdNotifyWatchdog)
		case <-tick.C:
			d.post(d.ctx, func() {
				select {
				case alive <- struct{}{}:
				default:
				}
			})
		}
	}
}
