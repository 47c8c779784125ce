package ldirectorcf

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"systole/pkg/diag"
)

// form is one entry of testdata/forms.txt.
type form struct {
	text   string
	exit   int
	stderr string
	ours   string // why Load answers otherwise; "" if it does not
}

func readForms(t testing.TB) []form {
	t.Helper()
	f, err := os.Open("testdata/forms.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var forms []form
	for lines := bufio.NewScanner(f); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, `"`):
			forms = append(forms, form{text: unquote(t, line)})
		case strings.HasPrefix(line, "\tours: "):
			forms[len(forms)-1].ours = strings.TrimPrefix(line, "\tours: ")
		default:
			last := &forms[len(forms)-1]
			var quoted string
			if _, err := fmt.Sscanf(line, "%d %q", &last.exit, &quoted); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			last.stderr = quoted
		}
	}
	return forms
}

func unquote(t testing.TB, s string) string {
	t.Helper()
	text, err := strconv.Unquote(s)
	if err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return text
}

// TestForms compares small files with what the original said of them, byte for byte.
func TestForms(t *testing.T) {
	env := fixtureEnv(t)
	for _, f := range readForms(t) {
		_, found := Load(env, "FILE", []byte(f.text))
		exit, stderr := 3, ""
		if diag.Failed(found) {
			exit = 2
		}
		for _, d := range found {
			if line := Format(d, 0); line != "" {
				stderr += strings.Replace(line, "[0]", "[PID]", 1) + "\n"
			}
		}
		same := exit == f.exit && stderr == f.stderr
		if same != (f.ours == "") {
			t.Errorf("%q\n\toriginal %d %q\n\tours     %d %q (%s)\n\tfound %v", f.text, f.exit, f.stderr, exit, stderr, f.ours, found)
		}
	}
}
