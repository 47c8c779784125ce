package resmgr

import (
	"fmt"
	"io"
	"strings"

	"systole/pkg/agent"
	"systole/pkg/hamsg"
)

// The tools of this file only leave a message for the daemon (tools spec 6.2). They exit with 0
// when that is done, whatever the daemon makes of it; with 1 and a line that says so when no
// daemon runs, where the original's scripts wait for ever.

// HbStandbyMain is the command hb_standby [all|foreign|local|failback].
func HbStandbyMain(args []string, env func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	what, ok := holdWord("hb_standby", args, stdout, stderr)
	if !ok {
		return 1
	}
	m := &Manager{Logs: agent.EnvLogs(env, stdin, stderr)}
	msg, _ := m.Standby(what)
	return post("hb_standby", env, stderr, msg)
}

// HbTakeoverMain is the command hb_takeover [all|foreign|local|failback].
func HbTakeoverMain(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	what, ok := holdWord("hb_takeover", args, stdout, stderr)
	if !ok {
		return 1
	}
	return post("hb_takeover", env, stderr, hamsg.New("t", "hb_takeover", "rsc_hold", what))
}

// holdWord reads the argument of both; ok is false after the usage was printed.
func holdWord(name string, args []string, stdout, stderr io.Writer) (what string, ok bool) {
	path := NoArchBin + "/" + name
	switch {
	case len(args) > 1:
		fmt.Fprintf(stdout, "%s: too many arguments\n", path)
	case len(args) == 0:
		return All, true
	case args[0] == All, args[0] == Foreign, args[0] == Local, args[0] == "failback":
		return args[0], true
	case args[0] != "--help":
		fmt.Fprintf(stdout, "%s: wrong resources(%s).\n", path, args[0])
	}
	fmt.Fprintln(stdout, "usage:")
	fmt.Fprintf(stderr, "%s [all|foreign|local|failback]\n", path)
	return "", false
}

// HbAddnodeMain is the command hb_addnode NODE...
func HbAddnodeMain(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	return nodeList("addnode", args, env, stdout, stderr)
}

// HbDelnodeMain is the command hb_delnode NODE...
func HbDelnodeMain(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	return nodeList("delnode", args, env, stdout, stderr)
}

func nodeList(kind string, args []string, env func(string) string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "--help" {
		fmt.Fprintf(stdout, "usage: hb_%s <node> <node> ...\n", kind)
		return 1
	}
	return post("hb_"+kind, env, stderr, hamsg.New("t", kind, "nodelist", strings.Join(args, " ")))
}

// HbSetweightMain is the command hb_setweight NODE WEIGHT.
func HbSetweightMain(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	return nodeValue("weight", args, env, stdout, stderr)
}

// HbSetsiteMain is the command hb_setsite NODE SITE.
func HbSetsiteMain(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	return nodeValue("site", args, env, stdout, stderr)
}

func nodeValue(name string, args []string, env func(string) string, stdout, stderr io.Writer) int {
	if len(args) != 2 || args[0] == "--help" {
		fmt.Fprintf(stdout, "usage: hb_set%s <node> <%s>\n", name, name)
		return 1
	}
	return post("hb_set"+name, env, stderr, hamsg.New("t", "set"+name, "node", args[0], name, args[1]))
}
