package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"systole/pkg/diag"
	"systole/pkg/findings"
	"systole/pkg/tool"
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

Names are looked up in /etc/hosts only. What needs no action is a note and does
not change the exit code.
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
	peer, node, peerNode, hosts, explain string
	json, short                          bool
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.StringVar(&o.peer, "peer", "", "also read the `DIR` of the other node, and compare")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.short, "short", false, "print one line for each finding")
	flags.StringVar(&o.node, "node", "", "`NAME` of the machine that DIR is for, if it is not this one")
	flags.StringVar(&o.peerNode, "peer-node", "", "`NAME` of the other machine")
	flags.StringVar(&o.hosts, "hosts", "/etc/hosts", "look names up in `FILE`")
	flags.StringVar(&o.explain, "explain", "", "explain a `CODE`, or all of them, instead of checking")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if o.explain != "" {
		return o.explainCode(c)
	}
	dir := systemDir
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
	env, err := environment(o.hosts)
	if err != nil {
		return nil, err
	}
	tree, err := open(dir, o.node)
	if err != nil {
		return nil, err
	}
	if o.peer == "" {
		return findings.Review(env, tree, nil), nil
	}
	peer, err := open(o.peer, o.peerNode)
	if err != nil {
		return nil, err
	}
	return findings.Review(env, tree, &peer), nil
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

func (o *options) write(w io.Writer, found []findings.Finding) {
	errors, warnings, notes := findings.Counts(found)
	if o.json {
		if found == nil {
			found = []findings.Finding{}
		}
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		enc.Encode(struct {
			Findings []findings.Finding `json:"findings"`
			Errors   int                `json:"errors"`
			Warnings int                `json:"warnings"`
			Notes    int                `json:"notes"`
		}{found, errors, warnings, notes})
		return
	}
	for _, f := range found {
		o.writeFinding(w, f)
	}
	fmt.Fprintf(w, "%s, %s, %s\n", plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note"))
}

func (o *options) writeFinding(w io.Writer, f findings.Finding) {
	said, _, _ := strings.Cut(f.Says, "\n")
	if o.short && said != "" {
		said = " (" + said + ")"
	} else {
		said = ""
	}
	fmt.Fprintf(w, "%s: %s %s: %s%s\n", f.Where(), f.Level, f.Code, f.Text, said)
	if o.short {
		return
	}
	for _, line := range strings.Split(f.Says, "\n") {
		if line != "" {
			wrap(w, "says:     ", line)
		}
	}
	wrap(w, "original: ", f.Original)
	wrap(w, "instead:  ", f.Instead)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// wrap prints a text indented, in lines of 80 columns. Long words, such as lines to copy, stay
// whole.
func wrap(w io.Writer, head, text string) {
	const indent, width = 4, 80
	column := indent + len(head)
	fmt.Fprintf(w, "%*s%s", indent, "", head)
	start := column
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			fmt.Fprintf(w, "\n%*s", start, "")
			column = start
		default:
			fmt.Fprint(w, " ")
			column++
		}
		fmt.Fprint(w, word)
		column += len(word)
	}
	fmt.Fprintln(w)
}
