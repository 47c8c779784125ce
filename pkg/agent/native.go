package agent

import (
	"context"
	"fmt"
	"io"
	"strings"

	"systole/pkg/netif"
)

// The exit codes of agents (OCF); those of agents spec 1.3 that natives use.
const (
	success       = 0
	generic       = 1
	badArgs       = 2
	notInstalled  = 5
	notConfigured = 6
	notRunning    = 7

	// saidAll is of an operation that has said why it failed: nothing is added, and its exit
	// code is 1.
	saidAll = -1
)

// Native is an agent built in.
type Native struct {
	Name  string
	Usage string // the whole line, without its end; $0 stands for the path of the script

	// Least and Most are how many words it takes, the operation among them; Most 0: any number.
	Least, Most int

	Do func(ctx context.Context, j *Job, op string) int // op: start, stop or monitor

	Instance  func(args []string) string // OCF_RESOURCE_INSTANCE; nil: the name
	Overlap   func(args []string) bool   // may run on two machines for a moment; nil: never
	Complaint func(words int) string     // what is said before Usage of a wrong number; nil: nothing
	OnStderr  bool                       // where Usage goes
	Quiet     bool                       // says nothing of a code other than 0
	Answers   bool                       // "usage" is an operation that succeeds; with most it is a failure
	Plain     bool                       // no wrapper around an OCF agent: Do gets any op and says everything
}

// Host is what natives work with.
type Host struct {
	Net      *netif.Handle
	Logs     Logs
	StateDir string
	BinDir   string
	OCFRoot  string
	Env      func(string) string
	Environ  []string // of programs that agents run; nil: the process's own
	Stdout   io.Writer
	Stderr   io.Writer

	speaker speaker
}

// Invocation is one call of a native.
type Invocation struct {
	Script string   // path the user knows it by: $0
	Words  []string // arguments and operation
	Probe  bool
}

// Job is one operation of one agent.
type Job struct {
	*Host
	Log
	Script   string // $0
	Agent    Native
	Instance string
	Args     []string
	Probe    bool
}

// Call does what the shell wrapper around an OCF agent does (agents spec 1.3, 1.4): checks the
// number of words and the operation, runs the agent, and says in one line, printed and logged,
// what its code means.
func (n Native) Call(ctx context.Context, h *Host, inv Invocation) int {
	usage := strings.ReplaceAll(n.Usage+"\n", "$0", inv.Script)
	if n.miscalled(inv.Words) {
		n.complain(h, inv)
		io.WriteString(n.usageTo(h), usage)
		return 1
	}
	last := len(inv.Words) - 1
	j := &Job{Host: h, Script: inv.Script, Agent: n, Args: inv.Words[:last], Probe: inv.Probe}
	j.Instance = n.instance(j.Args)
	j.Log = h.Logs(n.Name, j.Instance)
	if n.Plain {
		return n.Do(ctx, j, inv.Words[last])
	}
	return n.wrapped(ctx, j, inv.Words[last], usage)
}

func (n Native) miscalled(words []string) bool {
	return len(words) < n.Least || n.Most > 0 && len(words) > n.Most
}

// complain says what is wrong with the number of words.
func (n Native) complain(h *Host, inv Invocation) {
	if n.Complaint == nil {
		return
	}
	text := strings.ReplaceAll(n.Complaint(len(inv.Words)), "$0", inv.Script)
	io.WriteString(h.Stdout, text)
	if strings.Contains(text, noAction) {
		h.Logs(n.Name, n.instance(inv.Words)).Log(noAction)
	}
}

func (n Native) usageTo(h *Host) io.Writer {
	if n.OnStderr {
		return h.Stderr
	}
	return h.Stdout
}

func (n Native) instance(args []string) string {
	if n.Instance == nil {
		return n.Name
	}
	return n.Instance(args)
}

// noAction is the original's complaint of an empty operation, as users know it.
const noAction = "ERROR: No action specfied."

// wrapped runs one operation and says how it ended.
func (n Native) wrapped(ctx context.Context, j *Job, op, usage string) int {
	wrapper := j.Logs(n.path(j.Host), j.Instance)
	code := success
	switch op {
	case "start", "stop", "monitor", "status":
		if op == "status" {
			op = "monitor"
		}
		code = n.Do(ctx, j, op)
	case "usage", "help":
		io.WriteString(n.usageTo(j.Host), usage)
		if !n.Answers {
			return 1
		}
	case "":
		say(j.Host, j.Log, noAction)
		io.WriteString(n.usageTo(j.Host), usage)
		return 1
	default:
		say(j.Host, wrapper, "ERROR: Unknown operation: "+op)
		io.WriteString(n.usageTo(j.Host), usage)
		return 1
	}
	if code == saidAll {
		return 1
	}
	text, code := outcome(code, op)
	if code == success || !n.Quiet {
		say(j.Host, wrapper, text)
	}
	return code
}

// path is where the OCF agent of that name is, written as the original's wrappers write it.
func (n Native) path(h *Host) string {
	return fmt.Sprintf("%s/resource.d//heartbeat/%s", h.OCFRoot, n.Name)
}

// outcome is the table of agents spec 1.3.
func outcome(code int, op string) (text string, exit int) {
	switch {
	case code == success && op == "monitor":
		return "INFO:  Running OK", code
	case code == success:
		return "INFO:  Success", code
	case code == notRunning:
		return "INFO:  Resource is stopped", code
	}
	words := [...]string{
		1: "Generic error",
		2: "Illegal argument",
		3: "Function unimplemented",
		4: "User had insufficient privilege",
		5: "Program is not installed",
		6: "Program is not configured",
	}
	if code > 0 && code < len(words) {
		return "ERROR:  " + words[code], code
	}
	return fmt.Sprintf("ERROR:  Unknown error: %d", code), 1
}

func say(h *Host, log Log, text string) {
	io.WriteString(h.Stdout, text+"\n")
	log.Log(text)
}

// fail logs why the operation cannot be done, names it on standard error as OCF agents do, and
// returns the code.
func (j *Job) fail(code int, format string, a ...any) int {
	text := fmt.Sprintf(format, a...)
	fmt.Fprintf(j.Stderr, "ocf-exit-reason:%s\n", text)
	j.Log.Log("ERROR: " + text)
	return code
}

func (j *Job) logf(format string, a ...any) { j.Log.Log(fmt.Sprintf(format, a...)) }

// print writes a line to standard output, where heartbeat looks for the answer of a status.
func (j *Job) print(format string, a ...any) { fmt.Fprintf(j.Stdout, format+"\n", a...) }
