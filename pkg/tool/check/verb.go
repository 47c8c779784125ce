package check

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/diag"
	"systole/pkg/findings"
	"systole/pkg/findings/source"
	"systole/pkg/state"
	"systole/pkg/tool"
	"systole/pkg/tool/here"
)

// The exit codes.
const (
	exitClean    = 0
	exitWarnings = 1
	exitErrors   = 2
	exitUnusable = 3
)

// Verb describes "systole check".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "check", Args: "[DIR]", Summary: "read the configuration and say what will go wrong", Takes: tool.Directories, Setup: setup,
		About: `Reads ha.cf, haresources, authkeys and ldirectord.cf of DIR (default /etc/ha.d),
and with --peer those of the other node too, and says what the daemons refuse,
what they misread, and what fails when it is needed. Every finding has a place,
a code, what heartbeat or ldirectord does, and what to do instead. Nothing is
changed, no network is asked, and no privilege is needed but to read the files.

Names are looked up in /etc/hosts only, unless --online is given. /etc/ha.d is held
to this machine too: its addresses, its sysctls, and the jitter of heartbeats that
the running daemon has measured. A copy in DIR/etc/ha.d is held to the sysctl.conf
of DIR. What needs no action is a note and does not change the exit code.
`,
		Exits: []tool.Exit{
			{Code: exitClean, Meaning: "nothing, or notes only"},
			{Code: exitWarnings, Meaning: "warnings: it starts, and fails when it is needed"},
			{Code: exitErrors, Meaning: "errors: a daemon does not start, or the service does not work"},
			{Code: exitUnusable, Meaning: "nothing could be checked"},
		},
	}
}

// options are those of the command line.
type options struct {
	peer, node, peerNode, hosts, explain, state string
	json, short, here, online                   bool
	timeout                                     time.Duration
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.StringVar(&o.peer, "peer", "", "also read the `DIR` of the other node, and compare")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.short, "short", false, "print one line for each finding")
	flags.StringVar(&o.node, "node", "", "`NAME` of the machine that DIR is for, if it is not this one")
	flags.StringVar(&o.peerNode, "peer-node", "", "`NAME` of the other machine")
	flags.StringVar(&o.hosts, "hosts", "/etc/hosts", "look names up in `FILE`")
	flags.BoolVar(&o.here, "here", false, "DIR is for this machine, as /etc/ha.d is")
	flags.StringVar(&o.state, "state", "", "take measured times from `FILE`: a socket, or what status --json printed")
	flags.BoolVar(&o.online, "online", false, "ask name servers, and connect to the real servers")
	flags.DurationVar(&o.timeout, "timeout", 3*time.Second, "with --online, wait so long for each answer")
	flags.StringVar(&o.explain, "explain", "", "explain a `CODE`, or all of them, instead of checking")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if o.explain != "" {
		return o.explainCode(c)
	}
	dir := source.SystemDir
	switch len(c.Args) {
	case 0:
	case 1:
		dir = c.Args[0]
	default:
		return c.Wrong("check", "name one directory, and the other node's with --peer")
	}
	found, err := o.review(dir)
	if err != nil {
		return c.Failed("check", exitUnusable, err)
	}
	o.write(c.Stdout, found)
	return exitCode(found)
}

func exitCode(found []findings.Finding) int {
	switch worst, any := findings.Worst(found); {
	case any && worst == diag.Error:
		return exitErrors
	case any && worst == diag.Warning:
		return exitWarnings
	}
	return exitClean
}

func (o *options) review(dir string) ([]findings.Finding, error) {
	env, err := source.Environment(o.hosts)
	if err != nil {
		return nil, err
	}
	if o.online {
		source.Online(&env, o.timeout)
	}
	tree, err := source.Open(dir, o.node, o.here)
	if err != nil {
		return nil, err
	}
	if tree.State, err = o.measured(dir); err != nil {
		return nil, err
	}
	if o.peer == "" {
		return findings.Review(env, tree, nil), nil
	}
	peer, err := source.Open(o.peer, o.peerNode, false)
	if err != nil {
		return nil, err
	}
	return findings.Review(env, tree, &peer), nil
}

// measured is the document of the daemon, if one is named, or if it is this machine's and it runs.
func (o *options) measured(dir string) (*state.Document, error) {
	if o.state != "" {
		return document(o.state)
	}
	if !o.here && filepath.Clean(dir) != source.SystemDir {
		return nil, nil
	}
	doc, err := here.Heartbeat(here.Socket, o.timeout)
	if err != nil {
		return nil, nil // the files can be checked without it
	}
	return doc, nil
}

// document is at a socket or in a file.
func document(path string) (*state.Document, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSocket != 0:
		return here.Heartbeat(path, 5*time.Second)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	doc, err := state.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return doc, nil
}

// explainCode prints pages of docs/findings.
func (o *options) explainCode(c tool.Call) int {
	found := false
	for _, r := range findings.Rules() {
		if strings.EqualFold(o.explain, r.Code) || o.explain == "all" {
			if found {
				fmt.Fprintln(c.Stdout)
			}
			found = true
			fmt.Fprint(c.Stdout, r.Page())
		}
	}
	if !found {
		return c.Wrong("check", "there is no code %q", o.explain)
	}
	return exitClean
}
