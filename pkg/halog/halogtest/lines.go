// Package halogtest keeps what is logged in a test.
package halogtest

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Lines are what was logged, in order. Any number of goroutines may write and read. The zero value is
// empty.
type Lines struct {
	mu  sync.Mutex
	all []string
}

// Add logs a line.
func (l *Lines) Add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, line)
}

// All are the lines so far.
func (l *Lines) All() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}

// Text is the lines so far in one.
func (l *Lines) Text() string { return strings.Join(l.All(), "\n") }

// Take returns the lines so far and forgets them.
func (l *Lines) Take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// Await waits for a text, which may be a part of a line, and ends the test if it does not come.
func (l *Lines) Await(t testing.TB, patience time.Duration, text string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !strings.Contains(l.Text(), text); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("no log line %q in\n%s", text, l.Text())
		}
	}
}

// Tagged is the log of one of several that write to the same lines, each of which begins with its tag.
type Tagged struct {
	lines *Lines
	tag   string
}

// Tagged writes to the lines as "tag: text".
func (l *Lines) Tagged(tag string) Tagged { return Tagged{l, tag} }

// Log logs a line.
func (g Tagged) Log(text string) { g.lines.Add(g.tag + ": " + text) }
