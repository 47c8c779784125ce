package tool

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/pflag"
)

// Command is a program with verbs.
type Command struct {
	Name    string
	Version string
	Summary string
	Verbs   []Verb
	Live    func(Takes) []string // the words of this moment; nil: there are none
}

// Run does what the arguments (without the program's name) say and returns the exit code.
func (c Command) Run(args []string, io Streams) int {
	verbs := c.All()
	if len(args) == 0 {
		c.help(io.Stderr, verbs)
		return Usage
	}
	switch args[0] {
	case "-h", "--help":
		args[0] = "help"
	case "--version":
		args[0] = "version"
	}
	for _, v := range verbs {
		if v.Name == args[0] {
			return c.call(v, args[1:], io)
		}
	}
	fmt.Fprintf(io.Stderr, "%s: there is no verb %q; see %s help\n", c.Name, args[0], c.Name)
	return Usage
}

// All returns the verbs with those that every command has.
func (c Command) All() []Verb {
	return slices.Concat(c.Verbs, c.builtin())
}

// call parses the options of a verb and runs it.
func (c Command) call(v Verb, args []string, streams Streams) int {
	flags, run := v.flags()
	flags.SetOutput(io.Discard)
	err := flags.Parse(args)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		c.helpVerb(streams.Stdout, v)
		return 0
	case err != nil:
		fmt.Fprintf(streams.Stderr, "%s %s: %v; see %s %s --help\n", c.Name, v.Name, err, c.Name, v.Name)
		return Usage
	}
	return run(Call{Streams: streams, Args: flags.Args()})
}

// flags makes the options of a verb.
func (v Verb) flags() (*pflag.FlagSet, func(Call) int) {
	flags := pflag.NewFlagSet(v.Name, pflag.ContinueOnError)
	flags.SortFlags = false
	run := v.Setup(flags)
	return flags, run
}

// Options returns the options of a verb in the order of their declaration.
func (v Verb) Options() []*pflag.Flag {
	flags, _ := v.flags()
	var all []*pflag.Flag
	flags.VisitAll(func(f *pflag.Flag) { all = append(all, f) })
	return all
}

// value says what a shell completes the value of an option with, and whether it has one.
func (v Verb) value(f *pflag.Flag) (kind Takes, has bool) {
	if f.NoOptDefVal != "" {
		return Nothing, false
	}
	if kind, named := v.Values[f.Name]; named {
		return kind, true
	}
	switch name, _ := pflag.UnquoteUsage(f); name {
	case "FILE", "PATH":
		return Files, true
	case "DIR", "DIRS":
		return Directories, true
	}
	return Nothing, true
}

// Wrong says what is wrong with a call and returns Usage.
func (c Call) Wrong(verb, format string, args ...any) int {
	fmt.Fprintf(c.Stderr, "systole %s: %s; see systole %s --help\n", verb, fmt.Sprintf(format, args...), verb)
	return Usage
}

// Failed says why a verb could not do its work and returns code.
func (c Call) Failed(verb string, code int, err error) int {
	fmt.Fprintf(c.Stderr, "systole %s: %v\n", verb, err)
	return code
}
