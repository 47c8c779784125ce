package monitor

import "strings"

// Event is what happens to a machine.
type Event interface{ event() }

// Tick says that time has come.
type Tick struct{}

// Started is the first event: startup alerts are called.
type Started struct{}

// Finished says that a monitor has ended.
type Finished struct {
	Service int // of RunMonitor
	Exit    int // 0 is good
	Output  string
}

// Skipped says that a monitor could not be run at all; the service stays as it is.
type Skipped struct{ Service int }

func (Tick) event()     {}
func (Started) event()  {}
func (Finished) event() {}
func (Skipped) event()  {}

// Action is what is to be done.
type Action interface{ action() }

// RunMonitor runs a monitor; Finished or Skipped must follow.
type RunMonitor struct {
	Service int
	Group   string
	Name    string // of a file in MonDirs
	Args    []string
	Env     []string // added to the environment
}

// AlertKind is why an alert is called, the value of MON_ALERTTYPE.
type AlertKind string

// The kinds.
const (
	Failure AlertKind = "failure"
	Up      AlertKind = "up"
	Startup AlertKind = "startup"
)

// RunAlert calls an alert; nobody waits for it.
type RunAlert struct {
	Kind    AlertKind
	Group   string
	Service string
	Summary string
	Call    Call
	Args    []string
	Env     []string
	Stdin   string
}

// Level is the urgency of a log line.
type Level uint8

// The levels that mon uses.
const (
	Info Level = iota
	Warning
	Err
	Crit
	Alerting
)

// Log writes a line.
type Log struct {
	Level Level
	Text  string
}

func (RunMonitor) action() {}
func (RunAlert) action()   {}
func (Log) action()        {}

// Line is what mon logs of the call; path is the file that was found.
func (a RunAlert) Line(path string) string {
	word := map[AlertKind]string{Failure: "alert", Up: "upalert", Startup: "startupalert"}[a.Kind]
	text := "calling " + word + " " + a.Call.Name + " for " + a.Group + "/" + a.Service + " (" + path + "," + a.Call.Text + ")"
	return strings.TrimRight(text+" "+a.Summary, " ")
}
