package halog

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// Script is the log of one script or agent, in the format of the shell functions (failover spec
// 15.2, 15.3, agents spec 1.2). Texts begin with a level word of their own.
type Script struct {
	q       *queue
	deliver func(text string, debug bool) []delivery
	debug   bool
	owned   bool // the queue is this log's own
}

// Log writes one line, for instance "info: Running /etc/ha.d/rc.d/status status".
func (s *Script) Log(text string) { s.put(oneLine(text), false) }

// Logf is Log with a format.
func (s *Script) Logf(format string, args ...any) { s.Log(fmt.Sprintf(format, args...)) }

// Debug writes one line to the debug file only, for instance "debug: Starting x", and only if
// debugging is on.
func (s *Script) Debug(text string) {
	if s.debug {
		s.put(oneLine(text), true)
	}
}

func (s *Script) put(text string, debug bool) {
	s.q.put(s.deliver(text, debug))
}

// Close writes what is queued. The log of a Daemon's Script is closed with the Daemon.
func (s *Script) Close(ctx context.Context) error {
	if !s.owned {
		return nil
	}
	return s.q.close(ctx)
}

// ScriptTag is the tag of script lines: NAME(INSTANCE)[PID]. instance "" is default.
func ScriptTag(name, instance string, pid int) string {
	if instance == "" {
		instance = "default"
	}
	return fmt.Sprintf("%s(%s)[%d]", name, instance, pid)
}

// daemonDate is HA_DATEFMT as heartbeat sets it for its scripts.
const daemonDate = "%Y/%m/%d_%T\t"

// Script returns a log for what runs inside the daemon in a script's place, such as a native
// agent. It shares the daemon's files and queue. tag is a ScriptTag; debug says whether HA_debug
// is above 0.
func (d *Daemon) Script(tag string, debug bool) *Script {
	deliver := func(text string, debug bool) []delivery {
		now := d.cfg.Now()
		return d.scriptSinks().script(now, scriptDate(now, daemonDate), tag, text, debug)
	}
	return &Script{q: &d.q, deliver: deliver, debug: debug}
}

// scriptSinks are the daemon's targets of now as scripts use them: nothing goes to stderr, and
// a file for both takes the lines of the log file.
func (d *Daemon) scriptSinks() sinks {
	d.mu.Lock()
	defer d.mu.Unlock()
	open := d.open
	if d.oneFile() {
		open.logfile, open.debugfile = open.debugfile, nil
	}
	return open
}

// script makes the deliveries of a script line.
func (o sinks) script(at time.Time, date, tag, text string, debug bool) []delivery {
	var record []delivery
	if o.logfile != nil && !debug {
		record = append(record, delivery{o.logfile, scriptLine(date, tag, text)})
	}
	if o.debugfile != nil {
		record = append(record, delivery{o.debugfile, scriptDebugLine(date, tag, text)})
	}
	if o.syslog != nil && !debug {
		record = append(record, delivery{o.syslog, packet(at, o.facility, scriptSeverity(text), tag, text)})
	}
	return record
}

// scriptSeverity is guessed from the text, in capitals only: CRIT and info: count as notice.
func scriptSeverity(text string) int {
	switch {
	case strings.Contains(text, "ERROR"):
		return severityErr
	case strings.Contains(text, "WARN"):
		return severityWarning
	case strings.Contains(text, "INFO"):
		return severityInfo
	}
	return severityNotice
}

// ScriptConfig makes the log of a command that stands in for a script.
type ScriptConfig struct {
	Getenv     func(string) string // HA_LOGFILE, HA_DEBUGLOG, HA_LOGFACILITY, HA_LOGD, HA_DATEFMT, HA_debug, OCF_RESOURCE_INSTANCE
	Name       string              // the script's name
	PID        int
	Terminal   bool // standard input is a terminal: lines go to Stderr alone, without date and tag
	Stderr     io.Writer
	SyslogPath string           // "" is /dev/log
	Now        func() time.Time // nil is time.Now
}

// ScriptFromEnv returns the log that the environment asks for. Without log file and facility
// lines go to Stderr, with the date. HA_LOGD=yes means the logging daemon, for which syslog
// stands in where nothing else is set.
func ScriptFromEnv(cfg ScriptConfig) *Script {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Script{q: &queue{}, owned: true, debug: cfg.Getenv("HA_debug") != "" && cfg.Getenv("HA_debug") != "0"}
	s.deliver = envDelivery(cfg)
	s.q.lost = func(n int64) []delivery { return s.deliver("WARN: "+lostText(n), false) }
	return s
}

func envDelivery(cfg ScriptConfig) func(text string, debug bool) []delivery {
	tag := ScriptTag(cfg.Name, cfg.Getenv("OCF_RESOURCE_INSTANCE"), cfg.PID)
	format := cfg.Getenv("HA_DATEFMT")
	stderr := &stream{w: cfg.Stderr}
	if cfg.Terminal {
		return func(text string, _ bool) []delivery { return []delivery{{stderr, text + "\n"}} }
	}
	open := envSinks(cfg)
	nowhere := open.logfile == nil && open.syslog == nil
	return func(text string, debug bool) []delivery {
		now := cfg.Now()
		date := scriptDate(now, format)
		record := open.script(now, date, tag, text, debug)
		if nowhere && !debug {
			record = append(record, delivery{stderr, date + " " + text + "\n"})
		}
		return record
	}
}

// envSinks opens what the environment names. A debug file that is the log file does not count.
func envSinks(cfg ScriptConfig) sinks {
	var open sinks
	logfile, debugfile := cfg.Getenv("HA_LOGFILE"), cfg.Getenv("HA_DEBUGLOG")
	if isFile(logfile) {
		open.logfile = briefFile{path: logfile}
	}
	if isFile(debugfile) && debugfile != logfile {
		open.debugfile = briefFile{path: debugfile}
	}
	facility := cfg.Getenv("HA_LOGFACILITY")
	if facility == "" && logfile == "" && cfg.Getenv("HA_LOGD") == "yes" {
		facility = "daemon"
	}
	if code, ok := facilityCode(facility); ok {
		open.syslog, open.facility = newSyslog(cfg.SyslogPath), code
	}
	return open
}

func isFile(path string) bool { return path != "" && path != "/dev/null" }
