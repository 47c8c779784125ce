package doctor

import (
	"fmt"
	"io"
)

// Level says how bad a finding is.
type Level string

// The levels, from the best to the worst.
const (
	OK      Level = "ok"
	Skipped Level = "-" // it could not be examined, or there is nothing to examine
	Warning Level = "warn"
	Bad     Level = "BAD"
)

// Finding is what one check found.
type Finding struct {
	Check  string `json:"check"`
	Level  Level  `json:"level"`
	Text   string `json:"text"`
	Repair string `json:"repair,omitempty"` // the command that repairs it
}

func ok(format string, args ...any) Finding {
	return Finding{Level: OK, Text: fmt.Sprintf(format, args...)}
}

func skipped(format string, args ...any) Finding {
	return Finding{Level: Skipped, Text: fmt.Sprintf(format, args...)}
}

func warning(repair, format string, args ...any) Finding {
	return Finding{Level: Warning, Text: fmt.Sprintf(format, args...), Repair: repair}
}

func bad(repair, format string, args ...any) Finding {
	return Finding{Level: Bad, Text: fmt.Sprintf(format, args...), Repair: repair}
}

// Worst returns the worst level of findings.
func Worst(found []Finding) Level {
	worst := OK
	for _, f := range found {
		if rank(f.Level) > rank(worst) {
			worst = f.Level
		}
	}
	return worst
}

func rank(l Level) int {
	for i, each := range []Level{OK, Skipped, Warning, Bad} {
		if l == each {
			return i
		}
	}
	return 0
}

// Print writes findings as lines, each repair below.
func Print(w io.Writer, found []Finding) {
	for _, f := range found {
		fmt.Fprintf(w, "%-5s %-10s %s\n", f.Level, f.Check, f.Text)
		if f.Repair != "" {
			fmt.Fprintf(w, "%17srepair: %s\n", "", f.Repair)
		}
	}
}
