package tool

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

const completionAbout = `Writes the completions of a shell, made from the table of verbs:

  systole completion bash > /etc/bash_completion.d/systole
  systole completion zsh  > /usr/local/share/zsh/site-functions/_systole
  systole completion fish > /etc/fish/completions/systole.fish

They complete verbs, options and their values. Real servers, virtual services and
records are those of this moment: the completions call this verb with one of reals,
drained, disabled, virtuals, directors, records, which prints them a line each.
`

// shell writes the completions of one shell.
type shell struct {
	name  string
	write func(c Command, w io.Writer)
}

func shells() []shell {
	return []shell{{"bash", Command.bash}, {"zsh", Command.zsh}, {"fish", Command.fish}}
}

func shellNames() []string {
	var names []string
	for _, s := range shells() {
		names = append(names, s.name)
	}
	return names
}

func (c Command) setupCompletion(*pflag.FlagSet) func(Call) int {
	return func(call Call) int {
		if len(call.Args) != 1 {
			return call.Wrong("completion", "name one shell: %s", strings.Join(shellNames(), ", "))
		}
		for _, s := range shells() {
			if s.name == call.Args[0] {
				s.write(c, call.Stdout)
				return 0
			}
		}
		if kind := Takes(call.Args[0]); slices.Contains(live(), kind) {
			c.writeLive(call.Stdout, kind)
			return 0
		}
		return call.Wrong("completion", "name one shell: %s", strings.Join(shellNames(), ", "))
	}
}

func (c Command) writeLive(w io.Writer, kind Takes) {
	if c.Live == nil {
		return
	}
	for _, word := range c.Live(kind) {
		fmt.Fprintln(w, word)
	}
}

// words are what completes the arguments of a verb besides files and what is asked for.
func (c Command) words(v Verb) []string {
	switch v.Takes {
	case Verbs:
		return c.names()
	case Shells:
		return shellNames()
	}
	return v.Words
}

func (c Command) names() []string {
	var names []string
	for _, v := range c.All() {
		names = append(names, v.Name)
	}
	return names
}

// long returns the options of a verb as they are written.
func long(v Verb) []string {
	var words []string
	for _, f := range v.Options() {
		words = append(words, "--"+f.Name)
	}
	return append(words, "--help")
}

// ask is the command that prints the words of a kind; "" if they are not asked for.
func (c Command) ask(kind Takes) string {
	if !slices.Contains(live(), kind) {
		return ""
	}
	return fmt.Sprintf("$(%s completion %s 2>/dev/null)", c.Name, kind)
}

// quoteOnce keeps a text inside single quotes and brackets.
func quoteOnce(text string) string {
	return strings.NewReplacer("'", "", "[", "(", "]", ")").Replace(text)
}
