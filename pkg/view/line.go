package view

import (
	"fmt"
	"strings"

	"systole/pkg/cells"
)

// Style is how a part of a line looks, where the terminal can.
type Style uint8

// The styles.
const (
	Plain Style = iota
	Head        // of a table
	Good
	Warn
	Bad
	Faint
)

// Span is a part of a line in one style.
type Span struct {
	Text  string
	Style Style
}

// Line is a line of the screen. Selected ones are shown reversed.
type Line struct {
	Spans    []Span
	Selected bool
}

// Text returns the line without its styles.
func (l Line) Text() string {
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return strings.TrimRight(b.String(), " ")
}

func plain(format string, args ...any) Line { return styled(Plain, format, args...) }

func styled(s Style, format string, args ...any) Line {
	return Line{Spans: []Span{{clean(fmt.Sprintf(format, args...)), s}}}
}

// indent begins the lines that continue another.
const indent = "  "

// wrapped is a text in at most so many lines of a width, broken at blanks. The last one may be wider.
func wrapped(s Style, text string, width, most int) []Line {
	var lines []Line
	text = clean(text)
	for len(lines) < most-1 && cells.Width(text) > width {
		at := breakAt(text, width)
		if at == 0 {
			break
		}
		lines = append(lines, Line{Spans: []Span{{text[:at], s}}})
		text = indent + strings.TrimLeft(text[at:], " ")
	}
	return append(lines, Line{Spans: []Span{{text, s}}})
}

// breakAt is where the last blank is that has no more than a width before it; 0: nowhere.
func breakAt(text string, width int) int {
	at := 0
	for i, r := range text {
		if cells.Width(text[:i]) > width {
			break
		}
		if r == ' ' && i >= len(indent) {
			at = i
		}
	}
	return at
}

// add appends a cell.
func (l *Line) add(s Style, text string) { l.Spans = append(l.Spans, Span{text, s}) }

// cut returns the line in a width of columns.
func (l Line) cut(width int, ascii bool) Line {
	out := Line{Selected: l.Selected}
	for _, s := range l.Spans {
		text := cells.Cut(s.Text, max(width, 0))
		width -= cells.Width(s.Text)
		if ascii {
			text = cells.ASCII(text)
		}
		out.add(s.Style, text)
		if width <= 0 {
			break
		}
	}
	return out
}

// clean keeps what daemons and servers say from steering the terminal.
func clean(text string) string { return cells.Clean(text) }

// left and right are cells of a width; what is too long is cut, and a blank stays between cells.
func left(text string, width int) string { return pad(text, width-1, false) + " " }

func right(text string, width int) string { return " " + pad(text, width-1, true) }

func pad(text string, width int, right bool) string {
	return cells.Fit(clean(text), max(width, 0), right)
}
