package halog

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Targets are where a daemon's lines go. All may be empty.
type Targets struct {
	Logfile   string // every line but debug
	Debugfile string // every line
	Facility  string // syslog facility, every line; "" and "none" are none
	Plain     bool   // syslogmsgfmt false: the other format in the files
}

// DaemonConfig makes a Daemon.
type DaemonConfig struct {
	Entity string // heartbeat or ipfail
	Host   string // uname -n as it is
	PID    int
	Targets
	Owner      Owner
	Stderr     io.Writer        // gets every line too, until Detach; may be nil
	SyslogPath string           // "" is /dev/log
	Now        func() time.Time // nil is time.Now
}

// Daemon is the log of heartbeat or ipfail. All methods may be called from any goroutine and
// none blocks but Close.
type Daemon struct {
	q    queue
	mu   sync.Mutex // guards cfg and sinks
	cfg  DaemonConfig
	open sinks
}

// sinks are the targets that lines of a log go to now; nil where there is none.
type sinks struct {
	logfile, debugfile, syslog, stderr sink
	facility                           int
}

// NewDaemon makes a log. It opens nothing before the first line.
func NewDaemon(cfg DaemonConfig) *Daemon {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Daemon{cfg: cfg}
	d.q.lost = d.lost
	if cfg.Stderr != nil {
		d.open.stderr = &stream{w: cfg.Stderr}
	}
	d.SetTargets(cfg.Targets)
	return d
}

// SetTargets changes where lines go from now on: while ha.cf is read, a line goes where the
// directives above it say.
func (d *Daemon) SetTargets(t Targets) {
	d.mu.Lock()
	old := d.open
	d.cfg.Targets = t
	d.open.logfile = d.fileFor(t.Logfile, old.logfile)
	d.open.debugfile = d.fileFor(t.Debugfile, old.debugfile)
	if d.oneFile() {
		d.open.logfile = nil
	}
	d.open.syslog = nil
	if code, ok := facilityCode(t.Facility); ok {
		d.open.facility, d.open.syslog = code, old.syslog
		if old.syslog == nil {
			d.open.syslog = newSyslog(d.cfg.SyslogPath)
		}
	}
	replaced := d.open.missing(old)
	d.mu.Unlock()
	d.q.put(replaced)
}

// oneFile says whether both file directives name the same file: it gets each line once.
func (d *Daemon) oneFile() bool { return d.cfg.Logfile == d.cfg.Debugfile && d.cfg.Logfile != "" }

// fileFor keeps the sink of an unchanged path.
func (d *Daemon) fileFor(path string, old sink) sink {
	if !isFile(path) {
		return nil
	}
	if f, ok := old.(*file); ok && f.path == path {
		return f
	}
	return &file{path: path, owner: d.cfg.Owner, rotated: d.rotated}
}

// missing makes the record that closes the sinks of old that o does not have.
func (o sinks) missing(old sinks) []delivery {
	var record []delivery
	for _, s := range []sink{old.logfile, old.debugfile, old.syslog} {
		if s != nil && s != o.logfile && s != o.debugfile && s != o.syslog {
			record = append(record, delivery{to: closing{s}})
		}
	}
	return record
}

// Detach stops the copies to stderr: nothing goes there once the daemon is in the background.
func (d *Daemon) Detach() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open.stderr = nil
}

// Log writes one line.
func (d *Daemon) Log(level Level, text string) { d.LogAs(d.cfg.PID, level, text) }

// Logf is Log with a format.
func (d *Daemon) Logf(level Level, format string, args ...any) {
	d.Log(level, fmt.Sprintf(format, args...))
}

// LogAs writes one line in the name of another process, such as a child about to be executed.
func (d *Daemon) LogAs(pid int, level Level, text string) { d.q.put(d.record(pid, level, text)) }

// Raw writes a text to stderr alone and without a prefix, as the original does with a few
// faults of ha.cf.
func (d *Daemon) Raw(text string) {
	d.mu.Lock()
	stderr := d.open.stderr
	d.mu.Unlock()
	if stderr != nil {
		d.q.put([]delivery{{stderr, text + "\n"}})
	}
}

// Flush waits until what is queued has been written, but no longer than limit: the system's logger may
// hang.
func (d *Daemon) Flush(limit time.Duration) {
	written := make(reached)
	if !d.q.try([]delivery{{to: written}}) {
		return
	}
	select {
	case <-written:
	case <-time.After(limit):
	}
}

// Close writes what is queued and ends the log; later lines are lost.
func (d *Daemon) Close(ctx context.Context) error {
	d.SetTargets(Targets{})
	return d.q.close(ctx)
}

func (d *Daemon) record(pid int, level Level, text string) []delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, text := d.cfg.Now(), oneLine(text)
	line := d.format(at, pid, level, text)
	var record []delivery
	if d.open.logfile != nil && level != Debug {
		record = append(record, delivery{d.open.logfile, line})
	}
	if d.open.debugfile != nil {
		record = append(record, delivery{d.open.debugfile, line})
	}
	if d.open.syslog != nil {
		record = append(record, delivery{d.open.syslog,
			packet(at, d.open.facility, level.severity(), d.cfg.Entity, fmt.Sprintf("[%d]: %s: %s", pid, level, text))})
	}
	if d.open.stderr != nil {
		record = append(record, delivery{d.open.stderr, line})
	}
	return record
}

func (d *Daemon) format(at time.Time, pid int, level Level, text string) string {
	if d.cfg.Plain {
		return plainLine(at, d.cfg.Entity, pid, level, text)
	}
	return daemonLine(at, d.cfg.Host, d.cfg.Entity, pid, level, text)
}

func (d *Daemon) lost(n int64) []delivery {
	return d.record(d.cfg.PID, Warn, lostText(n))
}

func lostText(n int64) string {
	return fmt.Sprintf("%d log lines were dropped: the log could not be written fast enough", n)
}

// rotated is the first line of a file that took the place of another. The writer calls it.
func (d *Daemon) rotated(path string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.format(d.cfg.Now(), d.cfg.PID, Info, "log-rotate detected on logfile "+path)
}
