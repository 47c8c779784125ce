package hbd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/logd"
)

// flushTime is how long the end of a program waits for its last log lines.
const flushTime = 5 * time.Second

func targets(logs hacf.Logs) halog.Targets {
	return halog.Targets{Logfile: logs.Logfile, Debugfile: logs.Debugfile, Facility: logs.Facility, Plain: logs.Plain}
}

// findLogs finds out where lines go: where ha.cf says, or where the logging daemon would write them.
func (l *loaded) findLogs(p Paths) {
	cfg := l.cfg
	l.logs = hacf.Logs{Logfile: cfg.Logfile, Debugfile: cfg.Debugfile, Facility: cfg.LogFacility, Plain: !cfg.SyslogMsgFmt}
	if !cfg.UseLogd || cfg.Logfile != "" || cfg.Debugfile != "" || cfg.LogFacility != "" {
		return
	}
	c, err := logdConfig(p.LogdConf)
	l.logs = hacf.Logs{Logfile: c.Logfile, Debugfile: c.Debugfile, Facility: c.Facility, Plain: c.Plain}
	if err != nil {
		l.say(hacf.Line{Level: "WARN", Text: fmt.Sprintf("%s: %v; syslog is used", p.LogdConf, err)})
	}
}

// logdConfig reads logd.cf, which need not be there.
func logdConfig(path string) (logd.Config, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return logd.Default(), nil
	}
	if err != nil {
		return logd.Default(), err
	}
	return logd.ParseConfig(string(text))
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
