package hacf

import (
	"strings"
)

// maxLine is the longest line of ha.cf in bytes without its newline (wire spec 8.1).
const maxLine = 5119

// blanks separate words. The original takes carriage returns for blanks too, so CRLF files work.
const blanks = " \t\r\n\f\v"

// noBreakSpace looks like a blank and is none to the original: "hacluster" and one make a user
// that does not exist. Examples copied from web pages have it.
const noBreakSpace = "\u00a0"

// Directive is one line of ha.cf that says something.
type Directive struct {
	Name   string   // first word, case kept: keywords are case-sensitive
	Values []string // words separated by blanks or commas, the form of option directives
	Rest   string   // everything after the name, trimmed: the form of whole-line directives
	Pos    Pos
	Long   bool // the line without its comment exceeds maxLine; Values and Rest are empty
	Pasted bool // there were no-break spaces, as web pages have them; they count as blanks here
}

// Words splits Rest at blanks only, as the whole-line directives (ucast, apiauth …) do.
func (d Directive) Words() []string {
	return strings.FieldsFunc(d.Rest, isBlank)
}

// Parse splits the text of an ha.cf into its directives. Comments begin with # anywhere, even
// inside a word. There is no continuation of lines. Parse never fails: what a name or a value
// is worth is for Read to say.
func Parse(file string, text []byte) []Directive {
	var found []Directive
	for i, line := range strings.Split(string(text), "\n") {
		if d, ok := parseLine(line); ok {
			d.Pos = Pos{File: file, Line: i + 1}
			found = append(found, d)
		}
	}
	return found
}

func parseLine(line string) (Directive, bool) {
	// The original handles lines as C strings: a NUL ends one.
	line, _, _ = strings.Cut(line, "\x00")
	line, _, _ = strings.Cut(line, "#")
	long := len(line) > maxLine
	pasted := strings.Contains(line, noBreakSpace)
	line = strings.ReplaceAll(line, noBreakSpace, " ")
	line = strings.Trim(line, blanks)
	if line == "" {
		return Directive{}, false
	}
	end := strings.IndexFunc(line, isBlank)
	if end < 0 {
		end = len(line)
	}
	d := Directive{Name: line[:end], Long: long, Pasted: pasted}
	if !long {
		d.Rest = strings.Trim(line[end:], blanks)
		d.Values = strings.FieldsFunc(d.Rest, isSeparator)
	}
	return d, true
}

func isBlank(r rune) bool     { return strings.ContainsRune(blanks, r) }
func isSeparator(r rune) bool { return r == ',' || isBlank(r) }
