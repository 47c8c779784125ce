package hbd

import (
	"context"
	"io"
	"os"
	"time"

	"systole/pkg/hacf"
	"systole/pkg/halog"
)

// flushTime is how long the end of a program waits for its last log lines.
const flushTime = 5 * time.Second

func targets(logs hacf.Logs) halog.Targets {
	return halog.Targets{Logfile: logs.Logfile, Debugfile: logs.Debugfile, Facility: logs.Facility, Plain: logs.Plain}
}

// logsOf are the log targets of a configuration, as far as it was read.
func logsOf(l loaded) hacf.Logs {
	if l.cfg == nil {
		return hacf.Logs{}
	}
	return configLogs(l.cfg)
}

// logdFacility is where the logging daemon of the original writes unless told otherwise.
const logdFacility = "daemon"

// configLogs: without a logging daemon, use_logd alone means syslog.
func configLogs(cfg *hacf.Config) hacf.Logs {
	logs := hacf.Logs{Logfile: cfg.Logfile, Debugfile: cfg.Debugfile, Facility: cfg.LogFacility, Plain: !cfg.SyslogMsgFmt}
	if cfg.UseLogd && logs.Logfile == "" && logs.Debugfile == "" && logs.Facility == "" {
		logs.Facility = logdFacility
	}
	return logs
}

// newLog makes a log of this process that also writes to stderr, unless that is nil.
func newLog(logs hacf.Logs, entity string, stderr io.Writer) *halog.Daemon {
	account := lookupAccount()
	return halog.NewDaemon(halog.DaemonConfig{Entity: entity, Host: unameN(), PID: os.Getpid(), Targets: targets(logs),
		Owner: halog.Owner{UID: account.UID, GID: account.GID}, Stderr: stderr})
}

func closeLog(log *halog.Daemon) {
	ctx, cancel := context.WithTimeout(context.Background(), flushTime)
	defer cancel()
	log.Close(ctx)
}

// report writes what was found while the configuration was read: to stderr, and from the
// directive that names a log file on to that file too. A reincarnated daemon has no stderr.
func (c *command) report(lines []hacf.Line) {
	log := newLog(hacf.Logs{}, c.program, c.stderr)
	for _, line := range lines {
		if line.Level == "" {
			log.Raw(line.Text)
			continue
		}
		log.SetTargets(targets(line.Logs))
		log.Log(halog.Level(line.Level), line.Text)
	}
	closeLog(log)
}

// reporter writes single lines of the command itself.
func (c *command) reporter(logs hacf.Logs) func(level halog.Level, text string) {
	return func(level halog.Level, text string) {
		log := newLog(logs, c.program, c.stderr)
		log.Log(level, text)
		closeLog(log)
	}
}
