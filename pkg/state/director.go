package state

import (
	"encoding/json"
	"fmt"
	"time"
)

// DirectorDocument is what an ldirectord tells about itself on its own socket.
type DirectorDocument struct {
	Version  int      `json:"version"`
	Director Director `json:"director"`
}

// Director is an ldirectord of this machine. One that does not tell has a name and a pid only.
type Director struct {
	Name     string    `json:"name"` // of its configuration
	PID      int       `json:"pid"`
	Running  bool      `json:"running"`
	Time     time.Time `json:"time,omitzero"` // of what follows
	Config   string    `json:"config,omitempty"`
	Started  time.Time `json:"started,omitzero"`
	Phase    string    `json:"phase,omitempty"`    // starting, running, reloading or stopping
	Problems []string  `json:"problems,omitempty"` // what the kernel refused
	Counted  bool      `json:"counted,omitempty"`  // the kernel's counters are in
	Virtuals []Virtual `json:"virtuals,omitempty"`
	Orders   []Order   `json:"orders,omitempty"` // of operators, oldest first
	Events   []Event   `json:"events,omitempty"` // the last ones, oldest first
}

// Virtual is a virtual service of a director.
type Virtual struct {
	Name         string   `json:"name"`         // as in log lines
	ID           string   `json:"id,omitempty"` // with its protocol: tcp:10.1.0.70:80
	Scheduler    string   `json:"scheduler,omitempty"`
	Persistent   int64    `json:"persistent_s,omitempty"`
	Check        string   `json:"check,omitempty"` // negotiate http, connect, …
	Interval     int64    `json:"interval_ms,omitempty"`
	Fallback     string   `json:"fallback,omitempty"`
	FallbackUsed bool     `json:"fallback_used,omitempty"`
	Panic        bool     `json:"panic,omitempty"` // too few reals are up, so that all stay in service
	Counters     Counters `json:"counters,omitzero"`
	Reals        []Real   `json:"reals"`
}

// Real is a real server of a virtual.
type Real struct {
	Name       string    `json:"name"`
	Up         bool      `json:"up"`
	Weight     int       `json:"weight"`          // in the kernel's table
	State      string    `json:"state,omitempty"` // up, down, waiting, held, draining, drained, disabled, maintenance
	Listed     bool      `json:"listed,omitempty"`
	Configured int       `json:"configured_weight"`
	Forward    string    `json:"forward,omitempty"`
	Since      time.Time `json:"since,omitzero"` // of Up
	Failures   int       `json:"failures,omitempty"`
	HeldUntil  time.Time `json:"held_until,omitzero"`  // of state held: it fell too often
	Growing    bool      `json:"slow_start,omitempty"` // its weight has not reached what is configured
	Path       string    `json:"path,omitempty"`       // what is wrong on the way to its virtual address
	Checked    time.Time `json:"checked,omitzero"`
	Took       int64     `json:"took_us,omitempty"` // the last check, microseconds
	Said       string    `json:"said,omitempty"`    // by the last check
	Past       []int64   `json:"history_us,omitempty"`
	Counters   Counters  `json:"counters,omitzero"`
}

// History is how many checks Past holds at most, oldest first; Failed stands for one that failed.
const (
	History = 24
	Failed  = -1
)

// Counters are the kernel's: totals since the entry was made, then rates a second.
type Counters struct {
	Conns    uint64 `json:"conns"`
	InPkts   uint64 `json:"in_packets"`
	OutPkts  uint64 `json:"out_packets"`
	InBytes  uint64 `json:"in_bytes"`
	OutBytes uint64 `json:"out_bytes"`
	CPS      uint64 `json:"conns_per_s"`
	InBPS    uint64 `json:"in_bytes_per_s"`
	OutBPS   uint64 `json:"out_bytes_per_s"`
	Active   uint32 `json:"active"`
	Inactive uint32 `json:"inactive"`
}

// Order is an operator's word about a real server.
type Order struct {
	Kind    string    `json:"order"` // drain, disable or weight
	Real    string    `json:"real"`  // address, or address and port
	Virtual string    `json:"virtual,omitempty"`
	Weight  int       `json:"weight,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	By      string    `json:"by,omitempty"`
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until,omitzero"`
	Over    bool      `json:"over,omitempty"` // a drain whose time is over: the server is out of the table
}

// Held says whether operators or maintenance keep new connections away from a real: it being
// out of service is as wanted.
func (r *Real) Held() bool {
	switch r.State {
	case "draining", "drained", "disabled", "maintenance":
		return true
	}
	return false
}

// Encode returns the document on one line.
func (d *DirectorDocument) Encode() []byte {
	b, err := json.Marshal(d)
	if err != nil { // only times beyond the year 9999 do not encode
		b = fmt.Appendf(nil, `{"version":%d}`, Version)
	}
	return append(b, '\n')
}

// DecodeDirector reads a document. The error says what is wrong with it, or that it is of a later version.
func DecodeDirector(b []byte) (*Director, error) {
	var d DirectorDocument
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("director's state document: %w", err)
	}
	if d.Version != Version {
		return nil, fmt.Errorf("director's state document has version %d, this program knows %d", d.Version, Version)
	}
	return &d.Director, nil
}

// Degraded says what is not as it should be, in words.
func (d *Director) Degraded() []string {
	what := append([]string(nil), d.Problems...)
	for i := range d.Virtuals {
		v := &d.Virtuals[i]
		down, last := 0, ""
		for j := range v.Reals {
			if r := &v.Reals[j]; !r.Up && r.State == "down" {
				down, last = down+1, r.Name
			}
		}
		switch {
		case down == 1:
			what = append(what, fmt.Sprintf("real server %s of %s is down", last, v.Name))
		case down > 1:
			what = append(what, fmt.Sprintf("%d of %d real servers of %s are down", down, len(v.Reals), v.Name))
		}
		if v.Panic {
			what = append(what, fmt.Sprintf("too few real servers of %s are up: all stay in service", v.Name))
		}
		what = append(what, v.hindered()...)
		if v.FallbackUsed && v.Fallback != "" {
			what = append(what, fmt.Sprintf("%s is served by its fallback %s", v.Name, v.Fallback))
		}
	}
	return what
}

// hindered says what is wrong with single servers beyond their being down.
func (v *Virtual) hindered() (what []string) {
	for i := range v.Reals {
		r := &v.Reals[i]
		if !r.HeldUntil.IsZero() {
			what = append(what, fmt.Sprintf("real server %s of %s fell too often: held until %s", r.Name, v.Name, r.HeldUntil.Format("15:04:05")))
		}
		if r.Path != "" {
			what = append(what, fmt.Sprintf("real server %s of %s: %s", r.Name, v.Name, r.Path))
		}
	}
	return what
}

// Words tells an order as a line.
func (o *Order) Words(zone *time.Location) string {
	text := o.Kind
	switch {
	case o.Kind == "weight":
		text = fmt.Sprintf("weight %d for", o.Weight)
	case o.Over:
		text = "drained"
	}
	text += " " + o.Real
	if o.Virtual != "" {
		text += " in " + o.Virtual
	}
	if o.By != "" {
		text += " by " + o.By
	}
	if !o.Until.IsZero() && !o.Over {
		text += " until " + o.Until.In(zone).Format("15:04:05")
	}
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	return text
}
