package halog

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// DirectorConfig makes the log of ldirectord.
type DirectorConfig struct {
	Instance   string // name of the configuration file
	PID        int
	Target     string           // value of logfile: a path with a leading /, or a syslog facility; "" for none
	Stderr     io.Writer        // gets the lines that the file does not take
	Copy       io.Writer        // gets every line too, for -d and supervised; may be nil
	CopyDated  bool             // Copy has "[date] " before the text, as supervised has
	SyslogPath string           // "" is /dev/log
	Now        func() time.Time // nil is time.Now
}

// Director is the log of ldirectord (ldirectord spec 12). Its file is opened for each line, so
// rotation needs nothing. All methods may be called from any goroutine and none blocks but
// Close.
type Director struct {
	q      queue
	mu     sync.Mutex // guards the rest
	cfg    DirectorConfig
	target sink
	code   int
	copy   sink
	stderr *stream
}

// NewDirector makes a log. It opens nothing before the first line.
func NewDirector(cfg DirectorConfig) *Director {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &Director{cfg: cfg}
	d.q.lost = func(n int64) []delivery { return d.record(lostText(n)) }
	if cfg.Stderr != nil {
		d.stderr = &stream{w: cfg.Stderr}
	}
	if cfg.Copy != nil {
		d.copy = &stream{w: cfg.Copy}
	}
	d.SetTarget(cfg.Target)
	return d
}

// SetTarget changes where lines go from now on, as a reread configuration may.
func (d *Director) SetTarget(target string) {
	d.mu.Lock()
	old := d.target
	d.target = nil
	if strings.HasPrefix(target, "/") {
		d.target = briefFile{path: target, failed: d.fallback}
	} else if code, ok := facilityCode(target); ok {
		d.target, d.code = newSyslog(d.cfg.SyslogPath), code
	}
	d.mu.Unlock()
	if old != nil {
		d.q.put([]delivery{{to: closing{old}}})
	}
}

// SetPID changes the process that the lines name, after the daemon has gone into the background.
func (d *Director) SetPID(pid int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cfg.PID = pid
}

// fallback writes to stderr what the log file did not take. The writer calls it.
func (d *Director) fallback(text string) {
	if d.stderr != nil {
		d.stderr.write(text)
	}
}

// Log writes one line.
func (d *Director) Log(text string) {
	d.q.put(d.record(text))
}

// Logf is Log with a format.
func (d *Director) Logf(format string, args ...any) { d.Log(fmt.Sprintf(format, args...)) }

// Close writes what is queued and ends the log; later lines are lost.
func (d *Director) Close(ctx context.Context) error {
	d.SetTarget("")
	return d.q.close(ctx)
}

func (d *Director) record(text string) []delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, text := d.cfg.Now(), oneLine(text)
	var record []delivery
	switch target := d.target.(type) {
	case *syslog:
		ident := fmt.Sprintf("ldirectord[%d]", d.cfg.PID)
		record = append(record, delivery{target, packet(at, d.code, severityInfo, ident, text)})
	case briefFile:
		record = append(record, delivery{target, directorLine(at, d.cfg.Instance, d.cfg.PID, text)})
	}
	if d.copy != nil {
		record = append(record, delivery{d.copy, d.copyLine(at, text)})
	}
	return record
}

func (d *Director) copyLine(at time.Time, text string) string {
	if d.cfg.CopyDated {
		return fmt.Sprintf("[%s] %s\n", at.Format(time.ANSIC), text)
	}
	return text + "\n"
}
