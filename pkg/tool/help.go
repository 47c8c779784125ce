package tool

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// builtin are the verbs that speak of the others.
func (c Command) builtin() []Verb {
	ok := []Exit{{0, "done"}}
	return []Verb{
		{Name: "help", Args: "[VERB]", Summary: "say what the verbs do", Exits: ok, Takes: Verbs, Setup: c.setupHelp,
			About: "Lists the verbs, or explains one as VERB --help does.\n"},
		{Name: "completion", Args: "bash|zsh|fish", Summary: "write the completions of a shell", Exits: ok, Takes: Shells, Setup: c.setupCompletion,
			About: completionAbout},
		{Name: "version", Summary: "print the version", Exits: ok, Setup: c.setupVersion,
			About: "Prints the version of this program.\n"},
	}
}

func (c Command) setupHelp(*pflag.FlagSet) func(Call) int {
	return func(call Call) int {
		verbs := c.All()
		if len(call.Args) == 0 {
			c.help(call.Stdout, verbs)
			return 0
		}
		i := slices.IndexFunc(verbs, func(v Verb) bool { return v.Name == call.Args[0] })
		if i < 0 {
			return call.Wrong("help", "there is no verb %q", call.Args[0])
		}
		c.helpVerb(call.Stdout, verbs[i])
		return 0
	}
}

func (c Command) setupVersion(*pflag.FlagSet) func(Call) int {
	return func(call Call) int {
		fmt.Fprintf(call.Stdout, "%s %s\n", c.Name, c.Version)
		return 0
	}
}

func (c Command) help(w io.Writer, verbs []Verb) {
	fmt.Fprintf(w, "%s: %s\n\nUsage: %s VERB [OPTIONS] [ARGUMENTS]\n\n", c.Name, c.Summary, c.Name)
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-12s%s\n", v.Name, v.Summary)
	}
	fmt.Fprintf(w, "\n%s VERB --help explains a verb, its options and its exit codes.\n", c.Name)
}

func (c Command) helpVerb(w io.Writer, v Verb) {
	usage := []string{c.Name, v.Name}
	if len(v.Options()) > 0 {
		usage = append(usage, "[OPTIONS]")
	}
	if v.Args != "" {
		usage = append(usage, v.Args)
	}
	fmt.Fprintf(w, "Usage: %s\n\n%s", strings.Join(usage, " "), v.About)
	if flags, _ := v.flags(); flags.HasFlags() {
		fmt.Fprintf(w, "\nOptions:\n%s", flags.FlagUsagesWrapped(80))
	}
	fmt.Fprintf(w, "\nExit codes:\n")
	for _, e := range append(slices.Clone(v.Exits), Exit{Usage, "wrong call"}) {
		fmt.Fprintf(w, "  %3d  %s\n", e.Code, e.Meaning)
	}
}
