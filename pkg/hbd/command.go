package hbd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/proc"
)

// Exit codes of the heartbeat command (tools spec 2).
const (
	exitOK            = 0
	exitGeneric       = 1 // also: status, dead with a pid file left
	exitUsage         = 2
	exitStopped       = 3 // status: not running
	exitDenied        = 4
	exitNotConfigured = 6
)

// longVersion is what -V and the client API tell.
const longVersion = hacf.Version + " (node: 958e11be8686759f1b99204c17812f2c2633b169)"

const usage = `
Usage: heartbeat [-dDkMrRsvWlVf] [-C Current-resource-state]
	-C only valid with -R
	-r is mutually exclusive with -R
`

// options are the flags of the command line.
type options struct {
	set   map[byte]int
	state string // of -C
}

func (o options) has(flag byte) bool { return o.set[flag] > 0 }

// command is one call of the heartbeat program.
type command struct {
	paths          Paths
	name           string // as called, for getopt's complaint
	program        string // its base name, for texts
	stdout, stderr io.Writer
	opts           options
}

// Main is the heartbeat command.
func Main(args []string, _ io.Reader, stdout, stderr io.Writer, _ []string) int {
	c := command{paths: SystemPaths(), name: args[0], program: path.Base(args[0]), stdout: stdout, stderr: stderr}
	if proc.IsDaemon(daemonMark) {
		c.name, c.program = c.paths.LibexecDir+"/heartbeat", "heartbeat"
	}
	opts, err := parseOptions(args[1:])
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n%s", c.name, err, usage)
		return exitUsage
	}
	c.opts = opts
	return c.run()
}

// parseOptions reads the flags as getopt(3) does. Surplus arguments are ignored.
func parseOptions(args []string) (options, error) {
	o := options{set: map[byte]int{}}
	for i := 0; i < len(args); i++ {
		word := args[i]
		if word == "--" || len(word) < 2 || word[0] != '-' {
			break
		}
		for j := 1; j < len(word); j++ {
			flag := word[j]
			if !strings.ContainsRune("dDkMrRsvWlCVf", rune(flag)) {
				return o, fmt.Errorf("invalid option -- '%c'", flag)
			}
			o.set[flag]++
			if flag != 'C' {
				continue
			}
			if o.state = word[j+1:]; o.state == "" {
				if i++; i == len(args) {
					return o, errors.New("option requires an argument -- 'C'")
				}
				o.state = args[i]
			}
			break
		}
	}
	return o, nil
}

// run acts on the flags in the original's order of precedence.
func (c *command) run() int {
	o := c.opts
	switch {
	case o.has('V'):
		fmt.Fprintln(c.stdout, longVersion)
		return exitOK
	case o.has('C') && !o.has('R') || o.has('r') && o.has('R'):
		fmt.Fprint(c.stderr, usage)
		return exitUsage
	case o.has('D'):
		return c.defaults()
	case o.has('k'):
		return c.kill()
	case o.has('s'):
		return c.status()
	case o.has('R') && !c.reincarnated():
		return c.restartByHand()
	case o.has('r'):
		return c.reload()
	}
	return c.start()
}

func (c *command) defaults() int {
	write := hacf.WriteDefaults
	if c.opts.has('W') {
		write = hacf.WriteWiki
	}
	if write(c.stdout) != nil {
		return exitGeneric
	}
	return exitOK
}

// running returns the pid of the daemon, if it runs.
func (c *command) running() (int, bool) {
	pid, err := proc.ReadPID(c.paths.PIDFile)
	return pid, err == nil && pid != os.Getpid() && proc.Runs(pid, "heartbeat")
}

// status needs no client API and works for any user. A pid file without a process is a daemon
// that died; none at all is one that was stopped (LSB: 1 and 3).
func (c *command) status() int {
	if pid, ok := c.running(); ok {
		host := strings.ToLower(unameN())
		fmt.Fprintf(c.stdout, "%s OK [pid %d et al] is running on %s [%s]...\n", c.program, pid, host, nodeName(c.paths))
		return exitOK
	}
	fmt.Fprintf(c.stdout, "%s is stopped. No process\n", c.program)
	if _, err := proc.ReadPID(c.paths.PIDFile); err == nil {
		return exitGeneric
	}
	return exitStopped
}

// kill sends SIGTERM and waits until the daemon is gone, however long its scripts take.
func (c *command) kill() int {
	pid, ok := c.running()
	if !ok {
		fmt.Fprintln(c.stderr, "INFO: Heartbeat already stopped.")
		return exitOK
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		fmt.Fprintf(c.stderr, "ERROR: Could not kill pid %d : %v\n", pid, sentence(err))
		if errors.Is(err, syscall.EPERM) {
			return exitDenied
		}
		return exitGeneric
	}
	for proc.Runs(pid, "heartbeat") {
		time.Sleep(20 * time.Millisecond)
	}
	return exitOK
}

// sentence writes an errno as strerror(3) does.
func sentence(err error) string {
	text := err.Error()
	var number syscall.Errno
	if errors.As(err, &number) {
		text = number.Error()
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// restartByHand refuses -R from anybody but the daemon itself.
func (c *command) restartByHand() int {
	if pid, ok := c.running(); ok {
		fmt.Fprintf(c.stderr, "ERROR: Heartbeat already running [pid %d].\n", pid)
		return exitGeneric
	}
	c.reporter(hacf.Logs{})("ERROR", "heartbeat is not running.")
	return exitNotConfigured
}

// reload asks the running daemon to read its files again, if they are good.
func (c *command) reload() int {
	pid, ok := c.running()
	if !ok {
		return c.start()
	}
	l := load(c.paths, hostEnv(c.paths), false).advised(c.paths)
	if l.failed { // without the line that ends the refusal of a start
		l.lines = l.lines[:len(l.lines)-1]
	}
	c.report(l.lines)
	say := c.reporter(l.logs)
	if l.failed {
		say("info", fmt.Sprintf("Config errors: Heartbeat pid %d NOT restarted", pid))
		return refusal(l, exitGeneric)
	}
	say("info", fmt.Sprintf("Signalling heartbeat pid %d to reread config files", pid))
	if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
		say("ERROR", fmt.Sprintf("Could not signal pid %d: %v", pid, sentence(err)))
		return exitGeneric
	}
	return exitOK
}

func refusal(l loaded, code int) int {
	if l.denied {
		return exitDenied
	}
	return code
}

// start checks the configuration in the foreground and becomes a daemon, or with -f does the
// daemon's work itself.
func (c *command) start() int {
	if proc.IsDaemon(daemonMark) {
		return c.daemon(load(c.paths, hostEnv(c.paths), false))
	}
	if c.reincarnated() { // says what a start command says: there was none
		l := load(c.paths, hostEnv(c.paths), true).advised(c.paths)
		if !l.failed {
			c.report(l.lines)
		}
		return c.daemon(l)
	}
	if pid, ok := c.running(); ok {
		c.reporter(hacf.Logs{})("info", fmt.Sprintf("heartbeat: already running [pid %d].", pid))
		return exitOK
	}
	l := load(c.paths, hostEnv(c.paths), true).advised(c.paths)
	c.report(l.lines)
	if l.failed {
		return refusal(l, exitNotConfigured)
	}
	if c.opts.has('v') {
		hacf.WriteConfig(c.stdout, l.cfg)
	}
	if c.opts.has('f') {
		return c.daemon(l)
	}
	return c.spawn(l)
}

// spawn starts the daemon and waits for its word, so that a port in use or a missing device is
// an error of the start command, not a line in a log.
func (c *command) spawn(l loaded) int {
	s := proc.Spawn{Title: daemonTitle, Args: c.daemonArgs(), Env: os.Environ(), Dir: "/", Mark: daemonMark, Wait: 20 * time.Second}
	code, text, err := s.Start()
	if err != nil {
		c.reporter(l.logs)("ERROR", err.Error())
		return exitGeneric
	}
	if code != 0 {
		fmt.Fprint(c.stderr, text)
	}
	return code
}

// daemonArgs are the flags that the daemon needs to know.
func (c *command) daemonArgs() []string {
	var args []string
	for _, flag := range "dMl" {
		for range c.opts.set[byte(flag)] {
			args = append(args, "-"+string(flag))
		}
	}
	return args
}

// reincarnated says whether this process was a heartbeat daemon before: it executed itself
// again, under the same pid.
func (c *command) reincarnated() bool {
	pid, err := proc.ReadPID(c.paths.PIDFile)
	return c.opts.has('R') && err == nil && pid == os.Getpid()
}

// resume is what a reincarnated daemon goes on holding; nil for a fresh start.
func (c *command) resume() *cluster.Hold {
	if !c.opts.has('R') || !c.opts.has('C') {
		return nil
	}
	hold, ok := cluster.ParseHold(c.opts.state)
	if !ok {
		return nil
	}
	return &hold
}
