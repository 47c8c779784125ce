package tool

import (
	"fmt"
	"io"
	"strings"
)

// bashFrame is the function around what is made of each verb. bash parts words at colons, which
// addresses with ports have: so the word is taken from the line, and what bash has already
// of it is taken off the answers. Only files are quoted as such, or colons would be.
const bashFrame = `_%[1]s() {
	local line=${COMP_LINE:0:COMP_POINT} prev=${COMP_WORDS[COMP_CWORD-1]} words= kind=
	local cur=${line##*[[:space:]]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W '%[2]s' -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]} in
%[3]s	esac
	[ -z "$kind" ] || compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen $kind -W "$words" -- "$cur"))
	if [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${cur%%"${cur##*:}"}"}")
	fi
}
complete -F _%[1]s %[1]s
`

func (c Command) bash(w io.Writer) {
	var verbs strings.Builder
	for _, v := range c.All() {
		c.bashVerb(&verbs, v)
	}
	fmt.Fprintf(w, bashFrame, c.Name, strings.Join(c.names(), " "), verbs.String())
}

// bashVerb tells what follows the option before the cursor, else an option, else an argument.
func (c Command) bashVerb(w io.Writer, v Verb) {
	fmt.Fprintf(w, "\t%s)\n\t\tcase $prev,$cur in\n", v.Name)
	for _, f := range v.Options() {
		if kind, has := v.value(f); has {
			fmt.Fprintf(w, "\t\t--%s,*) %s ;;\n", f.Name, c.bashWords(kind, nil))
		}
	}
	fmt.Fprintf(w, "\t\t*,-*) words='%s' ;;\n\t\t*) %s ;;\n\t\tesac ;;\n", strings.Join(long(v), " "), c.bashWords(v.Takes, c.words(v)))
}

func (c Command) bashWords(kind Takes, words []string) string {
	switch kind {
	case Files:
		return "kind=-f"
	case Directories:
		return "kind=-d"
	}
	if asked := c.ask(kind); asked != "" {
		words = append([]string{asked}, words...)
	}
	return fmt.Sprintf(`words="%s"`, strings.Join(words, " "))
}
