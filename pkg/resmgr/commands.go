package resmgr

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"systole/pkg/agent"
	"systole/pkg/hamsg"
	"systole/pkg/haresources"
	"systole/pkg/netif"

	"golang.org/x/sys/unix"
)

// NoArchBin is where the commands of this package are installed.
const NoArchBin = "/usr/share/heartbeat"

// command is what a …Main function works with: a Harc made from the environment.
type command struct {
	*Harc
	env            func(string) string
	stdout, stderr io.Writer
	name           string
	net            *netif.Handle
}

// begin makes a command from its environment; end must be called.
func begin(name string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) (c *command, end func(), err error) {
	net, err := netif.Open()
	if err != nil {
		return nil, nil, err
	}
	logs := agent.EnvLogs(env, stdin, stderr)
	runner := agent.New(net, logs)
	runner.Background = true
	runner.Env = agent.ScriptEnv(os.Environ())
	runner.DebugLog = env("HA_DEBUGLOG")
	runner.Dirs[0] = or(env("HA_RESOURCEDIR"), runner.Dirs[0])
	runner.StateDir = or(env("HA_RSCTMP"), runner.StateDir)
	runner.BinDir = or(env("HA_BIN"), runner.BinDir)
	runner.OCFRoot = or(env("OCF_ROOT"), runner.OCFRoot)
	m := New(runner, or(env("HA_CURHOST"), hostname()), logs, Effects{
		Standby: standbyLater(or(env("HA_NOARCHBIN"), NoArchBin)+"/hb_standby", int(StandbyDelay.Seconds())),
		Reboot:  func() error { return ForceReboot(Command) },
	})
	dir := strings.TrimSuffix(or(env("HA_DIR"), "/etc/ha.d"), "/")
	m.File = dir + "/haresources"
	m.Shared = ParseShared(env(SharedVariable))
	if n, err := strconv.Atoi(env("HA_STOPRETRYMAX")); err == nil {
		m.StopRetries = n
	}
	c = &command{Harc: &Harc{Manager: m, Dir: dir + "//rc.d"}, env: env, stdout: stdout, stderr: stderr, name: name, net: net}
	return c, func() { runner.Close(); net.Close() }, nil
}

// standbyLater returns the effect of a failed start for a command, which ends now: a process
// that waits and runs hb_standby.
func standbyLater(path string, seconds int) func(what, resource string) {
	return func(what, _ string) {
		cmd := exec.Command("/bin/sh", "-c", fmt.Sprintf(`sleep %d; exec "$0" "$1"`, seconds), path, what)
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if cmd.Start() == nil {
			_ = cmd.Process.Release()
		}
	}
}

// post leaves messages for the daemon and returns the exit code.
func (c *command) post(messages ...*hamsg.Message) int {
	return post(c.name, c.env, c.stderr, messages...)
}

func post(name string, env func(string) string, stderr io.Writer, messages ...*hamsg.Message) int {
	if err := Post(or(env("HA_FIFO"), FIFO), messages...); err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	return 0
}

// do runs a command with a context that ends with TERM.
func do(name string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer, run func(context.Context, *command) int) int {
	c, end, err := begin(name, env, stdin, stdout, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n", name, err)
		return 1
	}
	defer end()
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM, os.Interrupt)
	defer stop()
	return run(ctx, c)
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// everyNode is the one pattern that the original's daemon asks for: its shutdown does, and may be
// running when its ResourceManager has become ours.
const everyNode = ".*"

func (c *command) keysOf(node string) []string {
	if node == everyNode {
		return c.AllKeys()
	}
	return c.ListKeys(node)
}

func hostname() string {
	name, _ := os.Hostname()
	return strings.ToLower(name)
}

// ResourceManagerMain is the command ResourceManager (failover spec 4).
func ResourceManagerMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	word := ""
	if len(args) > 1 {
		word = args[1]
	}
	for _, s := range subcommands() {
		if len(args) > 0 && args[0] == s.name && (word != "" || !s.word) {
			return do("ResourceManager", env, stdin, stdout, stderr, func(ctx context.Context, c *command) int {
				return s.run(ctx, c, word)
			})
		}
	}
	fmt.Fprintf(stderr, "usage: %s listkeys machine | takegroup key | givegroup key|status resource\n\n", program)
	return 1
}

// subcommand is one of ResourceManager's.
type subcommand struct {
	name string
	word bool // takes an argument
	run  func(ctx context.Context, c *command, word string) int
}

func subcommands() []subcommand {
	return []subcommand{
		{"listkeys", true, func(_ context.Context, c *command, node string) int { return c.printLines(c.keysOf(node)) }},
		{"allkeys", false, func(_ context.Context, c *command, _ string) int { return c.printLines(c.AllKeys()) }},
		{"ourkeys", false, func(_ context.Context, c *command, _ string) int {
			return c.printGroups(haresources.OurGroups(c.groups(), c.Node))
		}},
		{"otherkeys", false, func(_ context.Context, c *command, _ string) int {
			return c.printGroups(haresources.OtherGroups(c.groups(), c.Node))
		}},
		{"status", true, func(ctx context.Context, c *command, word string) int {
			if c.Status(ctx, word) {
				return 0
			}
			return notHeld
		}},
		{"takegroup", true, func(ctx context.Context, c *command, key string) int {
			c.Take(ctx, key)
			return 0 // a failure too: the release that follows resets the code
		}},
		{"givegroup", true, func(ctx context.Context, c *command, key string) int { return c.Give(ctx, key) }},
		{"statgroup", true, func(ctx context.Context, c *command, key string) int {
			fmt.Fprintln(c.stdout, c.Stat(ctx, key))
			return 0
		}},
		{"verifyallidle", false, func(ctx context.Context, c *command, _ string) int {
			return min(c.VerifyIdle(ctx, c.stderr), 255)
		}},
	}
}

// notHeld is the exit code of a status.
const notHeld = 3

func (c *command) printLines(lines []string) int {
	for _, l := range lines {
		fmt.Fprintln(c.stdout, l)
	}
	return 0
}

// printGroups prints all resources of a group on a line, with the blank at its end that the
// original's awk leaves.
func (c *command) printGroups(groups []haresources.Group) int {
	for _, g := range groups {
		fmt.Fprintln(c.stdout, strings.Join(g.Words(), " ")+" ")
	}
	return 0
}

// MachDownMain is the command mach_down NODE.
func MachDownMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 || args[0] == "--help" {
		fmt.Fprintf(stderr, "usage: %s/mach_down node\n", NoArchBin)
		return 1
	}
	return do("mach_down", env, stdin, stdout, stderr, func(ctx context.Context, c *command) int {
		return c.post(c.MachDown(ctx, args[0], env("HA_info"), env("HA_NICEFAILBACK") == "yes")...)
	})
}

// ReqResourceMain is the command req_resource KEY.
func ReqResourceMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 || args[0] == "--help" {
		fmt.Fprintf(stderr, "usage: %s/req_resource key\n", NoArchBin)
		return 1
	}
	return do("req_resource", env, stdin, stdout, stderr, func(ctx context.Context, c *command) int {
		ask := env("HA_NICEFAILBACK") != "yes" && env("HA_DONTASK") != "yes"
		return c.post(c.Request(ctx, args[0], ask)...)
	})
}

// HarcMain is the command harc TYPE: it does what the script for that type of message does, or
// becomes the script if that is not as shipped.
func HarcMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) != 1 || !fileName(args[0]) {
		fmt.Fprintln(stderr, "usage: /etc/ha.d/harc type")
		return 1
	}
	return do("harc", env, stdin, stdout, stderr, func(ctx context.Context, c *command) int {
		return c.harc(ctx, args[0])
	})
}

func (c *command) harc(ctx context.Context, kind string) int {
	script, ok := c.script(kind)
	if !ok {
		return 1
	}
	if run, ok := builtins()[kind]; ok && !c.edited("rc.d/"+kind) {
		field := func(name string) string { return c.env("HA_" + name) }
		return c.post(run(ctx, c.Harc, event{field: field, nice: c.env("HA_NICEFAILBACK") == "yes"})...)
	}
	err := unix.Exec(script, []string{script, kind}, c.Runner.Env)
	fmt.Fprintf(c.stderr, "harc: run %s: %v\n", script, err)
	return 1
}
