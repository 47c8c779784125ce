package cluster

import (
	"fmt"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// Action is one thing to do. Its String is the line of traces and golden files.
// Actions are to be carried out in the order in which Step returned them.
type Action interface{ String() string }

// Send puts a complete message on every medium that is not a ping medium.
type Send struct{ Msg *hamsg.Message }

// Ping asks every ping node for an answer. TS is the ts field for the payload.
type Ping struct{ TS string }

// Level is the level word of a log line (failover spec 15.1).
type Level string

// The levels that the machine uses.
const (
	Crit  Level = "CRIT"
	Error Level = "ERROR"
	Warn  Level = "WARN"
	Info  Level = "info"
	Debug Level = "debug"
)

// Log writes a line of the daemon.
type Log struct {
	Level Level
	Text  string
}

// Notify hands a message to the local API clients (tools spec 8.6).
type Notify struct{ Msg *hamsg.Message }

// Query asks the API for the state of a local client on behalf of another node; the answer
// goes back as a respond-cstatus message through Local.
type Query struct{ Msg *hamsg.Message }

// Run starts a resource job in a worker. JobDone must follow.
type Run struct{ Job }

// StartClient starts a respawn client after Delay; ClientStarted or ClientExited must follow.
type StartClient struct {
	Index int
	Delay time.Duration
}

// KillClient sends SIGTERM to a client's process group.
type KillClient struct{ Index, PID int }

// Exit ends the daemon. With Restart it begins a new life at once: after Pause, and keeping
// the resources of Hold when KeepResources is set.
type Exit struct {
	Restart       bool
	KeepResources bool
	Hold          Hold
	Pause         time.Duration
}

// Reboot restarts the machine: a failfast client ended abnormally.
type Reboot struct{ Why string }

func (a Send) String() string   { return "send " + brief(a.Msg) }
func (a Ping) String() string   { return "ping" }
func (a Log) String() string    { return fmt.Sprintf("log %s: %s", a.Level, a.Text) }
func (a Notify) String() string { return "notify " + brief(a.Msg) }
func (a Query) String() string  { return "query " + brief(a.Msg) }
func (a Run) String() string    { return "run " + a.Job.String() }
func (a Reboot) String() string { return "reboot " + a.Why }

func (a StartClient) String() string {
	return fmt.Sprintf("start client %d after %v", a.Index, a.Delay)
}

func (a KillClient) String() string { return fmt.Sprintf("kill client %d", a.Index) }

func (a Exit) String() string {
	switch {
	case a.KeepResources:
		return "restart keeping " + a.Hold.String()
	case a.Restart:
		return fmt.Sprintf("restart after %v", a.Pause)
	}
	return "exit"
}

// plumbing says whether a field is one that every message carries, or a length of time that nothing
// is decided by; traces leave them out.
func plumbing(name string) bool {
	switch name {
	case "src", "srcuuid", "destuuid", "seq", "hg", "ts", "ld", "ttl", "auth", "protocol", FieldHeldFor:
		return true
	}
	return false
}

// brief renders the fields of a message that a reader of a trace wants.
func brief(msg *hamsg.Message) string {
	var b strings.Builder
	for _, f := range msg.Fields {
		if plumbing(f.Name) || f.Type != hamsg.String {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(f.Name + "=" + strings.TrimSpace(f.Value))
	}
	return b.String()
}
