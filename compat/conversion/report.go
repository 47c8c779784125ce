package conversion

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"systole/pkg/diag"
)

// Grade says how much of a directive survives.
type Grade uint8

// The grades.
const (
	Equal        Grade = iota // the result does the same
	Approximated              // it does nearly the same; the note says what differs
	Lost                      // it does not do it; the note says why
)

// String returns the grade as the report has it.
func (g Grade) String() string {
	switch g {
	case Equal:
		return "equal"
	case Approximated:
		return "approximated"
	}
	return "lost"
}

// Entry is what became of one directive.
type Entry struct {
	Line  int    // 0: of no line, but of the whole
	Text  string // the directive as written; secrets are masked by who adds it
	Grade Grade
	Note  string // what it became, how it differs, why it is lost
}

// Report is the account of one file.
type Report struct {
	File    string
	Entries []Entry
	Errors  []diag.Diagnostic // with any of them there is no Tree
}

// Add puts an entry into the report.
func (r *Report) Add(e Entry) { r.Entries = append(r.Entries, e) }

// Fail says that a line is damaged, so that nothing can be made of the file.
func (r *Report) Fail(line int, format string, args ...any) {
	r.Errors = append(r.Errors, diag.Diagnostic{File: r.File, Line: line, Severity: diag.Error, Remedy: fmt.Sprintf(format, args...)})
}

// Failed says whether the file is too damaged to be converted.
func (r *Report) Failed() bool { return len(r.Errors) > 0 }

// Count returns how many entries have a grade.
func (r *Report) Count(g Grade) int {
	n := 0
	for _, e := range r.Entries {
		if e.Grade == g {
			n++
		}
	}
	return n
}

// Accounted returns the lines that the report speaks of.
func (r *Report) Accounted() map[int]bool {
	lines := map[int]bool{}
	for _, e := range r.Entries {
		lines[e.Line] = true
	}
	for _, d := range r.Errors {
		lines[d.Line] = true
	}
	return lines
}

// WriteTo writes the account, a directive a line in the order of the file, and the counts.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	entries := slices.Clone(r.Entries)
	slices.SortStableFunc(entries, func(x, y Entry) int { return cmp.Compare(x.Line, y.Line) })
	width := 0
	for _, e := range entries {
		width = max(width, len(place(r.File, e.Line)))
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "%-*s %-12s  %s\n", width+1, place(r.File, e.Line)+":", e.Grade, e.sentence())
	}
	fmt.Fprintf(&b, "%d equal, %d approximated, %d lost\n", r.Count(Equal), r.Count(Approximated), r.Count(Lost))
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func place(file string, line int) string {
	return diag.Diagnostic{File: file, Line: line}.Where()
}

// sentence is the entry on one line, whatever was in the file.
func (e Entry) sentence() string {
	text := strings.Join(strings.FieldsFunc(e.Text, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	switch {
	case e.Note == "":
		return text
	case text == "":
		return e.Note
	}
	return text + ": " + e.Note
}
