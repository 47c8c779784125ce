package haresources

import (
	"strings"

	"systole/pkg/diag"
)

// Parse reads the text of haresources as ResourceManager does (failover spec 2.1). All findings
// are warnings or notes: nothing in this file keeps a group that could start from starting.
func Parse(file string, text []byte) ([]Group, []diag.Diagnostic) {
	lines := logicalLines(string(text))
	var groups []Group
	for _, l := range lines {
		if len(l.words) > 0 {
			groups = append(groups, l.group())
		}
	}
	return groups, findings(file, lines, groups)
}

// logical is a line with its continuations.
type logical struct {
	words       []string
	first, last int // physical lines, from 1

	comments []int // continuation lines whose comment was removed
	returns  int   // first line that ended in a carriage return, 0 if none did
	pasted   int   // first line with a no-break space
	stop     stop  // why a backslash near the end does not continue
	stopLine int
}

// stop is what came between a backslash and the line it should have continued with.
type stop uint8

const (
	stopNone    stop = iota
	stopBlank        // a blank or carriage return follows the backslash
	stopEmpty        // the next line is empty
	stopComment      // the backslash is part of a comment
)

func (l logical) group() Group {
	g := Group{Owner: strings.ToLower(l.words[0]), Line: l.first, Last: l.last}
	for _, word := range l.words[1:] {
		g.Resources = append(g.Resources, NewResource(word))
	}
	return g
}

const noBreakSpace = "\u00a0"

// logicalLines joins the physical lines.
func logicalLines(text string) []logical {
	// A backslash ends a line only before a newline; the last line may lack it.
	physical := strings.SplitAfter(text, "\n")
	var lines []logical
	for i := 0; i < len(physical); i++ {
		l := logical{first: i + 1}
		joined, more := l.take(physical[i], i+1)
		for more && i+1 < len(physical) {
			i++
			var next string
			next, more = l.take(physical[i], i+1)
			joined += next
		}
		l.last = i + 1
		l.words = strings.FieldsFunc(joined, isBlank)
		lines = append(lines, l)
	}
	return lines
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }

// take returns what a physical line adds to the logical one, and whether the next belongs to
// it. Only on the first line does a comment hide a backslash, as in the original; there the
// backslash of a continuation line works even inside what we take for a comment.
func (l *logical) take(line string, number int) (text string, more bool) {
	text, ended := strings.CutSuffix(line, "\n")
	first := number == l.first
	more = ended && strings.HasSuffix(text, `\`)
	text, comment, hash := strings.Cut(text, "#")
	if hash && first {
		more = ended && strings.HasSuffix(text, `\`)
	}
	l.notice(text, comment, number, hash, more)
	if hash && !first {
		l.comments = append(l.comments, number)
	}
	if more {
		text = strings.TrimSuffix(text, `\`)
	}
	return strings.ReplaceAll(text, noBreakSpace, " "), more
}

// notice remembers what is odd about a physical line.
func (l *logical) notice(text, comment string, number int, hash, more bool) {
	if strings.HasSuffix(text, "\r") && l.returns == 0 {
		l.returns = number
	}
	if strings.Contains(text, noBreakSpace) && l.pasted == 0 {
		l.pasted = number
	}
	bare := strings.TrimRight(strings.ReplaceAll(text, noBreakSpace, " "), " \t\r")
	switch {
	case more:
		return
	case hash && strings.HasSuffix(comment, `\`):
		l.stop, l.stopLine = stopComment, number
	case bare != text && strings.HasSuffix(bare, `\`):
		l.stop, l.stopLine = stopBlank, number
	case bare == "" && number > l.first:
		l.stop, l.stopLine = stopEmpty, number
	}
}
