package decision

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the version of Record.
const Version = 1

// Record is one occasion.
type Record struct {
	Version int       `json:"version"`
	ID      int       `json:"id"` // counts up
	Node    string    `json:"node"`
	Begun   time.Time `json:"begun"`
	Ended   time.Time `json:"ended,omitzero"`
	Done    bool      `json:"done"` // the node came to rest
	Cause   Cause     `json:"cause"`
	Subject string    `json:"subject"` // the node, link or ping node that the cause is about
	Before  string    `json:"held_before"`
	After   string    `json:"held_after,omitempty"`
	Timers  Timers    `json:"timers"`
	Inputs  []Input   `json:"inputs"`
	Steps   []Step    `json:"steps"`
	Lost    int       `json:"steps_lost,omitempty"`
}

// Timers are the times of ha.cf in milliseconds.
type Timers struct {
	Keepalive int64  `json:"keepalive_ms"`
	Deadtime  int64  `json:"deadtime_ms"`
	Failback  string `json:"auto_failback"`
}

// Input is what was known of another node or ping node at the beginning.
type Input struct {
	Node   string `json:"node"`
	Status string `json:"status"`
	Silent int64  `json:"silent_ms"`
	Limit  int64  `json:"limit_ms"` // of silence, after which it is dead
	Paths  []Path `json:"paths,omitempty"`
}

// Path is one way to it.
type Path struct {
	Name   string `json:"name"`
	Up     bool   `json:"up"`
	Silent int64  `json:"silent_ms"` // -1: never heard
}

// StepKind is what a step is.
type StepKind string

// The kinds of steps.
const (
	StepCause StepKind = "cause" // another occasion, while this one was open
	StepLog   StepKind = "log"
	StepSend  StepKind = "send" // a message about resources to the cluster
	StepJob   StepKind = "job"
)

// Step is one thing that happened.
type Step struct {
	At   time.Time `json:"time"`
	Kind StepKind  `json:"kind"`
	Text string    `json:"text"`
	Job  int       `json:"job,omitempty"`
	Took int64     `json:"took_ms,omitempty"` // of a job that has ended; at least 1 then
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
