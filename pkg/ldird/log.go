package ldird

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"systole/pkg/halog"
	"systole/pkg/ldirectorcf"
)

// logWait is how long a command or the end of the daemon waits for a slow disk.
const logWait = time.Second

// logger is the log, which goes where the options and the configuration say, and the monitor
// files. No method but flush and close blocks.
type logger struct {
	usual    string // the log file of a configuration that names none
	stdout   io.Writer
	debug    bool
	monitors *monitorFiles

	mu  sync.Mutex // guards the rest: mailer and watcher log, too
	cfg halog.DirectorConfig
	out *halog.Director
}

// defaultLog is what the parser gives for a file without logfile=.
const defaultLog = "/var/log/ldirectord.log"

func (p *Program) newLogger() *logger {
	l := &logger{usual: p.LogFile, stdout: p.Stdout, debug: p.opts.debug, monitors: newMonitorFiles(p.Stderr),
		cfg: halog.DirectorConfig{Instance: p.instance, PID: os.Getpid(), Target: p.LogFile, Stderr: p.Stderr}}
	if l.debug {
		l.cfg.Target, l.cfg.Copy = "", twice{p.Stderr}
	}
	l.out = halog.NewDirector(l.cfg)
	return l
}

// twice writes a line as -d does: once with a mark and once without.
type twice struct{ w io.Writer }

func (t twice) Write(line []byte) (int, error) {
	_, err := fmt.Fprintf(t.w, "DEBUG2: %s%s", line, line)
	return len(line), err
}

// to sends what follows where the configuration says.
func (l *logger) to(g ldirectorcf.Global) {
	if l.debug {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case g.Supervised && l.cfg.Copy == nil:
		l.cfg.Target, l.cfg.Copy, l.cfg.CopyDated = "", l.stdout, true
		l.renew()
		return
	case g.Supervised:
		return
	case g.LogFile == defaultLog:
		l.cfg.Target = l.usual
	default:
		l.cfg.Target = g.LogFile
	}
	l.out.SetTarget(l.cfg.Target)
}

// line logs a line.
func (l *logger) line(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out.Log(text)
}

// trace logs what only -d shows.
func (l *logger) trace(what fmt.Stringer) {
	if l.debug {
		fmt.Fprintln(l.cfg.Stderr, "DEBUG2: "+what.String())
	}
}

// flush waits until everything logged so far is written.
func (l *logger) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renew()
}

func (l *logger) renew() {
	l.end()
	l.out = halog.NewDirector(l.cfg)
}

func (l *logger) end() {
	ctx, cancel := context.WithTimeout(context.Background(), logWait)
	defer cancel()
	_ = l.out.Close(ctx)
}

// close flushes log and monitor files; what follows is lost.
func (l *logger) close() {
	l.monitors.close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end()
}

// monitorLine is one line of one monitor file.
type monitorLine struct{ file, text string }

// monitorFiles writes monitor lines in a goroutine of its own, opening the file for each. The
// original dies when it cannot write one.
type monitorFiles struct {
	stderr io.Writer
	queue  chan monitorLine
	done   chan struct{}
}

func newMonitorFiles(stderr io.Writer) *monitorFiles {
	m := &monitorFiles{stderr: stderr, queue: make(chan monitorLine, 4096), done: make(chan struct{})}
	go m.run()
	return m
}

// add queues a line with the time and our pid (ldirectord spec 12). A disk that is slower than
// the checks loses lines.
func (m *monitorFiles) add(file, text string) {
	line := fmt.Sprintf("[%s] [%d] %s\n", time.Now().Format(time.ANSIC), os.Getpid(), text)
	select {
	case m.queue <- monitorLine{file, line}:
	default:
	}
}

func (m *monitorFiles) run() {
	defer close(m.done)
	for l := range m.queue {
		if err := appendTo(l.file, l.text); err != nil {
			fmt.Fprintln(m.stderr, "monitorfile: "+err.Error())
		}
	}
}

// close writes what is queued.
func (m *monitorFiles) close() {
	close(m.queue)
	select {
	case <-m.done:
	case <-time.After(logWait):
	}
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}
