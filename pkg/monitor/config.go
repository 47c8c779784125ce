package monitor

import (
	"slices"
	"time"
)

// Config is a mon.cf as the machine needs it.
type Config struct {
	BaseDir   string   // relative directories begin here
	CFBaseDir string   // MON_CFBASEDIR
	AlertDirs []string // where alerts are looked for, in order
	MonDirs   []string // the same for monitors
	LogDir    string
	StateDir  string
	PIDFile   string // "" for the usual place
	Facility  string // of syslog
	MaxProcs  int    // monitors at a time; 0: no limit
	RandStart time.Duration
	Watches   []Watch
}

// Watch is a hostgroup with its services.
type Watch struct {
	Group    string
	Hosts    []string // without those that begin with *, which are disabled
	Services []Service
}

// Service is something to be monitored.
type Service struct {
	Name            string
	Line            int
	Env             []string // NAME=value for monitor and alerts
	Interval        time.Duration
	FailureInterval time.Duration // 0: Interval
	RandSkew        time.Duration
	Monitor         Call
	WithoutHosts    bool // ";;": the hosts are not appended
	AllowEmpty      bool
	Description     string
	ExcludeHosts    []string
	ExcludePeriod   *Schedule // nil: none
	Periods         []Period
}

// Call is a program with its arguments.
type Call struct {
	Name string
	Args []string
	Text string // the arguments as written, for log lines
	Line int
}

// Period is a section of alerts.
type Period struct {
	Label        string
	When         Schedule
	Alerts       []Alert
	UpAlerts     []Alert
	Startup      []Alert
	Every        time.Duration // 0: no limit
	EveryMode    EveryMode
	After        int           // failures before the first alert; 0: not given
	AfterWithin  time.Duration // in which they must happen; 0: any
	AfterFor     time.Duration // failing for longer than this; 0: not given
	NumAlerts    int           // 0: no limit
	NoComp       bool          // upalert also where no alert was called
	UpAlertAfter time.Duration // upalert only after so long an outage
}

// EveryMode says what overrides alertevery.
type EveryMode uint8

// The modes.
const (
	BySummary EveryMode = iota // a summary that has changed
	ByDetail                   // an output that has changed
	Strict                     // nothing
)

// Alert is a call, for some exit codes of the monitor.
type Alert struct {
	Call
	Low, High int // 0, 0: every one
}

// holds says whether the alert is for an exit code.
func (a Alert) holds(exit int) bool { return a.High == 0 || a.Low <= exit && exit <= a.High }

// hosts are those that a monitor is called with.
func (w *Watch) hosts(s *Service) []string {
	return slices.DeleteFunc(slices.Clone(w.Hosts), func(h string) bool { return slices.Contains(s.ExcludeHosts, h) })
}
