package state

import (
	"encoding/json"
	"fmt"
	"time"
)

// Version is the version of Document.
const Version = 1

// Document is the state of a node at one moment.
type Document struct {
	Version   int        `json:"version"`
	Time      time.Time  `json:"time"`
	Daemon    Daemon     `json:"daemon"`
	Resources Resources  `json:"resources"`
	Nodes     []Node     `json:"nodes"` // as in ha.cf, this one included
	Pings     []Node     `json:"ping_nodes"`
	Clients   []Client   `json:"clients"`
	Jobs      []Job      `json:"jobs"`
	Events    []Event    `json:"events"`              // the last ones, oldest first
	Directors []Director `json:"directors,omitempty"` // added by who asks, from their own sockets
}

// Daemon is the process that answers.
type Daemon struct {
	Program    string    `json:"program"` // systole
	Version    string    `json:"version"` // of heartbeat, as it calls itself
	Node       string    `json:"node"`
	PID        int       `json:"pid"`
	Started    time.Time `json:"started"`
	Generation uint64    `json:"generation"`
	Status     string    `json:"status"` // own status: init, up, active
	Stopping   bool      `json:"stopping"`
	Keepalive  int64     `json:"keepalive_ms"`
	Deadtime   int64     `json:"deadtime_ms"`
	Failback   string    `json:"auto_failback"`
}

// Resources is what is held.
type Resources struct {
	State   string    `json:"state"` // none, local, foreign, all or transition, as cl_status rscstatus
	Holds   string    `json:"holds"` // none, local, foreign or all, also while in transition
	Since   time.Time `json:"since"`
	Peer    string    `json:"peer_holds"` // what the other node said last, in its own words
	Settled bool      `json:"settled"`
	Groups  []Group   `json:"groups"`
}

// Group is a line of haresources.
type Group struct {
	Owner  string   `json:"owner"`
	Words  []string `json:"resources"`
	Holder string   `json:"holder"` // a node; "" while nobody is known to hold it
	Shared bool     `json:"shared,omitempty"`
}

// Node is a cluster node or a ping node.
type Node struct {
	Name     string    `json:"name"`
	Self     bool      `json:"self,omitempty"`
	Status   string    `json:"status"`
	Since    time.Time `json:"since"`             // of the status, as far as this life has seen it
	Systole  bool      `json:"systole,omitempty"` // speaks our additions
	Age      int64     `json:"age_ms"`            // of its last status; 0 of this node
	Deadtime int64     `json:"deadtime_ms"`       // after this much silence it is dead
	Missing  int       `json:"missing"`           // messages that have been asked for
	Paths    []Path    `json:"paths,omitempty"`
	View     *Sight    `json:"view,omitempty"` // what a Systole node says of itself and of us
}

// Path is one way to a node.
type Path struct {
	Name     string `json:"name"`
	Up       bool   `json:"up"`
	Age      int64  `json:"age_ms"` // of what came last; -1: nothing ever did
	Interval int64  `json:"interval_ms"`
	Jitter   int64  `json:"jitter_us"` // mean deviation of the interval, microseconds
	Count    uint64 `json:"count"`     // of heartbeats
}

// Client is a program signed on to the client API.
type Client struct {
	Name   string `json:"name"`
	PID    int    `json:"pid"`
	UID    int    `json:"uid"`
	Casual bool   `json:"casual,omitempty"`
}

// Job is resource work that is going on or waits.
type Job struct {
	ID   int       `json:"id"`
	What string    `json:"what"`
	At   time.Time `json:"since"`
}

// Event is a change of something.
type Event struct {
	At   time.Time `json:"time"`
	Kind string    `json:"kind,omitempty"` // node, link, resources, …
	Text string    `json:"text"`
}

// Encode returns the document on one line.
func (d *Document) Encode() []byte {
	b, err := json.Marshal(d)
	if err != nil { // only times beyond the year 9999 do not encode
		b = fmt.Appendf(nil, `{"version":%d}`, Version)
	}
	return append(b, '\n')
}

// Decode reads a document. The error says what is wrong with it, or that it is of a later version.
func Decode(b []byte) (*Document, error) {
	var d Document
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("state document: %w", err)
	}
	if d.Version != Version {
		return nil, fmt.Errorf("state document has version %d, this program knows %d", d.Version, Version)
	}
	return &d, nil
}

// Degraded says what is not as it should be, in words; empty when all is well.
func (d *Document) Degraded() []string {
	var what []string
	if d.Resources.State == "transition" {
		what = append(what, "resources are in transition")
	}
	for _, n := range append(append([]Node(nil), d.Nodes...), d.Pings...) {
		if n.Status != "active" && n.Status != "ping" {
			what = append(what, fmt.Sprintf("%s is %s", n.Name, n.Status))
			continue
		}
		for _, p := range n.Paths {
			if !p.Up && !n.Self {
				what = append(what, fmt.Sprintf("link %s:%s is dead", n.Name, p.Name))
			}
		}
		what = append(what, d.deaf(n)...)
	}
	for _, g := range d.Resources.Groups {
		if g.Holder == "" && len(g.Words) > 0 {
			what = append(what, "nobody holds "+g.Words[0])
		}
	}
	what = append(what, d.twice()...)
	for i := range d.Directors {
		what = append(what, d.Directors[i].Degraded()...)
	}
	return what
}
