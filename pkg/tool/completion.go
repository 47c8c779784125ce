package tool

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
)

const completionAbout = `Writes the completions of a shell, made from the table of verbs:

  systole completion bash > /etc/bash_completion.d/systole
  systole completion zsh  > /usr/local/share/zsh/site-functions/_systole
  systole completion fish > /etc/fish/completions/systole.fish
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
		for _, s := range shells() {
			if len(call.Args) == 1 && s.name == call.Args[0] {
				s.write(c, call.Stdout)
				return 0
			}
		}
		return call.Wrong("completion", "name one shell: %s", strings.Join(shellNames(), ", "))
	}
}

// words are what completes the arguments of a verb besides files.
func (c Command) words(v Verb) []string {
	switch v.Takes {
	case Verbs:
		return c.names()
	case Shells:
		return shellNames()
	}
	return nil
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

func (c Command) bash(w io.Writer) {
	fmt.Fprintf(w, "_%[1]s() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words= kind=\n"+
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n\t\tCOMPREPLY=($(compgen -W '%[2]s' -- \"$cur\"))\n\t\treturn\n\tfi\n"+
		"\tcase ${COMP_WORDS[1]} in\n", c.Name, strings.Join(c.names(), " "))
	kinds := map[Takes]string{Files: "-f", Directories: "-d"}
	for _, v := range c.All() {
		fmt.Fprintf(w, "\t%s) words='%s' kind=%s ;;\n", v.Name, strings.Join(append(long(v), c.words(v)...), " "), kinds[v.Takes])
	}
	fmt.Fprintf(w, "\tesac\n\tcase $cur in\n\t-*) kind= ;;\n\t*) words=${words//--+([!\\ ])/} ;;\n\tesac\n"+
		"\tCOMPREPLY=($(compgen $kind -W \"$words\" -- \"$cur\"))\n}\nshopt -s extglob\ncomplete -o filenames -F _%[1]s %[1]s\n", c.Name)
}

func (c Command) zsh(w io.Writer) {
	fmt.Fprintf(w, "#compdef %s\nlocal -a verbs\nverbs=(\n", c.Name)
	for _, v := range c.All() {
		fmt.Fprintf(w, "\t'%s:%s'\n", v.Name, quoteOnce(v.Summary))
	}
	fmt.Fprintf(w, ")\nif (( CURRENT == 2 )); then\n\t_describe verb verbs\n\treturn\nfi\ncase $words[2] in\n")
	for _, v := range c.All() {
		fmt.Fprintf(w, "%s)\n\t_arguments '2: :'", v.Name)
		for _, f := range v.Options() {
			fmt.Fprintf(w, " \\\n\t\t'--%s[%s]%s'", f.Name, quoteOnce(f.Usage), zshValue(f))
		}
		fmt.Fprintf(w, " \\\n\t\t'*:argument:%s'\n\t;;\n", c.zshArguments(v))
	}
	fmt.Fprintf(w, "esac\n")
}

func (c Command) zshArguments(v Verb) string {
	switch v.Takes {
	case Files:
		return "_files"
	case Directories:
		return "_files -/"
	}
	return "(" + strings.Join(c.words(v), " ") + ")"
}

func zshValue(f *pflag.Flag) string {
	if f.NoOptDefVal != "" {
		return ""
	}
	return ":value:_files"
}

func (c Command) fish(w io.Writer) {
	fmt.Fprintf(w, "complete -c %s -f\n", c.Name)
	for _, v := range c.All() {
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -a %s -d '%s'\n", c.Name, v.Name, quoteOnce(v.Summary))
		seen := "complete -c " + c.Name + " -n '__fish_seen_subcommand_from " + v.Name + "'"
		for _, f := range v.Options() {
			needs := ""
			if f.NoOptDefVal == "" {
				needs = " -r"
			}
			fmt.Fprintf(w, "%s%s -l %s -d '%s'\n", seen, needs, f.Name, quoteOnce(f.Usage))
		}
		switch v.Takes {
		case Files:
			fmt.Fprintf(w, "%s -F\n", seen)
		case Directories:
			fmt.Fprintf(w, "%s -a '(__fish_complete_directories)'\n", seen)
		case Verbs, Shells:
			fmt.Fprintf(w, "%s -a '%s'\n", seen, strings.Join(c.words(v), " "))
		}
	}
}

// quoteOnce keeps a text inside single quotes and brackets.
func quoteOnce(text string) string {
	return strings.NewReplacer("'", "", "[", "(", "]", ")").Replace(text)
}
