package ldird

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/check"
	"systole/pkg/director"
	"systole/pkg/drpath"
	"systole/pkg/findings/source"
	"systole/pkg/ipvs"
	"systole/pkg/metrics"
	"systole/pkg/proc"
	"systole/pkg/state"
)

// daemon joins the machine to the world. Only the goroutine of run touches it.
type daemon struct {
	p      *Program
	m      director.Machine
	ctx    context.Context // of everything the daemon starts
	events chan director.Event
	asks   chan func() // to be done by the loop
	path   string      // of the configuration file, from the root

	env       *check.Env
	targets   map[string]check.Target // by identity string, of the current configuration
	prepare   check.Targets
	checks    map[string]running
	kernel    chan director.Action
	counts    chan chan []ipvs.EntryStats // questions for the kernel's counters
	counted   lastCounters
	story     *story
	metrics   *metrics.Server
	orders    *orderFile
	pending   map[uint64]chan<- state.Answer // orders that have not been answered
	asked     uint64
	shells    shells
	instances sync.WaitGroup // commands for execute= instances
	mail      *mailer
	watch     *watcher
	maint     *maintenance
	paths     drpath.Prober

	pace   time.Duration // between two ticks, at least
	ticked time.Time

	ended bool
	code  int
	text  string
}

// running is a check under way.
type running struct {
	seq    uint64
	cancel context.CancelFunc
}

// daemon runs the director until it is told to stop, and returns the exit code.
func (p *Program) daemon() int {
	lazyTimers()
	fitRuntime(p.config)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, append(stopSignals(), syscall.SIGHUP)...)
	signal.Ignore(syscall.SIGPIPE)
	defer signal.Stop(signals)
	if isDaemon() {
		syscall.CloseOnExec(reportFD) // or a command we run could keep start waiting
	}
	if !p.foreground() {
		switch err := p.claim(); {
		case errors.Is(err, proc.ErrRunning):
			report(0, "")
			return 0
		case err != nil:
			return p.failStart("Can not open " + p.shownPIDFile())
		}
	}
	defer proc.RemovePIDFile(p.pidFile())
	path, err := filepath.Abs(p.path)
	if err != nil {
		return p.failStart(err.Error())
	}
	_ = os.Chdir("/")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := &daemon{
		p: p, ctx: ctx, path: path,
		events:  make(chan director.Event, 64),
		asks:    make(chan func(), 64),
		env:     check.System(p.hostname, searchDomains("/etc/resolv.conf")),
		targets: map[string]check.Target{},
		checks:  map[string]running{},
		kernel:  make(chan director.Action, 1),
		counts:  make(chan chan []ipvs.EntryStats),
		story:   newStory(),
		orders:  newOrderFile(p.ordersFile(), p.log.line),
		pending: map[uint64]chan<- state.Answer{},
	}
	return d.run(signals)
}

func (p *Program) failStart(text string) int {
	report(1, text)
	if p.foreground() {
		p.log.line(text)
	}
	return p.exit(1, text)
}

// run is the loop. Every part that works beside it is started here.
func (d *daemon) run(signals <-chan os.Signal) int {
	d.mail = newMailer(d.p.hostname, d.p.Sendmail, d.p.log.line)
	d.watch = d.newWatcher()
	d.maint = newMaintenance(d.send)
	d.openObservers()
	go d.serveKernel()
	go d.watch.run(d.ctx)
	d.maint.use(d.p.config)
	d.usePaths(d.p.config)
	d.step(d.maint.look())
	go d.maint.run(d.ctx)
	d.step(director.Ordered{Orders: d.orders.read()})
	for _, text := range source.Director(d.path) {
		d.p.log.line(text)
	}
	d.step(director.Configured{Config: d.p.config})
	d.openSockets()
	timer := time.NewTimer(0)
	defer timer.Stop()
	d.pace = paceOf(d.p.config)
	for !d.ended {
		timer.Reset(d.untilNext())
		select {
		case ev := <-d.events:
			d.step(ev)
		case do := <-d.asks:
			do()
		case s := <-signals:
			d.signal(s)
		case <-timer.C:
			d.ticked = time.Now()
			d.step(director.Tick{})
		}
	}
	return d.end()
}

func (d *daemon) untilNext() time.Duration {
	next, ok := d.m.Next()
	if !ok {
		return time.Hour
	}
	return max(time.Until(next), time.Until(d.ticked.Add(d.pace)), 0)
}

func (d *daemon) step(ev director.Event) {
	if r, ok := ev.(director.Reloaded); ok && r.Config != nil {
		d.adopt(r.Config)
	}
	for _, a := range d.m.Step(time.Now(), ev) {
		d.do(a)
	}
}

// send delivers an event from another goroutine.
func (d *daemon) send(ev director.Event) {
	select {
	case d.events <- ev:
	case <-d.ctx.Done():
	}
}

// ask has the loop do something.
func (d *daemon) ask(do func()) {
	select {
	case d.asks <- do:
	case <-d.ctx.Done():
	}
}

// stopSignals are all that mean an orderly stop (ldirectord spec 2).
func stopSignals() []os.Signal {
	return []os.Signal{
		syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGILL, syscall.SIGABRT, syscall.SIGFPE,
		syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGSYS, syscall.SIGXCPU, syscall.SIGXFSZ,
	}
}

func (d *daemon) signal(s os.Signal) {
	if s == syscall.SIGHUP {
		d.step(director.Hangup{})
		return
	}
	name := s.String()
	if n, ok := s.(syscall.Signal); ok {
		name = unix.SignalName(n)[len("SIG"):]
	}
	d.step(director.Stop{Signal: name})
}

// end leaves: the log is complete and the table gone before the pid file is removed, because
// that is what stop waits for; alerts on their way have some seconds more.
func (d *daemon) end() int {
	d.awaitInstances()
	d.closeSockets() // while the pid file still keeps another daemon out
	d.orders.close()
	d.paths.Close()
	code := d.p.exit(d.code, d.text)
	if d.code != 0 && d.p.foreground() {
		_, _ = d.p.Stderr.Write([]byte(d.text + "\n"))
	}
	d.p.log.flush()
	proc.RemovePIDFile(d.p.pidFile())
	report(d.code, d.text)
	d.story.hooks.Close()
	d.mail.drain(mailDrain)
	return code
}

// awaitInstances waits for the stop of execute= instances, within reason.
func (d *daemon) awaitInstances() {
	done := make(chan struct{})
	go func() {
		d.instances.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(stopWait):
	}
}
