package tool

import (
	"fmt"
	"io"
	"strings"
)

func (c Command) zsh(w io.Writer) {
	fmt.Fprintf(w, "#compdef %s\nlocal -a verbs\nverbs=(\n", c.Name)
	for _, v := range c.All() {
		fmt.Fprintf(w, "\t'%s:%s'\n", v.Name, quoteOnce(v.Summary))
	}
	fmt.Fprintf(w, ")\nif (( CURRENT == 2 )); then\n\t_describe verb verbs\n\treturn\nfi\n"+
		"shift words\n(( CURRENT-- ))\ncase $words[1] in\n") // the verb is the command now
	for _, v := range c.All() {
		fmt.Fprintf(w, "%s)\n\t_arguments", v.Name)
		for _, f := range v.Options() {
			value := ""
			if kind, has := v.value(f); has {
				value = ":value:" + c.zshWords(kind, nil)
			}
			fmt.Fprintf(w, " \\\n\t\t'--%s[%s]%s'", f.Name, quoteOnce(f.Usage), value)
		}
		fmt.Fprintf(w, " \\\n\t\t'--help[explain the verb]' \\\n\t\t'*:argument:%s'\n\t;;\n", c.zshWords(v.Takes, c.words(v)))
	}
	fmt.Fprintf(w, "esac\n")
}

// zshWords is an action of _arguments.
func (c Command) zshWords(kind Takes, words []string) string {
	switch kind {
	case Files:
		return "_files"
	case Directories:
		return "_files -/"
	}
	if asked := c.ask(kind); asked != "" {
		return fmt.Sprintf("compadd -- ${(f)\"%s\"} %s", asked, strings.Join(words, " "))
	}
	return "(" + strings.Join(words, " ") + ")"
}
