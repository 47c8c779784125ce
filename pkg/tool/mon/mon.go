// Package mon is the verbs "systole mon", which runs a mon.cf as mon(8) does, and "systole
// monitor", which calls one of the monitors and alerts that are inside.
//
//	systole mon -f -c /etc/mon/mon.cf          or, under the name mon:  mon -f -c /etc/mon/mon.cf
//	systole monitor http.monitor HOST...       or, under its name:      http.monitor HOST...
package mon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	moncf "systole/compat/mon"
	"systole/pkg/diag"
	"systole/pkg/monitor"
	"systole/pkg/monitor/mond"
	"systole/pkg/proc"
	"systole/pkg/tool"
)

// The exit codes of mon.
const (
	exitDone    = 0
	exitFailed  = 1
	exitRefused = 2
)

// mark tells the program that it is the daemon.
const mark = "SYSTOLE_MON_DAEMON"

// Verb describes "systole mon".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "mon", Args: "", Summary: "monitor services as mon does, with its mon.cf", Setup: setup,
		About: `Reads a mon.cf and runs its monitors and alerts, as mon does: a file in mondir or
alertdir is executed; for http.monitor, tcp.monitor, ping.monitor, fping.monitor,
lvs.alert and ipvs.alert that are not there the ones inside stand in. SIGHUP reads
the file again, SIGTERM ends it. Not there: the client port, traps, dependencies.

With --check the file is read, and what is wrong with it is told: lines that a blank
line cuts off from their record, dashes that are no minus signs, what has no effect.
`,
		Exits: []tool.Exit{
			{Code: exitDone, Meaning: "ended by a signal; with -f, started; with --check, nothing is wrong"},
			{Code: exitFailed, Meaning: "it could not be started, or runs already"},
			{Code: exitRefused, Meaning: "the file is refused"},
		},
	}
}

// options are those of the command line; those of mon that change nothing here are taken and left.
type options struct {
	conf, pidFile, alertDir, monDir, baseDir, cfBaseDir, logDir, stateDir, facility, randStart string
	maxProcs                                                                                   int
	daemon, check, lenient, version                                                            bool
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.StringVarP(&o.conf, "config", "c", "/etc/mon/mon.cf", "the configuration `FILE`")
	flags.BoolVarP(&o.daemon, "daemon", "f", false, "go into the background")
	flags.BoolVar(&o.check, "check", false, "say what is wrong with the file, and end")
	flags.BoolVar(&o.lenient, "lenient", false, "a blank line does not end a watch if indented lines follow")
	flags.StringVarP(&o.pidFile, "pidfile", "P", "", "`FILE` for the process id")
	flags.StringVarP(&o.alertDir, "alertdir", "a", "", "look for alerts in `DIRS`, separated by colons")
	flags.StringVarP(&o.monDir, "mondir", "s", "", "look for monitors in `DIRS`")
	flags.StringVarP(&o.baseDir, "basedir", "b", "", "relative directories begin at `DIR`")
	flags.StringVarP(&o.cfBaseDir, "cfbasedir", "B", "", "`DIR` of configuration files")
	flags.StringVarP(&o.logDir, "logdir", "L", "", "`DIR` for logs of monitors")
	flags.StringVarP(&o.stateDir, "statedir", "D", "", "`DIR` for states of monitors")
	flags.StringVarP(&o.facility, "facility", "O", "", "syslog `FACILITY`")
	flags.IntVarP(&o.maxProcs, "maxprocs", "m", -1, "run at most `N` monitors at a time")
	flags.StringVarP(&o.randStart, "randstart", "r", "", "spread the first runs over `TIME`, such as 30s")
	flags.BoolVarP(&o.version, "version", "v", false, "print whose mon it is")
	ignored(flags)
	return func(c tool.Call) int { return o.run(c) }
}

// ignored declares options of mon that change nothing here.
func ignored(flags *pflag.FlagSet) {
	for _, f := range []struct{ name, short string }{{"tick", "i"}, {"port", "p"}, {"trapport", "t"}, {"history", "k"}, {"authfile", "A"}, {"loadstate", "l"}} {
		flags.StringP(f.name, f.short, "", "no effect here")
	}
	flags.Lookup("loadstate").NoOptDefVal = "all"
	flags.BoolP("debug", "d", false, "no effect here")
	flags.BoolP("stopped", "S", false, "no effect here")
}

func (o *options) run(c tool.Call) int {
	switch {
	case len(c.Args) > 0:
		return c.Wrong("mon", "what is %q?", c.Args[0])
	case o.version:
		fmt.Fprintln(c.Stdout, "mon of Systole")
		return exitDone
	case strings.HasSuffix(o.conf, ".m4"):
		return c.Failed("mon", exitRefused, fmt.Errorf("%s: run m4 yourself: m4 %s >mon.cf", o.conf, o.conf))
	}
	cfg, found, err := o.read()
	if err != nil {
		return c.Failed("mon", exitFailed, err)
	}
	for _, d := range found {
		if d.Severity != diag.Note || o.check {
			fmt.Fprintln(c.Stderr, d)
		}
	}
	switch {
	case diag.Failed(found):
		proc.Ready(mark, exitRefused, "")
		return exitRefused
	case o.check:
		return exitDone
	case o.daemon && !proc.IsDaemon(mark):
		return o.spawn(c)
	}
	return o.serve(c, cfg)
}

// read reads the file and puts the command line over it.
func (o *options) read() (*monitor.Config, []diag.Diagnostic, error) {
	text, err := os.ReadFile(o.conf)
	if err != nil {
		return nil, nil, err
	}
	cfg, found := moncf.Read(o.conf, text, moncf.Options{Lenient: o.lenient})
	for _, v := range []struct {
		value string
		to    *string
	}{
		{o.baseDir, &cfg.BaseDir}, {o.cfBaseDir, &cfg.CFBaseDir}, {o.logDir, &cfg.LogDir}, {o.stateDir, &cfg.StateDir},
		{o.pidFile, &cfg.PIDFile}, {o.facility, &cfg.Facility},
	} {
		if v.value != "" {
			*v.to = v.value
		}
	}
	if o.alertDir != "" {
		cfg.AlertDirs = strings.Split(o.alertDir, ":")
	}
	if o.monDir != "" {
		cfg.MonDirs = strings.Split(o.monDir, ":")
	}
	if o.maxProcs >= 0 {
		cfg.MaxProcs = o.maxProcs
	}
	if o.randStart != "" {
		if cfg.RandStart, err = moncf.Interval(o.randStart); err != nil {
			return nil, nil, fmt.Errorf("--randstart: %w", err)
		}
	}
	return cfg, found, nil
}

// spawn starts the daemon from this very program and waits for its word.
func (o *options) spawn(c tool.Call) int {
	conf, err := filepath.Abs(o.conf)
	if err != nil {
		return c.Failed("mon", exitFailed, err)
	}
	args := slices.Concat(os.Args[1:], []string{"-c", conf}) // the last one counts
	if filepath.Base(os.Args[0]) != "mon" {
		args = args[1:] // the verb: the daemon's name says it
	}
	code, text, err := proc.Spawn{Title: "mon", Args: args, Env: os.Environ(), Dir: "/", Mark: mark, Wait: 10 * time.Second}.Start()
	switch {
	case err != nil:
		return c.Failed("mon", exitFailed, err)
	case code != 0:
		return c.Failed("mon", code, errors.New(text))
	}
	return exitDone
}

// pidPath is where the process id is kept.
func pidPath(cfg *monitor.Config) string {
	if cfg.PIDFile != "" {
		return cfg.PIDFile
	}
	if info, err := os.Stat("/run/mon"); err == nil && info.IsDir() {
		return "/run/mon/mon.pid"
	}
	return "/run/mon.pid"
}

// serve is mon at work.
func (o *options) serve(c tool.Call, cfg *monitor.Config) int {
	daemon := proc.IsDaemon(mark)
	pid := pidPath(cfg)
	if err := proc.TakePIDFile(pid, "mon"); err != nil {
		proc.Ready(mark, exitFailed, err.Error())
		return c.Failed("mon", exitFailed, err)
	}
	defer proc.RemovePIDFile(pid)
	var screen io.Writer = c.Stderr
	if daemon {
		screen = nil
		os.WriteFile("/proc/self/comm", []byte("mon"), 0) // for killall and pidof; not being able to is no harm
	}
	log := mond.NewLog(cfg.Facility, screen)
	defer log.Close()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if daemon {
		log.Write(monitor.Info, "running as daemon")
	}
	log.Write(monitor.Info, "mon server started")
	proc.Ready(mark, 0, "")
	mond.Run(ctx, mond.Options{Config: cfg, Reload: o.reloads(ctx, log), Log: log.Write, Env: os.Environ(),
		Random: rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(os.Getpid())))})
	log.Write(monitor.Info, "caught TERM signal, exiting")
	return exitDone
}

// reloads reads the file again at each SIGHUP. A file that is refused changes nothing.
func (o *options) reloads(ctx context.Context, log *mond.Log) <-chan *monitor.Config {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	out := make(chan *monitor.Config)
	go func() {
		defer signal.Stop(hup)
		for {
			select {
			case <-hup:
			case <-ctx.Done():
				return
			}
			cfg, found, err := o.read()
			if err != nil || diag.Failed(found) {
				log.Write(monitor.Err, fmt.Sprintf("the file is refused, going on as before: %v %v", found, err))
				continue
			}
			log.Write(monitor.Info, "caught HUP signal, restarting")
			select {
			case out <- cfg:
			case <-ctx.Done():
			}
		}
	}()
	return out
}
