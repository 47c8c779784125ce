package clstatus

import (
	"fmt"
	"strings"
)

// optionError is what getopt says about an option.
type optionError struct {
	name   string // of the sub-command
	what   string
	option byte
}

func (e *optionError) Error() string { return fmt.Sprintf("%s: %s -- '%c'", e.name, e.what, e.option) }

// parse reads options and parameters as GNU getopt does: they may come in any order, letters may
// share a dash, "--" ends the options. It returns the first thing wrong, everything else is read.
func (c *command) parse(name, known string, args []string) error {
	c.options = map[byte]string{}
	var first error
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			c.params = append(c.params, args...)
			args = nil
		case len(word) > 1 && word[0] == '-':
			var err error
			if args, err = c.letters(name, known, word[1:], args); err != nil && first == nil {
				first = err
			}
		default:
			c.params = append(c.params, word)
		}
	}
	_, c.human = c.options['m']
	return first
}

// letters reads the options that share a dash; one with a value takes the rest of the word or the
// next one. It returns the words left.
func (c *command) letters(name, known, word string, args []string) ([]string, error) {
	for i := range len(word) {
		letter := word[i]
		at := strings.IndexByte(known, letter)
		switch {
		case at < 0 || letter == ':':
			return args, &optionError{name, "invalid option", letter}
		case !strings.HasPrefix(known[at+1:], ":"):
			c.options[letter] = ""
		case i+1 < len(word):
			c.options[letter] = word[i+1:]
			return args, nil
		case len(args) > 0:
			c.options[letter] = args[0]
			return args[1:], nil
		default:
			return args, &optionError{name, "option requires an argument", letter}
		}
	}
	return args, nil
}

func (c *command) given(letter byte) bool {
	_, ok := c.options[letter]
	return ok
}
