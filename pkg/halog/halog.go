// Package halog writes the log lines of heartbeat, of its scripts and of ldirectord, byte for
// byte in the originals' formats, to files and syslog, without ever blocking the caller.
//
//	daemon:  Nov 20 23:24:16 lvsactive.gunnm.xyz heartbeat: [91]: info: Pacemaker support: false
//	script:  2026/11/20_23:24:18  harc(default)[113]:    info: Running /etc/ha.d//rc.d/status status
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
