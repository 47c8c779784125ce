// Package hook tells programs and web addresses of events, in order and never two at once.
//
//	loop ──Tell──▶ queue of each hook ──▶ one worker ─┬─▶ program, the event on stdin and in its
//	                                                  │   environment, 30 s at most
//	                                                  └─▶ POST, three attempts of 10 s
//
// What a hook gets, on one line:
//
//	{"version":1,"number":12,"time":"…","daemon":"ldirectord","node":"lvs1","kind":"real",
//	 "text":"Deleted real server: 10.1.0.11:80 (10.1.0.70:80)"}
//
// Each hook has a queue and a worker of its own, so that one that hangs delays nobody but itself.
// A hook that is further behind than its queue is long loses the newest events, and the number of
// the next one shows how many. A daemon that ends gives its hooks two seconds.
package hook

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"systole/pkg/observer"
	"systole/pkg/state"
)

const (
	queueLength = 256
	endTime     = 2 * time.Second
)

// Event is what hooks get.
type Event struct {
	Version int       `json:"version"`
	Number  uint64    `json:"number"` // counts up in one life of the daemon
	Time    time.Time `json:"time"`
	Daemon  string    `json:"daemon"` // heartbeat or ldirectord
	Node    string    `json:"node"`
	Kind    string    `json:"kind"`
	Text    string    `json:"text"`
}

// line is the event as it goes out.
func (e Event) line() []byte {
	b, err := json.Marshal(e)
	if err != nil { // only times beyond the year 9999 do not encode
		b = fmt.Appendf(nil, `{"version":%d,"number":%d}`, e.Version, e.Number)
	}
	return append(b, '\n')
}

// Hooks are those of a daemon, for any goroutine.
type Hooks struct {
	daemon, node string
	complain     func(text string)
	number       uint64

	mu      sync.Mutex
	workers []*worker
	done    sync.WaitGroup
}

// New returns the hooks of a daemon, none at first. complain gets a line for each event that a
// hook did not take.
func New(daemon, node string, complain func(text string)) *Hooks {
	return &Hooks{daemon: daemon, node: node, complain: complain}
}

// Use replaces the hooks by those of a configuration; one that stays keeps its queue, one that goes
// still gets what it waits for.
func (h *Hooks) Use(hooks []observer.Hook) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var keep []*worker
	for _, w := range h.workers {
		if slices.Contains(hooks, w.hook) {
			keep = append(keep, w)
		} else {
			close(w.queue)
		}
	}
	for _, hook := range hooks {
		if !slices.ContainsFunc(keep, func(w *worker) bool { return w.hook == hook }) {
			w := &worker{hook: hook, queue: make(chan Event, queueLength), complain: h.complain}
			h.done.Go(w.run)
			keep = append(keep, w)
		}
	}
	h.workers = keep
}

// Tell hands an event to every hook. It never waits.
func (h *Hooks) Tell(ev state.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.number++
	e := Event{Version: 1, Number: h.number, Time: ev.At, Daemon: h.daemon, Node: h.node, Kind: ev.Kind, Text: ev.Text}
	for _, w := range h.workers {
		w.add(e)
	}
}

// Close ends the hooks, after what they wait for if that is soon over.
func (h *Hooks) Close() {
	h.Use(nil)
	done := make(chan struct{})
	go func() {
		h.done.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(endTime):
	}
}
