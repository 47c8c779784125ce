package view

import (
	"slices"
	"time"

	"systole/pkg/state"
)

// Snapshot is what the daemons of this machine told at one moment.
type Snapshot struct {
	At        time.Time
	Cluster   *state.Document // without directors; nil: Why
	Why       string          // there is no document of heartbeat
	Directors []state.Director
}

// mode is what the keys mean.
type mode uint8

const (
	browsing  mode = iota
	filtering      // keys are text of the filter
	asking         // a question waits for y or n
	helping        // the keys are explained
)

// Model is the view. Make one with New.
type Model struct {
	zone          *time.Location
	ascii         bool
	width, height int
	now           time.Time
	snap          Snapshot

	mode      mode
	paused    bool
	sort      int // index into orders
	filter    string
	before    string // filter to go back to
	noCluster bool   // panes that are folded
	noEvents  bool
	selected  rowKey
	first     int // row at the top of the table
	question  Order
	note      string // what became of the last order
}

// Options are how to show things.
type Options struct {
	Zone  *time.Location
	ASCII bool // the terminal has no block characters
}

// New returns a view of 80 columns and 24 lines that has been shown nothing.
func New(o Options) *Model {
	return &Model{zone: o.Zone, ascii: o.ASCII, width: 80, height: 24, snap: Snapshot{Why: "waiting for the daemons"}}
}

// Resize tells the size of the terminal.
func (m *Model) Resize(width, height int) { m.width, m.height = max(width, 1), max(height, 1) }

// Clock tells the time, so that old data can be seen to be old.
func (m *Model) Clock(now time.Time) { m.now = now }

// Show takes a snapshot, unless the view is paused.
func (m *Model) Show(s Snapshot) {
	m.now = s.At
	if m.paused {
		return
	}
	m.snap = s
	m.keepSelection()
}

// Said tells what became of an order.
func (m *Model) Said(text string) { m.note = text }

// keepSelection selects the first row if the selected one has gone.
func (m *Model) keepSelection() {
	rows := m.rows()
	if len(rows) == 0 {
		return
	}
	if m.position(rows) < 0 {
		m.selected = rows[0].key()
	}
}

func (m *Model) position(rows []row) int {
	return slices.IndexFunc(rows, func(r row) bool { return r.key() == m.selected })
}

// move selects a row that is so many further.
func (m *Model) move(by int) {
	rows := m.rows()
	if len(rows) == 0 {
		return
	}
	at := min(max(m.position(rows)+by, 0), len(rows)-1)
	m.selected = rows[at].key()
}

// current is the selected row.
func (m *Model) current() (row, bool) {
	rows := m.rows()
	if at := m.position(rows); at >= 0 {
		return rows[at], true
	}
	return row{}, false
}
