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
	Values  map[string]Takes // what the values of options are; else their names in the usage tell
	Words   []string         // arguments that are always possible, besides what Takes says

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
	Reals       Takes = "reals"     // real servers of the running ldirectords
	Drained     Takes = "drained"   // those with a drain in force
	Disabled    Takes = "disabled"  // those with a disable in force
	Virtuals    Takes = "virtuals"  // their virtual services
	Directors   Takes = "directors" // their names
	Records     Takes = "records"   // the decision records of this node
)

// live are the kinds whose words are asked for when a key is pressed, of the running daemons.
func live() []Takes { return []Takes{Reals, Drained, Disabled, Virtuals, Directors, Records} }

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
