package ldird

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"systole/pkg/proc"
)

// daemonMark tells a spawned daemon from a command.
const daemonMark = "LDIRECTORD_DAEMON"

// reportFD is the pipe on which a spawned daemon reports (package proc).
const reportFD = 3

const (
	startWait   = 60 * time.Second // for the daemon's word
	stopWait    = 5 * time.Second  // a stop takes milliseconds; the machine gives up after 4 s
	restartWait = 30 * time.Second
)

func isDaemon() bool { return proc.IsDaemon(daemonMark) }

func report(code int, text string) { proc.Ready(daemonMark, code, text) }

// start becomes the daemon in the foreground, or spawns one and waits until its table is set up:
// the original returns before its first change.
func (p *Program) start() int {
	if p.running() != 0 {
		return 0
	}
	if p.foreground() {
		p.log.line(fmt.Sprintf("Starting %s with pid: %d", Version, os.Getpid()))
		return p.daemon()
	}
	p.log.line("Starting " + Version + " as daemon")
	p.log.flush()
	cwd, err := os.Getwd()
	if err != nil {
		cwd = "/"
	}
	s := proc.Spawn{Title: p.title(), Args: p.Args[1:], Env: os.Environ(), Dir: cwd, Mark: daemonMark, Wait: startWait}
	code, text, err := s.Start()
	if err != nil {
		code, text = 1, err.Error()
	}
	if text != "" {
		fmt.Fprintln(p.Stderr, text)
	}
	if err != nil {
		return p.exit(code, text)
	}
	return code
}

func (p *Program) foreground() bool { return p.opts.debug || p.config.Global.Supervised }

// title is argv[0] of the daemon; its command line must contain "ldirectord", by which every
// command, the original's too, knows it.
func (p *Program) title() string {
	if strings.Contains(strings.Join(p.Args, "\x00"), processWord) {
		return p.Args[0]
	}
	return "/usr/sbin/ldirectord"
}

// stop ends the daemon and waits until its table is gone, so that a start can follow.
func (p *Program) stop() int {
	if pid := p.running(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		p.awaitEnd(pid, stopWait)
	}
	return 0
}

func (p *Program) restart() int {
	if pid := p.running(); pid != 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
		if !p.awaitEnd(pid, restartWait) {
			fmt.Fprintf(p.Stderr, "ldirectord with pid: %d does not end\n", pid)
			return p.exit(1, "Exiting from ldirectord restart")
		}
	}
	return p.start()
}

func (p *Program) tryRestart() int {
	if p.running() == 0 {
		return 0
	}
	return p.restart()
}

func (p *Program) reload() int {
	pid := p.running()
	if pid == 0 {
		p.log.line("ldirectord is stopped for " + p.path)
		return p.exit(1, "Exiting from ldirectord "+p.command)
	}
	_ = syscall.Kill(pid, syscall.SIGHUP)
	return 0
}

// status says "running" on standard error only, so heartbeat never takes the resource for held
// and always calls start and stop (ldirectord spec 1). The instances of execute= are asked after us,
// and not at all when we are stopped, as the original does.
func (p *Program) status() int {
	const leaving = "Exiting from ldirectord status"
	if pid := p.running(); pid != 0 {
		text := fmt.Sprintf("ldirectord for %s is running with pid: %d", p.path, pid)
		fmt.Fprintln(p.Stderr, text)
		p.log.line(text)
		for _, name := range p.config.Global.Execute {
			p.runInstance(name, "status", p.Stdout, p.Stderr)
		}
		p.log.line(leaving)
		return 0
	}
	fmt.Fprintln(p.Stdout, "ldirectord is stopped for "+p.path)
	if p.stale() {
		text := fmt.Sprintf("ldirectord stale pid file %s for %s", p.shownPIDFile(), p.path)
		fmt.Fprintln(p.Stderr, text)
		p.log.line(text)
		return p.exit(1, leaving)
	}
	return p.exit(3, leaving)
}

// runInstance runs ourselves for an instance of execute=.
func (p *Program) runInstance(name, word string, stdout, stderr io.Writer) int {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, daemonMark+"=") })
	cmd := exec.Cmd{Path: "/proc/self/exe", Args: []string{p.title(), name, word}, Env: env, Stdout: stdout, Stderr: stderr}
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode()
}
