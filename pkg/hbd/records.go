package hbd

import (
	"os"
	"strings"
	"time"

	"systole/pkg/decision"
	"systole/pkg/decision/ring"
	"systole/pkg/halog"
)

// openRecords begins to keep decision records. That it cannot is no reason not to run.
func (d *beatDaemon) openRecords() (closed func()) {
	kept, last, err := ring.Open(d.paths.decisions())
	if err != nil {
		d.log.Log(halog.Warn, err.Error())
		return func() {}
	}
	d.story.recorder.Last = last
	d.story.begins(d.paths.decisions(), bootID())
	out := make(chan entry, 64)
	d.story.out = out
	written := make(chan struct{})
	d.workers.Go(func() {
		defer close(written)
		for e := range out {
			if err := e.write(kept); err != nil {
				d.log.Log(halog.Warn, err.Error())
			}
		}
	})
	return func() {
		d.endRecords(time.Now())
		close(out)
		<-written
		kept.Close()
	}
}

// begins opens the life of this daemon, and remembers how the one before ended.
func (c *chronicle) begins(dir, boot string) {
	if before, ok := ring.ReadLife(dir); ok {
		before = before.Close(boot)
		c.former = &before
	}
	c.life = decision.Life{Boot: boot, Begun: c.began}
}

// endRecords closes the open record and the life.
func (d *beatDaemon) endRecords(now time.Time) {
	c, held := d.story, d.machine.Holding().String()
	if rec, ok := c.recorder.Close(now, true, held, d.peerHolds()); ok {
		c.keep(entry{rec: rec})
	}
	c.life.Ended = decision.EndStopped
	if d.exit != nil && d.exit.Restart {
		c.life.Ended = decision.EndRestarted
	}
	c.lives(now, held)
	c.out = nil
}

func (e entry) write(to *ring.Ring) error {
	if e.life != nil {
		return to.WriteLife(*e.life)
	}
	return to.Write(e.rec)
}

// bootID is that of the machine: another one after each boot; "" if the kernel does not say.
func bootID() string {
	text, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text))
}
