package ldirectorcf

import (
	"strings"

	"systole/pkg/diag"
)

// loader is one reading of a file.
type loader struct {
	env      Env
	path     string
	lines    []line
	next     int // index of the line to be read next
	at       int // number of the line whose directive is being set
	global   Global
	sections []*section
	seen     map[string]int // identity of a virtual -> its line
	ended    ending
	diags    []diag.Diagnostic
}

// line is a line of the file and the newline that ends it, which the last one may lack: unknown
// commands are quoted with it.
type line struct{ text, newline string }

// ending is how the last section ended, which explains why later indented lines are unknown.
type ending struct {
	virtual int    // line of the section; 0: none yet
	at      int    // line that ended it
	text    string // of that line
}

// Load reads a configuration file. The findings come in the order in which the original prints
// them. If diag.Failed of them, the Config has no virtuals and holds the globals read before the
// error, which is what the original goes on with when it logs its exit (ldirectord spec 1).
func Load(env Env, path string, text []byte) (*Config, []diag.Diagnostic) {
	l := &loader{env: env, path: path, lines: splitLines(string(text)), global: defaults(), seen: map[string]int{}}
	if !l.read() {
		return &Config{Path: path, Global: l.global}, l.diags
	}
	l.warnIgnoredIntervals()
	c := &Config{Path: path, Global: l.global}
	for _, s := range l.sections {
		c.Virtuals = append(c.Virtuals, s.complete(&l.global))
	}
	l.lint(c)
	return c, l.diags
}

func splitLines(text string) []line {
	var lines []line
	for text != "" {
		one, rest, found := strings.Cut(text, "\n")
		newline := ""
		if found {
			newline = "\n"
		}
		lines, text = append(lines, line{one, newline}), rest
	}
	return lines
}

// read is the global context: each line once, in the order of ldirectord spec 3.
func (l *loader) read() bool {
	for l.next < len(l.lines) {
		ln := l.lines[l.next]
		l.next++
		l.at = l.next
		if name, value, ok := virtualLine(ln.text); ok {
			if !l.readSection(name == "virtual6", value) {
				return false
			}
			continue
		}
		if f := l.globalLine(ln.text); f != nil {
			return l.refuse(l.at, f, "Unknown command "+ln.text+ln.newline+" ")
		}
	}
	return true
}

// virtualLine recognises the line that opens a section.
func virtualLine(text string) (name, value string, ok bool) {
	name, value, ok = splitDirective(text)
	return name, value, ok && (name == "virtual" || name == "virtual6")
}

// splitDirective cuts NAME = VALUE; blanks around the = belong to neither.
func splitDirective(text string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(text, "=")
	return strings.TrimRight(name, blanks), strings.TrimLeft(value, blanks), ok
}

// globalLine sets one global. Comments after a value are part of the value.
func (l *loader) globalLine(text string) *fault {
	if bare := strings.TrimLeft(text, blanks); bare == "" || bare[0] == '#' {
		return nil
	}
	if rest, ok := strings.CutPrefix(text, "supervised"); ok {
		if rest = strings.Trim(rest, blanks); !strings.HasPrefix(rest, "=") {
			return l.bareSupervised(rest)
		}
	}
	if name, value, ok := splitDirective(text); ok {
		for _, d := range globalDirectives {
			if d.name == name {
				return d.set(l, value)
			}
		}
	}
	return notADirective(l.unknownGlobal(text))
}

// readSection reads the lines of a section and what follows at its end.
func (l *loader) readSection(ipv6 bool, value string) bool {
	s, f := l.openSection(ipv6, value)
	if f != nil {
		return l.refuse(l.at, f, "")
	}
	for l.next < len(l.lines) {
		ln := l.lines[l.next]
		directive, kind := sectionLine(ln.text)
		if kind == endsSection {
			l.ended = ending{virtual: s.v.Line, at: l.next + 1, text: ln.text}
			break
		}
		l.next++
		l.at = l.next
		if kind == isComment {
			continue
		}
		if f := s.directive(directive, ln.text); f != nil {
			return l.refuse(l.at, f, `Unknown command "`+ln.text+ln.newline+`"`)
		}
	}
	return s.close()
}

// lineKind is what a line is while a section is open.
type lineKind uint8

const (
	isDirective lineKind = iota
	isComment
	endsSection
)

// sectionLine applies the four rules of ldirectord spec 3 for a line inside a section. A line of
// five or more columns of white space is the directive " ", because the original's pattern wants
// four blanks and one more character.
func sectionLine(text string) (directive string, kind lineKind) {
	if strings.HasPrefix(strings.TrimLeft(text, blanks), "#") {
		return "", isComment
	}
	text, _, _ = strings.Cut(text, "#")
	text = strings.ReplaceAll(text, "\t", "    ")
	switch bare := strings.TrimLeft(text, " "); {
	case !strings.HasPrefix(text, "    ") || len(text) == 4:
		return "", endsSection
	case bare == "":
		return " ", isDirective
	default:
		return bare, isDirective
	}
}

// warn records a warning; an empty text means that the original says nothing here.
func (l *loader) warn(at int, text, remedy string) {
	l.diags = append(l.diags, diag.Diagnostic{File: l.path, Line: at, Severity: diag.Warning, Text: text, Remedy: remedy})
}

// refuse records the error that ends the reading and returns false.
func (l *loader) refuse(at int, f *fault, unknown string) bool {
	text := f.text
	if f.unknown {
		text = unknown
	}
	l.diags = append(l.diags, diag.Diagnostic{File: l.path, Line: at, Severity: diag.Error, Text: text, Remedy: f.remedy})
	return false
}

// warnIgnoredIntervals repeats the original's warnings, which name a section and no line.
func (l *loader) warnIgnoredIntervals() {
	for _, s := range l.sections {
		if s.v.given.checkInterval != 0 && !l.global.Fork {
			l.warn(0, "checkinterval in virtual service "+s.v.ID+" ignored when fork=no",
				"give checkinterval= once in column 0, or set fork=yes")
		}
	}
}
