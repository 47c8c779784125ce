package ldirectorcf

import (
	"fmt"

	"systole/pkg/diag"
)

// Format returns what the original prints of a finding, without the newline that ends it: on
// standard error while starting, in the log during a reload (ldirectord spec 3). The text of an
// unknown command spans two lines. It is "" where the original prints nothing.
func Format(d diag.Diagnostic, pid int) string {
	if d.Text == "" {
		return ""
	}
	word := "Warning"
	if d.Severity == diag.Error {
		word = "Error"
	}
	if d.Line == 0 {
		return fmt.Sprintf("%s [%d]: %s", word, pid, d.Text)
	}
	return fmt.Sprintf("%s [%d] reading file %s at line %d: %s", word, pid, d.File, d.Line, d.Text)
}
