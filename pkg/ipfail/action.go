package ipfail

import (
	"fmt"
	"strings"

	"systole/pkg/hamsg"
)

// Action is something to be done.
type Action interface {
	action()
	String() string // the line of traces
}

// AskNodeList asks the daemon for its nodes; the answer is the event NodeList.
type AskNodeList struct{}

// AskResources asks the daemon what resources it holds; the answer is the event Resources.
type AskResources struct{}

// Send gives a message to the daemon for the cluster.
type Send struct{ Msg *hamsg.Message }

// Level is the level word of a log line.
type Level string

// The levels used. Debug lines go to the debug file only.
const (
	Error Level = "ERROR"
	Info  Level = "info"
	Debug Level = "debug"
)

// Log is a line for the log, in the original's words.
type Log struct {
	Level Level
	Text  string
}

// Exit ends the program. ExitForGood tells the daemon not to start it again.
type Exit struct{ Code int }

// ExitForGood is the exit code after which the daemon does not respawn a client.
const ExitForGood = 100

func (AskNodeList) action()  {}
func (AskResources) action() {}
func (Send) action()         {}
func (Log) action()          {}
func (Exit) action()         {}

func (AskNodeList) String() string  { return "ask nodes" }
func (AskResources) String() string { return "ask resources" }
func (a Log) String() string        { return fmt.Sprintf("%s: %s", a.Level, a.Text) }
func (a Exit) String() string       { return fmt.Sprintf("exit %d", a.Code) }

func (a Send) String() string {
	var b strings.Builder
	b.WriteString("send")
	for _, f := range a.Msg.Fields {
		fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
	}
	return b.String()
}
