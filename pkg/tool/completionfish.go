package tool

import (
	"fmt"
	"io"
	"strings"
)

func (c Command) fish(w io.Writer) {
	fmt.Fprintf(w, "complete -c %s -f\n", c.Name)
	for _, v := range c.All() {
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -a %s -d '%s'\n", c.Name, v.Name, quoteOnce(v.Summary))
		seen := "complete -c " + c.Name + " -n '__fish_seen_subcommand_from " + v.Name + "'"
		for _, f := range v.Options() {
			value := ""
			if kind, has := v.value(f); has {
				value = needs(kind) + c.fishWords(kind, nil)
			}
			fmt.Fprintf(w, "%s%s -l %s -d '%s'\n", seen, value, f.Name, quoteOnce(f.Usage))
		}
		fmt.Fprintf(w, "%s -l help -d 'explain the verb'\n", seen)
		if words := c.fishWords(v.Takes, c.words(v)); words != "" {
			fmt.Fprintf(w, "%s%s\n", seen, words)
		}
	}
}

// needs says that an option has a value, and whether it can be nothing but one of the words.
func needs(kind Takes) string {
	if kind == Files {
		return " -r"
	}
	return " -x"
}

// fishWords are what complete(1) offers; "" for nothing.
func (c Command) fishWords(kind Takes, words []string) string {
	switch kind {
	case Files:
		return " -F"
	case Directories:
		return " -a '(__fish_complete_directories)'"
	}
	if asked := c.ask(kind); asked != "" {
		words = append([]string{strings.TrimPrefix(asked, "$")}, words...)
	}
	if len(words) == 0 {
		return ""
	}
	return " -a '" + strings.Join(words, " ") + "'"
}
