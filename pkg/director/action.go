package director

import (
	"fmt"
	"strings"
	"time"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// Action is something the machine wants done. String is its line in a trace.
type Action interface {
	fmt.Stringer
	action()
}

// ReadTable asks for the kernel's whole table; the answer is TableRead.
type ReadTable struct{}

// Apply asks for changes of the kernel's table, in order; the answer is Applied.
// At most one ReadTable or Apply is under way.
type Apply struct{ Changes []ipvs.Change }

// StartCheck asks for one check, to be over within Limit; the answer is CheckResult with the
// same ID and Seq. At most one check per ID is under way.
type StartCheck struct {
	ID      string
	Seq     uint64
	Kind    ldirectorcf.CheckType // negotiate, connect, ping, external or external-perl
	Virtual *ldirectorcf.Virtual
	Real    *ldirectorcf.Real
	Limit   time.Duration
}

// CancelCheck ends a check that nobody waits for any more or that missed its limit.
type CancelCheck struct {
	ID  string
	Seq uint64
}

// Log is one line of the log file.
type Log struct{ Text string }

// Monitor is one line of a monitor file, without time and process id.
type Monitor struct{ File, Text string }

// Mail is an alert: where it goes and what is in it (ldirectord spec 11).
type Mail struct {
	To, From, SMTP       string
	Status               ldirectorcf.MailStatus
	Text                 string
	ServiceName, Comment string
}

// RunFallbackCommand runs `Command start|stop Service Protocol` through a shell. Commands of
// one service run one after another.
type RunFallbackCommand struct{ Command, Word, Service, Protocol string }

// RunInstance runs `ldirectord Name Word` for an execute= directive.
type RunInstance struct{ Name, Word string }

// Callback runs `Command Path` through a shell.
type Callback struct{ Command, Path string }

// LoadConfig asks for the configuration file to be read again; the answer is Reloaded.
type LoadConfig struct{}

// Ready says, once, that the table is set up: what start waits for. Problems are the changes
// that the kernel refused.
type Ready struct{ Problems []string }

// Exit ends the program.
type Exit struct {
	Code int
	Text string // why, if Code is not 0
}

func (ReadTable) action()          {}
func (Apply) action()              {}
func (StartCheck) action()         {}
func (CancelCheck) action()        {}
func (Log) action()                {}
func (Monitor) action()            {}
func (Mail) action()               {}
func (RunFallbackCommand) action() {}
func (RunInstance) action()        {}
func (Callback) action()           {}
func (LoadConfig) action()         {}
func (Ready) action()              {}
func (Exit) action()               {}

// String returns the trace line.
func (ReadTable) String() string { return "table read" }

// String returns the trace lines, one for each change.
func (a Apply) String() string {
	lines := make([]string, len(a.Changes))
	for i, c := range a.Changes {
		lines[i] = "table apply " + c.String()
	}
	return strings.Join(lines, "\n")
}

// String returns the trace line.
func (a StartCheck) String() string {
	return fmt.Sprintf("check start %s (%s, %v)", a.ID, a.Kind, a.Limit)
}

// String returns the trace line.
func (a CancelCheck) String() string { return "check cancel " + a.ID }

// String returns the trace line.
func (a Log) String() string { return "log " + a.Text }

// String returns the trace line.
func (a Monitor) String() string { return "monitor " + a.File + " " + a.Text }

// String returns the trace line.
func (a Mail) String() string {
	return fmt.Sprintf("mail to=%q from=%q smtp=%q %s [%s|%s] %s", a.To, a.From, a.SMTP, a.Status, a.ServiceName, a.Comment, a.Text)
}

// String returns the trace line.
func (a RunFallbackCommand) String() string { return "run " + a.Line() }

// Line returns what the shell gets.
func (a RunFallbackCommand) Line() string {
	return a.Command + " " + a.Word + " " + a.Service + " " + a.Protocol
}

// String returns the trace line.
func (a RunInstance) String() string { return "instance " + a.Name + " " + a.Word }

// String returns the trace line.
func (a Callback) String() string { return "callback " + a.Command + " " + a.Path }

// String returns the trace line.
func (LoadConfig) String() string { return "config load" }

// String returns the trace line.
func (a Ready) String() string {
	return strings.TrimSpace("ready " + strings.Join(a.Problems, "; "))
}

// String returns the trace line.
func (a Exit) String() string {
	return strings.TrimSpace(fmt.Sprintf("exit %d %s", a.Code, a.Text))
}
