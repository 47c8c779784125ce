package ipvsadm

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"systole/compat/conversion"
	"systole/pkg/diag"
	"systole/pkg/ldirectorcf"
)

var update = flag.Bool("update", false, "rewrite what is made of the cases in testdata")

func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	given := archive.Files[0]
	tree, report, err := Convert("commands", given.Data)
	if err != nil {
		t.Fatal(err)
	}
	checkAccount(t, given.Data, report)
	result := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{given}}
	for _, f := range tree {
		result.Files = append(result.Files, txtar.File{Name: f.Path, Data: f.Text})
	}
	var errors strings.Builder
	for _, d := range report.Errors {
		errors.WriteString(d.String() + "\n")
	}
	if errors.Len() > 0 {
		result.Files = append(result.Files, txtar.File{Name: "errors", Data: []byte(errors.String())})
	}
	got := txtar.Format(result)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := txtar.Format(archive); !bytes.Equal(got, want) {
		t.Errorf("-want +got, -update rewrites\n%s", cmp.Diff(string(want), string(got)))
	}
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
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
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
