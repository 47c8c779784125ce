package ipvsadm

import (
	"flag"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"systole/compat/conversion"
	"systole/pkg/diag"
	"systole/pkg/golden"
	"systole/pkg/ldirectorcf"
)

var update = flag.Bool("update", false, "rewrite what is made of the cases in testdata")

// Each case has commands, and what is made of them.
func TestCases(t *testing.T) { golden.Cases(t, *update, played, "commands") }

func played(t *testing.T, given *txtar.Archive) (made []txtar.File) {
	tree, report, err := Convert("commands", given.Files[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	checkAccount(t, given.Files[0].Data, report)
	for _, f := range tree {
		made = append(made, txtar.File{Name: f.Path, Data: f.Text})
	}
	if report.Failed() {
		made = append(made, golden.Lines("errors", report.Errors))
	}
	return made
}

// checkAccount: every line but blanks, comments and continuations is in the report.
func checkAccount(t *testing.T, text []byte, report *conversion.Report) {
	t.Helper()
	if report.Failed() {
		return
	}
	told := report.Accounted()
	for n, line := range joined(string(text)) {
		line = strings.TrimSpace(line)
		if line != "" && !told[n] && (words(line) != nil || !strings.HasPrefix(line, "#")) {
			t.Errorf("line %d is not in the report: %s", n, line)
		}
	}
}

// Whatever the commands: no panic, every line told, and what is made is read without an error.
func FuzzConvert(f *testing.F) {
	for _, c := range golden.Given(f) {
		f.Add(c.Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tree, report, err := Convert("f", text)
		if err != nil {
			t.Fatal(err)
		}
		if report.Failed() != (tree == nil) {
			t.Fatalf("a tree of %d files with errors %v", len(tree), report.Errors)
		}
		checkAccount(t, text, report)
		if cf, ok := tree.Find("ldirectord.cf"); ok {
			if _, found := ldirectorcf.Load(ldirectorcf.Env{}, "ldirectord.cf", cf.Text); diag.Failed(found) {
				t.Fatal(found)
			}
		}
	})
}
