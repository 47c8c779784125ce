// Package golden holds tests to files that they can write anew.
//
// What a test expects stands in a file of its testdata folder and not in its code, for people to read
// and for "git diff" to show what a change of the code changes:
//
//	File      one text in a file of its own: a page, a table, a script with its trace
//	Cases     files with what is given and, behind it, what is made of it
//	Captures  a file with what an original did with each input, and what ours says beside
//
// Cases and captures are archives in the form of txtar: a comment, which tells what the case is about,
// and named files.
//
//	A service without a period is refused.
//	-- mon.cf --
//	watch www
//	    service http
//	-- findings --
//	mon.cf:2: error: ...
//
// A test package has a flag -update of its own, by which "make golden" finds it, and passes it to every
// function here: what is expected is then written and not compared.
package golden

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// File compares a text with a file, or writes the file.
func File(t testing.TB, update bool, path, got string) {
	t.Helper()
	if update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if d := cmp.Diff(string(want), got); err != nil || d != "" {
		t.Errorf("%s: %v: -want +got, -update rewrites it\n%s", path, err, d)
	}
}

// Files are those that match a pattern (see filepath.Match), in the order of their names; there must be one.
func Files(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

// Each runs a subtest for every testdata/*.txt, under its name.
func Each(t *testing.T, test func(t *testing.T, file string)) {
	t.Helper()
	for _, file := range Files(t, "testdata/*.txt") {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { test(t, file) })
	}
}
