// Package diag is what a parser says about a configuration file: the original's own words,
// where they apply, and what to do about it.
package diag

import (
	"fmt"
	"strings"
)

// Severity orders diagnostics; only Error refuses a file.
type Severity uint8

// The severities.
const (
	Note Severity = iota
	Warning
	Error
)

// String returns the severity as a word.
func (s Severity) String() string {
	switch s {
	case Error:
		return "error"
	case Warning:
		return "warning"
	}
	return "note"
}

// Diagnostic is one finding about one place of a file.
type Diagnostic struct {
	File     string
	Line     int // 0: the file as a whole
	Severity Severity
	Text     string // the original's words, without its prefix; "" if the original says nothing
	Remedy   string // ours: what was probably meant and what to write instead; may be empty
}

// Where returns "file:line", or "file" for a finding about a whole file.
func (d Diagnostic) Where() string {
	if d.Line == 0 {
		return d.File
	}
	return fmt.Sprintf("%s:%d", d.File, d.Line)
}

// Hint returns the one line that follows the original's words: the place and the remedy.
func (d Diagnostic) Hint() string {
	if d.Remedy == "" {
		return d.Where()
	}
	return d.Where() + ": " + d.Remedy
}

// String returns the whole finding on one line.
func (d Diagnostic) String() string {
	text := strings.TrimSpace(d.Text)
	if text == "" {
		text = d.Remedy
	} else if d.Remedy != "" {
		text += " (" + d.Remedy + ")"
	}
	return d.Where() + ": " + d.Severity.String() + ": " + text
}

// Failed says whether any of the findings refuses the file.
func Failed(ds []Diagnostic) bool {
	for _, d := range ds {
		if d.Severity == Error {
			return true
		}
	}
	return false
}
