package agent

import (
	"context"
	"fmt"
	"io"

	"systole/pkg/netif"
)

// The exit codes of agents (OCF); those of agents spec 1.3 that natives use.
const (
	success       = 0
	generic       = 1
	badArgs       = 2
	notConfigured = 6
	notRunning    = 7
)

// Native is an agent built in.
type Native struct {
	Name     string
	Usage    string // what follows "usage: $0 "
	Words    int    // arguments and operation
	Instance func(args []string) string
	Do       func(ctx context.Context, j *Job, op string) int // op: start, stop or monitor
}

// Natives returns the table of agents built in.
func Natives() []Native {
	const operations = " (start|stop|status|usage|meta-data)"
	return []Native{
		{
			Name: "IPaddr", Words: 2, Do: ipaddr,
			Usage:    "<ip-address>" + operations,
			Instance: func(args []string) string { return "IPaddr_" + parseWord(args[0]).ip },
		},
		{
			Name: "IPaddr2", Words: 2, Do: ipaddr2,
			Usage:    "ip-address[/netmaskbits[/interface[:label][/broadcast]]]" + operations,
			Instance: func(args []string) string { return "IPaddr2_" + parseWord(args[0]).ip },
		},
	}
}

// Host is what natives work with.
type Host struct {
	Net      *netif.Handle
	Logs     Logs
	StateDir string
	BinDir   string
	OCFRoot  string
	Env      func(string) string
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
	Args  []string
	Probe bool
}

// Call does what the shell wrapper around an OCF agent does (agents spec 1.3, 1.4): checks the
// number of words and the operation, runs the agent, and says in one line, printed and logged,
// what its code means.
func (n Native) Call(ctx context.Context, h *Host, inv Invocation) int {
	usage := fmt.Sprintf("usage: %s %s\n", inv.Script, n.Usage)
	if len(inv.Words) != n.Words || inv.Words[0] == "" {
		io.WriteString(h.Stdout, usage)
		return 1
	}
	last := len(inv.Words) - 1
	args, op := inv.Words[:last], inv.Words[last]
	instance := n.Instance(args)
	wrapper := h.Logs(fmt.Sprintf("%s/resource.d//heartbeat/%s", h.OCFRoot, n.Name), instance)
	code := success
	switch op {
	case "start", "stop", "monitor", "status":
		if op == "status" {
			op = "monitor"
		}
		j := &Job{Host: h, Log: h.Logs(n.Name, instance), Args: args, Probe: inv.Probe}
		code = n.Do(ctx, j, op)
	case "usage", "help":
		io.WriteString(h.Stdout, usage)
	default:
		say(h, wrapper, "ERROR: Unknown operation: "+op)
		io.WriteString(h.Stdout, usage)
		return 1
	}
	text, code := outcome(code, op)
	say(h, wrapper, text)
	return code
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
