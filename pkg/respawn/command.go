package respawn

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"systole/pkg/halog"
	"systole/pkg/proc"

	"golang.org/x/sys/unix"
)

// magicCode is the exit code of a program that is not to be started again.
const magicCode = 100

// exitUsage is the exit code for wrong use.
const exitUsage = 2

const usage = `Usage cl_respawn [<options>] <monitored_program> [<arg1>] [<arg2>] ...
Options are as below:
-m magic_exit_code
	When monitored_program exit as this magic_exit_code, then cl_respawn
	will not try to respawn it.
-i interval
	Set the interval(ms) of application hearbeat or plumbing its client.
-w warntime
	Set the warning time (ms) of application heartbeat.
-p pidfile
	Set the name of a pid file to use.
-r	Recover itself from crash. Only called by other monitor programs like	recovery manager.
-l	List the program monitored by cl_respawn.
	Notice: do not support yet.
-h	Display this simple help.

`

// command is one run of cl_respawn.
type command struct {
	stdout, stderr io.Writer
	log            *halog.Daemon
	pause          time.Duration // before a start, after a life shorter than that
	magic          int
	pidfile        string
	recover        bool
	argv           []string
}

// Main is the command cl_respawn. args are those of the process without its name.
func Main(args []string, _ func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	c := command{stdout: stdout, stderr: stderr, log: newLog(stderr), pause: time.Second, magic: magicCode}
	defer c.closeLog()
	return c.run(args)
}

// option is what is wrong with an option, in getopt's words, or the wish for help.
type option struct{ complaint string }

func (o *option) Error() string { return o.complaint }

func (c *command) run(args []string) int {
	if wrong := c.parse(args); wrong != nil {
		return c.refuse(wrong)
	}
	switch {
	case c.recover:
		c.log.Logf(halog.Error, "cannot get monitored PID from the environment variable which should be set by the recovery program.")
		return exitUsage
	case len(c.argv) == 0 || unix.Access(c.argv[0], unix.X_OK) != nil:
		c.log.Logf(halog.Error, "Please give the program name which will be run as a child process of cl_respawn.")
		io.WriteString(c.stdout, usage)
		return exitUsage
	}
	if pid, err := proc.ReadPID(c.pidfile); c.pidfile != "" && err == nil && proc.Alive(pid) {
		c.log.Logf(halog.Warn, "pidfile [%s] says we're already running as pid [%d]", c.pidfile, pid)
		return 0
	}
	if err := c.takePIDFile(); err != nil {
		c.log.Logf(halog.Error, "%v", err)
		return 1
	}
	return c.keep()
}

func (c *command) refuse(wrong *option) int {
	if wrong.complaint == "" {
		io.WriteString(c.stdout, usage)
		return 0
	}
	if len(c.argv) > 0 || wrong.complaint != noArguments {
		fmt.Fprintf(c.stderr, "cl_respawn: %s\n", wrong.complaint)
		c.log.Logf(halog.Error, "getopt returnedcharacter code ?.")
	}
	io.WriteString(c.stdout, usage)
	return exitUsage
}

func (c *command) takePIDFile() error {
	if c.pidfile == "" {
		return nil
	}
	return proc.WriteFile(c.pidfile, fmt.Appendf(nil, "%10d\n", os.Getpid()), 0o644)
}

// noArguments is the complaint about nothing at all; getopt has none.
const noArguments = "nothing to do"

// parse reads the options up to the program. The error has getopt's complaint, none for -h.
func (c *command) parse(args []string) *option {
	if len(args) == 0 {
		return &option{noArguments}
	}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		word := args[0]
		args = args[1:]
		if word == "--" {
			break
		}
		for i := 1; i < len(word); i++ {
			if !takesValue(word[i]) {
				if wrong := c.flag(word[i]); wrong != nil {
					return wrong
				}
				continue
			}
			value := word[i+1:]
			if value == "" {
				if len(args) == 0 {
					return &option{fmt.Sprintf("option requires an argument -- '%c'", word[i])}
				}
				value, args = args[0], args[1:]
			}
			c.value(word[i], value)
			break
		}
	}
	c.argv = args
	return nil
}

func takesValue(letter byte) bool {
	return letter == 'm' || letter == 'i' || letter == 'w' || letter == 'p'
}

func (c *command) flag(letter byte) *option {
	switch letter {
	case 'h':
		return &option{}
	case 'r':
		c.recover = true
	case 'l':
	default:
		return &option{fmt.Sprintf("invalid option -- '%c'", letter)}
	}
	return nil
}

func (c *command) value(letter byte, value string) {
	switch letter {
	case 'm':
		c.magic, _ = strconv.Atoi(value)
	case 'p':
		c.pidfile = value
	}
}
