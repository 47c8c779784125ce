package director

import (
	"net/netip"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// Event is something that happened outside the machine.
type Event interface{ event() }

// Configured is the first event: the configuration to work with.
type Configured struct{ Config *ldirectorcf.Config }

// TableRead answers ReadTable. With Err set, Table means nothing.
type TableRead struct {
	Table ipvs.Table
	Err   error
}

// Applied answers Apply: one entry per change, nil where it worked.
type Applied struct{ Errs []error }

// CheckResult answers StartCheck. A result whose Seq is not that of the running check is ignored.
type CheckResult struct {
	ID      string
	Seq     uint64
	Up      bool
	Message string   // of the monitor file; may be empty
	Logs    []string // lines the check itself wants logged
	Path    Path     // for a virtual with systole_path_check=
}

// Hangup asks for a reload: SIGHUP.
type Hangup struct{}

// FileChanged says that the configuration file's content differs from what it was when last
// looked at (ldirectord spec 7, autoreload).
type FileChanged struct{}

// Reloaded answers LoadConfig. Config is nil for a file that is refused; Lines are the complaints.
type Reloaded struct {
	Config *ldirectorcf.Config
	Lines  []string
}

// Maintenance names all reals that are in maintenance now, by address and port as configured.
type Maintenance struct{ Reals []netip.AddrPort }

// Stop asks for the orderly stop; Signal is its name without "SIG".
type Stop struct{ Signal string }

// Tick says that the time of Next has come.
type Tick struct{}

func (Configured) event()  {}
func (TableRead) event()   {}
func (Applied) event()     {}
func (CheckResult) event() {}
func (Hangup) event()      {}
func (FileChanged) event() {}
func (Reloaded) event()    {}
func (Maintenance) event() {}
func (Stop) event()        {}
func (Tick) event()        {}
