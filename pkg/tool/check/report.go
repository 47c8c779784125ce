package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"systole/pkg/findings"
)

// Report is what --json prints; docs/findings/schema.json describes it.
type Report struct {
	Findings []findings.Finding `json:"findings"` // never null
	Errors   int                `json:"errors"`
	Warnings int                `json:"warnings"`
	Notes    int                `json:"notes"`
}

func (o *options) write(w io.Writer, found []findings.Finding) {
	errors, warnings, notes := findings.Counts(found)
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		enc.Encode(Report{append([]findings.Finding{}, found...), errors, warnings, notes})
		return
	}
	for _, f := range found {
		o.writeFinding(w, f)
	}
	fmt.Fprintf(w, "%s, %s, %s\n", plural(errors, "error"), plural(warnings, "warning"), plural(notes, "note"))
}

func (o *options) writeFinding(w io.Writer, f findings.Finding) {
	said, _, _ := strings.Cut(f.Says, "\n")
	if o.short && said != "" {
		said = " (" + said + ")"
	} else {
		said = ""
	}
	fmt.Fprintf(w, "%s: %s %s: %s%s\n", f.Where(), f.Level, f.Code, f.Text, said)
	if o.short {
		return
	}
	for _, line := range strings.Split(f.Says, "\n") {
		if line != "" {
			wrap(w, "says:     ", line)
		}
	}
	wrap(w, "original: ", f.Original)
	wrap(w, "instead:  ", f.Instead)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// wrap prints a text indented, in lines of 80 columns. Long words, such as lines to copy, stay
// whole.
func wrap(w io.Writer, head, text string) {
	const indent, width = 4, 80
	column := indent + len(head)
	fmt.Fprintf(w, "%*s%s", indent, "", head)
	start := column
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			fmt.Fprintf(w, "\n%*s", start, "")
			column = start
		default:
			fmt.Fprint(w, " ")
			column++
		}
		fmt.Fprint(w, word)
		column += len(word)
	}
	fmt.Fprintln(w)
}
