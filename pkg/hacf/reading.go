package hacf

import (
	"fmt"
	"strings"

	"systole/pkg/diag"
)

// Version is what we call ourselves wherever the original states its version (tools spec 2).
const Version = "3.0.6"

// Logs are the log targets that ha.cf has named up to some line: a fault before the logfile
// directive is told on stderr only.
type Logs struct {
	Logfile, Debugfile, Facility string
	Plain                        bool // syslogmsgfmt off: the other line format
}

// Line is one message written while the configuration is read.
type Line struct {
	Level string // as halog writes it: info, WARN, ERROR, notice; "" goes to stderr alone, as it is
	Text  string
	Own   bool // the original does not have this line
	Logs  Logs // where the line goes, besides stderr
}

// Reading is an ha.cf being read: the configuration so far, what is to be logged, what was
// found.
type Reading struct {
	Config      *Config
	Lines       []Line
	Diagnostics []diag.Diagnostic

	env       Env
	logs      Logs
	params    map[string]string
	given     map[string]Directive // last directive of each name that had a value
	pacemaker string               // value of crm or pacemaker, once given
	autojoin  string
	media     bool // a medium was seen: udpport comes too late from here on
	baud      int
}

// Read reads the directives of an ha.cf in order. It never stops early: all faults are told
// together. After it, Config is complete; whether it holds together is for Check to say.
func Read(env Env, file string, text []byte) *Reading {
	r := &Reading{env: env, Config: newConfig(env, file), params: map[string]string{}, given: map[string]Directive{}, baud: 19200}
	for _, d := range Parse(file, text) {
		r.directive(d)
	}
	r.settleTimes()
	r.settleAPIAuth()
	r.settleParams()
	if r.Failed() {
		r.say("ERROR", "Heartbeat not started: configuration error.")
	}
	return r
}

// Load reads and checks an ha.cf in one go, for those who have no keys to read in between.
// The Config is usable if diag.Failed of the diagnostics is false.
func Load(env Env, file string, text []byte) (*Config, []diag.Diagnostic, []Line) {
	r := Read(env, file, text)
	if !r.Failed() {
		r.Check()
	}
	return r.Config, r.Diagnostics, r.Lines
}

// Failed says whether anything found so far keeps the daemon from starting.
func (r *Reading) Failed() bool { return diag.Failed(r.Diagnostics) }

// directive acts on one line of the file.
func (r *Reading) directive(d Directive) {
	if d.Long {
		r.fail(d, "", fmt.Sprintf("the line is longer than %d bytes: split it", maxLine))
		return
	}
	if d.Pasted {
		r.warn(d, "there is a no-break space, probably from a web page; it counts as a blank here, but the original refuses it")
	}
	k, ok := lookup(d.Name)
	if !ok {
		r.fail(d, fmt.Sprintf("Illegal directive [%s] in %s", d.Name, d.Pos.File), unknownRemedy(d.Name))
		return
	}
	if k.whole != nil {
		k.whole(r, d)
		return
	}
	for _, v := range d.Values {
		k.each(r, d, v)
		r.record(k, d, v)
	}
}

// record keeps the user's spelling for getparm and for the environment of scripts.
func (r *Reading) record(k keyword, d Directive, value string) {
	r.given[k.name] = d
	if k.about != "" {
		r.params[k.name] = value
	}
}

// say adds a line that the original writes.
func (r *Reading) say(level, text string) {
	r.Lines = append(r.Lines, Line{Level: level, Text: text, Logs: r.logs})
}

func (r *Reading) sayAll(level string, texts ...string) {
	for _, t := range texts {
		r.say(level, t)
	}
}

// own adds a line of ours.
func (r *Reading) own(level, text string) {
	r.Lines = append(r.Lines, Line{Level: level, Text: text, Own: true, Logs: r.logs})
}

// fail refuses a directive. text is the original's words, one or several lines, "" where it
// says nothing at all; remedy is ours.
func (r *Reading) fail(d Directive, text, remedy string) {
	r.found(d.Pos, diag.Error, text, remedy)
	if text == "" {
		r.own("ERROR", r.lastHint())
		return
	}
	r.sayAll("ERROR", strings.Split(text, "\n")...)
	r.own("info", r.lastHint())
}

// failRaw is fail for the faults that the original tells on stderr alone.
func (r *Reading) failRaw(d Directive, text, remedy string) {
	r.found(d.Pos, diag.Error, text, remedy)
	r.say("", text)
	r.own("ERROR", r.lastHint())
}

// warn tells of something that starts all the same, in a log line of ours.
func (r *Reading) warn(d Directive, remedy string) {
	r.found(d.Pos, diag.Warning, "", remedy)
	r.own("WARN", r.lastHint())
}

// note tells of something that only somebody who checks the file wants to know.
func (r *Reading) note(d Directive, remedy string) {
	r.found(d.Pos, diag.Note, "", remedy)
}

func (r *Reading) found(pos Pos, severity diag.Severity, text, remedy string) {
	r.Diagnostics = append(r.Diagnostics, diag.Diagnostic{
		File: pos.File, Line: pos.Line, Severity: severity,
		Text: strings.ReplaceAll(text, "\n", "; "), Remedy: remedy,
	})
}

func (r *Reading) lastHint() string {
	return r.Diagnostics[len(r.Diagnostics)-1].Hint()
}

// StartLines are the two lines between the last check of ha.cf and the check of haresources
// when the daemon starts; a reload does not have them.
func StartLines() []Line {
	return []Line{
		{Level: "info", Text: "**************************"},
		{Level: "info", Text: "Configuration validated. Starting heartbeat " + Version},
	}
}

// MissingConfig are the lines when there is no ha.cf at the path.
func MissingConfig(path string) []Line {
	return append(missing("config", path), Line{Level: "ERROR", Text: "Heartbeat not started: configuration error."})
}

// MissingResources are the lines when there is no haresources at the path (failover spec 2.4).
func MissingResources(path string) []Line { return missing("resources", path) }

func missing(what, path string) []Line {
	return []Line{
		{Level: "ERROR", Text: fmt.Sprintf("Cannot open %s file [%s]", what, path)},
		{Level: "info", Text: fmt.Sprintf("An annotated sample %s file is provided in the documentation.", path)},
		{Level: "info", Text: fmt.Sprintf("Please copy it to %s, read it, customize it, and try again.", path)},
	}
}

// Lines turns the findings of another file's parser (haresources, authkeys) into log lines: the
// original's words, then the place and the remedy. Notes are left out.
func Lines(found []diag.Diagnostic) []Line {
	var lines []Line
	for _, d := range found {
		lines = append(lines, diagnosticLines(d)...)
	}
	return lines
}

// ErrorLines is Lines for a file of which a warning means that a service will not start, such
// as haresources: the warnings are ERROR lines too, though they stop nobody.
func ErrorLines(found []diag.Diagnostic) []Line {
	lines := Lines(found)
	for i := range lines {
		if lines[i].Level == "WARN" {
			lines[i].Level = "ERROR"
		}
	}
	return lines
}

func diagnosticLines(d diag.Diagnostic) []Line {
	level := map[diag.Severity]string{diag.Error: "ERROR", diag.Warning: "WARN"}[d.Severity]
	switch {
	case level == "":
		return nil
	case d.Text == "":
		return []Line{{Level: level, Text: d.Hint(), Own: true}}
	case d.Remedy == "":
		return []Line{{Level: level, Text: d.Text}}
	}
	return []Line{{Level: level, Text: d.Text}, {Level: "info", Text: d.Hint(), Own: true}}
}
