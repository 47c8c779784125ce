package clstatus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hbapi"
)

// The exit codes (tools spec 7).
const (
	exitOK      = 0
	exitNo      = 1
	exitJoin    = 2
	exitLeave   = 3
	exitUsage   = 11
	exitTimeout = 12
	exitFailed  = 13
)

// patience is the time for everything; the original sets an alarm.
const patience = 5 * time.Second

// command is one run of cl_status.
type command struct {
	socket   string
	ccm      string
	patience time.Duration
	stdout   io.Writer
	stderr   io.Writer
	log      *halog.Daemon
	client   *hbapi.Client
	welcome  hbapi.Welcome
	human    bool            // -m
	options  map[byte]string // given, with their values
	params   []string
}

// subcommand is one thing cl_status can do.
type subcommand struct {
	name    string
	options string // as for getopt
	params  int    // needed; more are ignored
	missing string // what is said when there are less
	code    string // a word the original puts into its complaint about options of some
	run     func(context.Context, *command) int
}

const (
	fewParams = "Not enough parameters."
	fewParam  = "No enough parameter."
)

// subcommands without a complaint about options say nothing of their own and go on.
var subcommands = []subcommand{
	{"listnodes", "npmv", 0, "", "code ", listNodes},
	{"nodestatus", "m", 1, fewParams, "", nodeStatus},
	{"nodeweight", "m", 1, fewParams, "", nodeWeight},
	{"nodesite", "m", 1, fewParams, "", nodeSite},
	{"nodetype", "m", 1, fewParam, "", nodeType},
	{"listhblinks", "mv", 1, fewParam, "code ", listLinks},
	{"hblinkstatus", "m", 2, fewParam, "", linkStatus},
	{"clientstatus", "m", 2, fewParam, "", clientStatus},
	{"rscstatus", "m", 0, "", "", resourceStatus},
	{"hbparameter", "mp:", 0, "", "code ", parameter},
}

// Main runs cl_status. args are those of the process, its name first; env is that of the process.
func Main(args []string, _ io.Reader, stdout, stderr io.Writer, env []string) int {
	c := command{socket: hbapi.DefaultSocket, ccm: membershipSocket, patience: patience, stdout: stdout, stderr: stderr}
	return c.run(args, env)
}

// closeLog waits until what was complained about is written.
func (c *command) closeLog() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c.log.Close(ctx)
}

// newLog writes to stderr, and to syslog if the environment names a facility.
func newLog(env []string, stderr io.Writer) *halog.Daemon {
	cfg := halog.DaemonConfig{Entity: "cl_status", PID: os.Getpid(), Stderr: stderr}
	if host, err := os.Hostname(); err == nil {
		cfg.Host = host
	}
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		if strings.EqualFold(name, "HA_LOGFACILITY") {
			cfg.Facility = value
		}
	}
	return halog.NewDaemon(cfg)
}

func (c *command) run(args, env []string) int {
	if len(args) < 2 || args[1] == "-h" {
		fmt.Fprint(c.stdout, help)
		return exitOK
	}
	c.log = newLog(env, c.stderr)
	defer c.closeLog()
	ctx, cancel := context.WithTimeout(context.Background(), c.patience)
	defer cancel()
	code := c.choose(ctx, args[1], args[2:])
	if c.client != nil {
		c.client.SignOff(ctx)
		c.client.Close()
	}
	return code
}

// choose runs the sub-command named by the first argument.
func (c *command) choose(ctx context.Context, name string, args []string) int {
	switch name {
	case "hbstatus":
		return c.heartbeatStatus(ctx, args)
	case "test":
		if code := c.signOn(ctx); code != exitOK {
			return code
		}
		return c.test(ctx)
	}
	for _, s := range subcommands {
		if s.name == name {
			return c.perform(ctx, s, args)
		}
	}
	c.errorf("%s: invalid sub-command.", name)
	return exitUsage
}

// perform signs on, as the original does before it looks at the arguments, and runs.
func (c *command) perform(ctx context.Context, s subcommand, args []string) int {
	if code := c.signOn(ctx); code != exitOK {
		return code
	}
	if err := c.parse(s.name, s.options, args); err != nil {
		fmt.Fprintln(c.stderr, err)
		c.errorf("Error: getopt returnedcharacter %s?.", s.code)
		return exitUsage
	}
	if len(c.params) < s.params {
		fmt.Fprintln(c.stderr, s.missing)
		return exitUsage
	}
	return s.run(ctx, c)
}

// signOn connects and signs on, and complains if that fails.
func (c *command) signOn(ctx context.Context) int {
	err := c.connect(ctx)
	switch {
	case err == nil:
		return exitOK
	case tooLate(err):
		return exitTimeout
	}
	c.errorf("Cannot signon with heartbeat")
	c.errorf("REASON: %s", signOnReason(err))
	return exitNo
}

func (c *command) connect(ctx context.Context) error {
	client, err := hbapi.Dial(ctx, c.socket)
	if err != nil {
		return err
	}
	c.welcome, err = client.SignOn(ctx, "")
	if err != nil {
		return errors.Join(err, client.Close())
	}
	c.client = client
	return nil
}

// signOnReason is why a sign-on failed in the original library's words.
func signOnReason(err error) string {
	var refused *hbapi.RefusedError
	switch {
	case errors.Is(err, hbapi.ErrConnect):
		return string(hbapi.ErrConnect)
	case errors.As(err, &refused):
		return refused.Reason
	}
	return err.Error()
}

func tooLate(err error) bool { return errors.Is(err, context.DeadlineExceeded) }

// fail complains that an answer is missing, and returns the exit code for that.
func (c *command) fail(err error, code int, format string, args ...any) int {
	if tooLate(err) {
		return exitTimeout
	}
	c.errorf(format, args...)
	c.errorf("REASON: %s", requestReason(err))
	return code
}

// requestReason is the daemon's reason, which may be empty, or what is wrong with the connection.
func requestReason(err error) string {
	var bad *hbapi.RequestError
	if errors.As(err, &bad) {
		return bad.Reason
	}
	return err.Error()
}

// errorf writes a line as the original's log library does.
func (c *command) errorf(format string, args ...any) { c.log.Logf(halog.Error, format, args...) }

// say prints the line for people with -m, otherwise the one for scripts.
func (c *command) say(machine, human string) {
	if c.human {
		machine = human
	}
	fmt.Fprintln(c.stdout, machine)
}
