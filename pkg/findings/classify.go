package findings

import (
	"strings"

	"systole/pkg/diag"
)

// class gives diagnostics of a parser a code: those whose words hold one of the given phrases.
type class struct {
	code     string
	phrases  []string // none: every diagnostic
	severity diag.Severity
	override bool // severity counts, not the parser's
}

// classes are tried in order, by the kind of file.
func classes(kind string) []class {
	switch kind {
	case "ha.cf":
		return haCfClasses()
	case "haresources":
		return haresourcesClasses()
	case "authkeys":
		return []class{{code: "HA-302", phrases: []string{"Bad permissions"}},
			{code: "HA-306", phrases: []string{"replaces that of line", "are ignored"}}, {code: "HA-301"}}
	}
	return directorClasses()
}

func haCfClasses() []class {
	return []class{
		{code: "HA-101", phrases: []string{"Illegal directive"}},
		{code: "HA-110", phrases: []string{"no-break space"}},
		{code: "HA-103", phrases: []string{"is too small compared", "Initial dead time"}},
		{code: "HA-119", phrases: []string{"warntime is above"}},
		{code: "HA-104", phrases: []string{"No heartbeat media", "ping nodes only"}, severity: errorRule, override: true},
		{code: "HA-105", phrases: []string{"not in configuration!", "no nodes defined"}},
		{code: "HA-114", phrases: []string{"runs in its place"}, severity: noteRule, override: true},
		{code: "HA-106", phrases: []string{"Client child command", "specified for client child"}},
		{code: "HA-107", phrases: []string{"Invalid apiauth directive"}},
		{code: "HA-111", phrases: []string{"udpport must stand"}},
		{code: "HA-113", phrases: []string{"ipfail does not run", "ipfail has nothing"}, severity: warnRule, override: true},
		{code: "HA-112", phrases: []string{"with legacy neither", "nice_failback"}, severity: warnRule, override: true},
		{code: "HA-115", phrases: []string{"no log target", "No log entry"}},
		{code: "HA-109", phrases: []string{"no effect", "is accepted", "for another node", "old name", "logging daemon is not asked"}, severity: noteRule, override: true},
		{code: "HA-108", phrases: []string{"ignored", "counts as", "does nothing", "left out", "media above", "stands after", "compressed", "no interface"}},
		{code: "HA-102"},
	}
}

func haresourcesClasses() []class {
	return []class{
		{code: "HA-201", phrases: []string{"Bad nodename"}},
		{code: "HA-210", phrases: []string{"continuation line is left out"}},
		{code: "HA-204", phrases: []string{"carriage returns, which"}},
		{code: "HA-110", phrases: []string{"no-break space"}},
		{code: "HA-203", phrases: []string{"not continued"}},
		{code: "HA-202", phrases: []string{"remove the backslash", "has a backslash inside", `the word \ is no resource`}, severity: errorRule, override: true},
		{code: "HA-206", phrases: []string{"IPv6 address", "separates arguments"}},
		{code: "HA-207", phrases: []string{"this line never acts"}},
		{code: "HA-209", phrases: []string{"no resource"}},
		{code: "HA-208"},
	}
}

func directorClasses() []class {
	return []class{
		{code: "LD-103", phrases: []string{"indent it", "indented by a tab", "ended the virtual", "must begin in column 0", "looks empty but holds blanks", "applies to the whole file"}},
		{code: "LD-101", phrases: []string{"Unknown command"}},
		{code: "LD-115", phrases: []string{"read as firewall mark"}},
		{code: "LD-105", phrases: []string{"join the two sections", "may not be the last line"}},
		{code: "LD-104", phrases: []string{"could not resolve", "is known for"}},
		{code: "LD-106", phrases: []string{"is always down", "always down"}},
		{code: "LD-107", phrases: []string{"is always up"}},
		{code: "LD-113", phrases: []string{"only with persistent="}},
		{code: "LD-109", phrases: []string{"leaves the port alone"}},
		{code: "LD-110", phrases: []string{"one entry for both"}},
		{code: "LD-111", phrases: []string{"has no real="}},
		{code: "LD-112", phrases: []string{"deprecated", "bare supervised"}},
		{code: "LD-114", phrases: []string{"the kernel refuses a lower", "beyond the kernel"}},
		{code: "LD-116", phrases: []string{"comes with the kernel", "no scheduler has"}},
		{code: "LD-108", phrases: []string{"no effect", "ignored", "no check uses it", "will not be called"}},
		{code: "LD-117"},
	}
}

// refusedValue is the class of what no other class of an error describes.
func refusedValue(kind string) string {
	switch kind {
	case "ha.cf":
		return "HA-102"
	case "haresources":
		return "HA-208"
	case "authkeys":
		return "HA-301"
	}
	return "LD-102"
}

// classify turns what a parser found into findings.
func (r *review) classify(kind string, found []diag.Diagnostic) {
	for _, d := range found {
		c := classOf(kind, d)
		f := r.add(c.code, d.File, d.Line, "", d.Remedy)
		f.Severity = d.Severity
		if c.override {
			f.Severity = c.severity
		}
		f.Level = f.Severity.String()
		f.Says, f.Told = strings.TrimSpace(d.Text), true
	}
}

func classOf(kind string, d diag.Diagnostic) class {
	text := d.Text + "\n" + d.Remedy
	for _, c := range classes(kind) {
		if c.matches(text) && (len(c.phrases) > 0 || d.Severity != diag.Error) {
			return c
		}
	}
	return class{code: refusedValue(kind)}
}

func (c class) matches(text string) bool {
	for _, phrase := range c.phrases {
		if strings.Contains(text, phrase) {
			return true
		}
	}
	return len(c.phrases) == 0
}
