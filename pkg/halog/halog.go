// Package halog writes the log lines of heartbeat, of its scripts and of ldirectord, byte for
// byte in the originals' formats, to files, syslog and stderr, without ever blocking the caller.
//
//	daemon:    Nov 20 23:24:16 lvsactive.gunnm.xyz heartbeat: [91]: info: Pacemaker support: false
//	script:    2026/11/20_23:24:18  harc(default)[113]:    info: Running /etc/ha.d//rc.d/status status
//	  debug:   harc(default)[113]:	2026/11/20_23:24:18 info: Running /etc/ha.d//rc.d/status status
//	ldirectord: [Fri Nov 20 23:43:46 2026|ldirectord.cf|292] Added virtual server: 121.254.175.70:80
//	syslog:    <134>Nov 20 23:24:16 heartbeat: [91]: info: Pacemaker support: false
//
// A line is formatted by its caller, with the caller's time, and put into a bounded queue. One
// goroutine per log writes; it is the only one that a full disk, a dead NFS server or a stuck
// syslog daemon can hold up:
//
//	Log ──format──▶ queue (4096 lines) ──▶ writer ──▶ logfile, debugfile, /dev/log, stderr
//	                   └─ full: count the line, say so with the next one that fits
//
// The goroutine starts with the first line. Close waits for it: a program that ends without
// Close loses what is still queued.
//
// Each line is one write to a file opened for appending, so that daemon, scripts and ipfail
// share one file. A file that was renamed or removed is noticed at the next line and made anew,
// so rotation needs no signal.
package halog

// Level is the level word of a daemon line.
type Level string

// The level words as heartbeat writes them.
const (
	Emerg  Level = "EMERG"
	Alert  Level = "ALERT"
	Crit   Level = "CRIT"
	Error  Level = "ERROR"
	Warn   Level = "WARN"
	Notice Level = "notice"
	Info   Level = "info"
	Debug  Level = "debug"
)

// severity is the syslog severity of a level; unknown words count as info.
func (l Level) severity() int {
	for i, known := range levels {
		if l == known {
			return i
		}
	}
	return severityInfo
}

// levels are in the order of syslog's severities, from 0.
var levels = [...]Level{Emerg, Alert, Crit, Error, Warn, Notice, Info, Debug}

const (
	severityErr     = 3
	severityWarning = 4
	severityNotice  = 5
	severityInfo    = 6
)
