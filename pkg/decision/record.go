package decision

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the version of Record.
const Version = 1

// Record is one occasion. What nodes hold is in the words of rsc_hold, as each node sees it
// itself: local, foreign, all, none.
type Record struct {
	Version int       `json:"version"`
	ID      int       `json:"id"` // counts up
	Node    string    `json:"node"`
	Begun   time.Time `json:"begun"`
	Ended   time.Time `json:"ended,omitzero"`
	Done    bool      `json:"done"` // the node came to rest
	Occasion
	Follows *Former  `json:"follows,omitempty"` // what it is the consequence of
	Before  string   `json:"held_before"`
	After   string   `json:"held_after,omitempty"`
	Peer    Peer     `json:"peer,omitzero"`
	Life    *Life    `json:"life_before,omitempty"` // of a start
	Absence *Absence `json:"absence,omitempty"`     // of a node that is heard again
	Timers  Timers   `json:"timers"`
	Inputs  []Input  `json:"inputs"`
	Steps   []Step   `json:"steps"`
	Lost    int      `json:"steps_lost,omitempty"`
}

// Peer is what the other node said that it holds: before, "" if it was dead or had not been heard yet,
// and after, "" if it is dead then.
type Peer struct {
	Node    string    `json:"node"`
	Before  string    `json:"held_before,omitempty"`
	Since   time.Time `json:"held_since,omitzero"` // … what it said first, if there is no before
	Between []string  `json:"held_between,omitempty"`
	After   string    `json:"held_after,omitempty"`
}

// holds notes what it says now.
func (p *Peer) holds(what string) {
	last := p.Before
	if n := len(p.Between); n > 0 {
		last = p.Between[n-1]
	}
	if what != last && len(p.Between) < maxBetween {
		p.Between = append(p.Between, what)
	}
}

// Former is an occasion before the one that is told. With the number of the record that it stands
// in, it is what that record began with.
type Former struct {
	ID int `json:"id"`
	Occasion
	Ago int64 `json:"ago_ms"` // from its beginning to that of its consequence
}

// Absence is what the numbers of a node's messages say about a time in which it was not heard.
type Absence struct {
	Silent   int64 `json:"silent_ms"`
	Sent     int64 `json:"sent"`     // messages that it sent meanwhile
	Expected int64 `json:"expected"` // heartbeats that a running node sends in that time
}

// StoodStill says whether the node itself had stopped: it sent next to nothing.
func (a Absence) StoodStill() bool { return a.Sent*4 < a.Expected }

// Timers are the times of ha.cf in milliseconds.
type Timers struct {
	Keepalive int64  `json:"keepalive_ms"`
	Deadtime  int64  `json:"deadtime_ms"`
	Failback  string `json:"auto_failback"`
}

// Input is what was known of another node or ping node at the beginning.
type Input struct {
	Node   string `json:"node"`
	Ping   bool   `json:"ping,omitempty"`
	Status string `json:"status"`
	Silent int64  `json:"silent_ms"`
	Limit  int64  `json:"limit_ms"` // of silence, after which it is dead
	Paths  []Path `json:"paths,omitempty"`
}

// dead says whether it was taken for dead, or nearly so.
func (in *Input) dead() bool { return in.Status == "dead" || in.Silent*4 > in.Limit*3 }

// Path is one way to it.
type Path struct {
	Name      string `json:"name"`
	Up        bool   `json:"up"`
	Silent    int64  `json:"silent_ms"`            // -1: never heard
	Unplugged bool   `json:"no_carrier,omitempty"` // this node's card had no carrier
}

// StepKind is what a step is.
type StepKind string

// The kinds of steps.
const (
	StepCause   StepKind = "cause" // another occasion, while this one was open
	StepLog     StepKind = "log"
	StepSend    StepKind = "send"    // a message about resources to the cluster
	StepHear    StepKind = "hear"    // one from the other node
	StepJob     StepKind = "job"     // a piece of resource work
	StepCommand StepKind = "command" // a start or stop of one resource, within a job
)

// Step is one thing that happened.
type Step struct {
	At   time.Time `json:"time"`
	Kind StepKind  `json:"kind"`
	Text string    `json:"text"`
	Job  int       `json:"job,omitempty"`
	Took int64     `json:"took_ms,omitempty"` // of a job or command that has ended; at least 1 then
	Code int       `json:"code,omitempty"`    // its exit code
}

// Encode returns the record as it is kept on disk.
func (r *Record) Encode() []byte {
	b, err := json.MarshalIndent(r, "", " ")
	if err != nil { // only times beyond the year 9999 do not encode
		b = fmt.Appendf(nil, `{"version":%d,"id":%d}`, Version, r.ID)
	}
	return append(b, '\n')
}

// Decode reads a record. The error says what is wrong with it.
func Decode(b []byte) (*Record, error) {
	var r Record
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("decision record: %w", err)
	}
	if r.Version != Version {
		return nil, fmt.Errorf("decision record has version %d, this program knows %d", r.Version, Version)
	}
	return &r, nil
}
