package tool

import (
	"io"

	"github.com/spf13/pflag"
)

// Usage is the exit code of a wrong call, for every verb (EX_USAGE of sysexits.h).
const Usage = 64

// Verb is one thing that the command does.
type Verb struct {
	Name    string
	Args    string // as shown after the options: "FILE"
	Summary string // one line, begins with a small letter
	About   string // what --help says above the options; lines of 80 columns
	Exits   []Exit // besides Usage
	Takes   Takes

	// Setup declares the options and returns what runs once they are parsed.
	Setup func(flags *pflag.FlagSet) func(Call) int
}

// Exit is an exit code and what it says.
type Exit struct {
	Code    int
	Meaning string
}

// Takes says what a shell completes the arguments of a verb with.
type Takes string

// What arguments are.
const (
	Nothing     Takes = ""
	Files       Takes = "files"
	Directories Takes = "directories"
	Verbs       Takes = "verbs"
	Shells      Takes = "shells"
)

// Call is one call of a verb.
type Call struct {
	Streams
	Args []string // those that are no options
}

// Streams are where a call reads and writes.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}
