package hbd

import (
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
	"systole/pkg/proc"
)

// watchdogSlack is what the original adds to deadtime before it rounds up to seconds.
const watchdogSlack = 10 * time.Millisecond

// openWatchdog arms the watchdog of ha.cf: the machine restarts if this daemon stands still for
// as long as its peers wait before they take over.
func (d *beatDaemon) openWatchdog() {
	path := d.cfg.Watchdog
	if path == "" {
		return
	}
	d.log.Log(halog.Notice, "Using watchdog device: "+path)
	w, untimed, err := proc.OpenWatchdog(path, d.cfg.Deadtime+watchdogSlack)
	if err != nil {
		d.log.Log(halog.Error, fmt.Sprintf("Cannot open watchdog device: %s", path))
		return
	}
	if untimed != nil {
		d.log.Log(halog.Warn, untimed.Error())
	}
	d.watchdog = w
}

// kick keeps the watchdog quiet; each status of this node does.
func (d *beatDaemon) kick() {
	if d.watchdog == nil {
		return
	}
	if err := d.watchdog.Kick(); err != nil && d.seldom("watchdog", 10*time.Second) {
		d.log.Log(halog.Error, fmt.Sprintf("Watchdog write failure: %s", sentence(err)))
	}
}

// closeWatchdog disarms it.
func (d *beatDaemon) closeWatchdog() {
	if d.watchdog == nil {
		return
	}
	if err := d.watchdog.Close(); err != nil {
		d.log.Log(halog.Error, fmt.Sprintf("Watchdog close failure: %s", sentence(err)))
	}
	d.watchdog = nil
}

// limitCores lets this process and its children leave core files, or forbids it.
func (d *beatDaemon) limitCores() {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_CORE, &limit) != nil {
		return
	}
	limit.Cur = 0
	if d.cfg.Coredumps {
		limit.Cur = limit.Max
		debug.SetTraceback("crash")
	}
	unix.Setrlimit(unix.RLIMIT_CORE, &limit)
}

// coreDir is where the processes of a user leave their core files.
func (d *beatDaemon) coreDir(user string) string {
	if d.cfg.Coreroot != "" {
		return d.cfg.Coreroot + "/" + user
	}
	return d.paths.cores(user)
}

// enterCores makes the directory for cores the working directory. A coreroot that cannot be used
// is told, and everything runs as without one.
func (d *beatDaemon) enterCores() error {
	if root := d.cfg.Coreroot; root != "" {
		err := os.Chdir(root)
		if err == nil {
			err = makeDir(d.coreDir("root"), 0o700, 0, 0)
		}
		if err != nil {
			d.log.Log(halog.Error, fmt.Sprintf("Cannot chdir to [%s]: %s", root, sentence(err)))
			d.cfg.Coreroot = ""
		}
	}
	return os.Chdir(d.coreDir("root"))
}

// prioritise gives the daemon the realtime class and keeps its memory from being swapped out, as far as
// the system lets it.
func (d *beatDaemon) prioritise(c *command) {
	if !d.cfg.Realtime || c.opts.has('l') {
		return
	}
	d.realtime = &proc.Realtime{Priority: max(d.cfg.RTPrio, 1)}
	d.stayRealtime()
	if err := proc.LockMemory(); err != nil {
		d.log.Log(halog.Debug, err.Error())
	}
}

// stayRealtime puts threads that the runtime has made into the class; after each status of this node.
func (d *beatDaemon) stayRealtime() {
	if d.realtime == nil {
		return
	}
	if err := d.realtime.Hold(); err != nil {
		d.log.Log(halog.Debug, err.Error())
		d.realtime = nil
	}
}
