package findings

import (
	"fmt"
	"slices"
	"strings"

	"systole/pkg/diag"
)

// Rule is what a code means.
type Rule struct {
	Code     string
	Severity diag.Severity // of our own traps; a parser's verdict may be higher or lower
	Title    string
	Original string // what heartbeat 3.0.6 or ldirectord does with it
	Instead  string // what to do
	Example  string // files as they should be; may be empty
}

// Rules returns the table of all codes, in order.
func Rules() []Rule {
	return slices.Concat(haCfRules(), trapRules(), haresourcesRules(), authkeysRules(), pairRules(), fileRules(), directorRules(), directorTraps())
}

// rule finds a code; every code used stands in the table, which a test checks.
func rule(code string) Rule {
	for _, r := range Rules() {
		if r.Code == code {
			return r
		}
	}
	return Rule{Code: code}
}

// Page returns the page of docs/findings about a rule.
func (r Rule) Page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\nUsual severity: %s.\n\n## What the original does\n\n%s\n\n## What to do instead\n\n%s\n",
		r.Code, r.Title, r.Severity, sentence(r.Original), sentence(r.Instead))
	if r.Example != "" {
		fmt.Fprintf(&b, "\n## Example\n\n```\n%s\n```\n", strings.TrimSpace(r.Example))
	}
	return b.String()
}

// sentence begins with a capital and ends with a full stop.
func sentence(text string) string {
	text = strings.ToUpper(text[:1]) + text[1:]
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// Index returns the page that lists all rules.
func Index() string {
	var b strings.Builder
	b.WriteString("# Findings of systole check\n\nA code never changes its meaning. HA codes are about heartbeat, LD codes about ldirectord. " +
		"Errors stop the\noriginal or the service, warnings fail when they are needed, notes are worth knowing. These pages are made from\n" +
		"the table in `pkg/findings`; [schema.json](schema.json) describes what `systole check --json` prints. Exit codes: 0 nothing or notes\nonly, 1 warnings, 2 errors, 3 nothing could be checked.\n\n| Code | Severity | Finding |\n|---|---|---|\n")
	for _, r := range Rules() {
		fmt.Fprintf(&b, "| [%[1]s](%[1]s.md) | %s | %s |\n", r.Code, r.Severity, r.Title)
	}
	return b.String()
}
