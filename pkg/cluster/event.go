package cluster

import (
	"fmt"
	"time"

	"systole/pkg/hamsg"
)

// Event is something that happened. The time of Step is when the machine is told; events
// that come from outside carry the time of their arrival, so that a node which was itself
// stopped for a while does not blame its peers.
type Event interface{ event() }

// Start begins the node's life. It is the first event and comes once.
type Start struct{}

// Tick says that the time of Next has come. Spurious ticks are harmless.
type Tick struct{}

// Recv is an authenticated message from a normal node, over the medium with index Link.
type Recv struct {
	Link int
	Msg  *hamsg.Message
	At   time.Time
}

// PingReply says that a ping node answered over the medium with index Link.
type PingReply struct {
	Link int
	Msg  *hamsg.Message // the NS_st payload that came back, for API clients; may be nil
	At   time.Time
}

// Local is a message from this node's own scripts (the FIFO or a job) or API clients. The
// machine completes it, sends it to the cluster and processes it as its own.
type Local struct{ Msg *hamsg.Message }

// JobDone says that a job of Run ended. Job numbers that are not running are ignored.
type JobDone struct {
	ID   int
	Code int // exit code, or 128+signal
}

// ClientExited says that a respawn client ended.
type ClientExited struct {
	Index  int    // in Config.Clients
	PID    int    // as it was started
	Code   int    // exit code when Signal is 0
	Signal int    // the signal that killed it, or 0
	Reason string // "SIGKILL - Kill, unblockable" for the log, when Signal is not 0
}

// ClientStarted tells the pid of a client that StartClient asked for.
type ClientStarted struct{ Index, PID int }

// Terminate is SIGTERM to the daemon.
type Terminate struct{}

// Reload is SIGHUP when ha.cf has changed: restart without releasing resources.
type Reload struct{}

// GroupsChanged is a new reading of haresources.
type GroupsChanged struct{ Groups []Group }

// Load is the first line of /proc/loadavg, which rides along in every message.
type Load struct{ Text string }

func (Start) event()         {}
func (Tick) event()          {}
func (Recv) event()          {}
func (PingReply) event()     {}
func (Local) event()         {}
func (JobDone) event()       {}
func (ClientExited) event()  {}
func (ClientStarted) event() {}
func (Terminate) event()     {}
func (Reload) event()        {}
func (GroupsChanged) event() {}
func (Load) event()          {}

// String returns the trace line of a received message.
func (e Recv) String() string { return fmt.Sprintf("recv link=%d %s", e.Link, brief(e.Msg)) }
