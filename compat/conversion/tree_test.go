package conversion

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "deep", "made")
	tree := Tree{{Path: "a/b", Mode: 0o600, Text: []byte("b\n")}, {Path: "c", Mode: 0o755, Text: []byte("c\n")}}
	if err := tree.Write(target + "/"); err != nil {
		t.Fatal(err)
	}
	for _, f := range tree {
		info, err := os.Stat(filepath.Join(target, f.Path))
		text, err2 := os.ReadFile(filepath.Join(target, f.Path))
		if err != nil || err2 != nil || info.Mode() != f.Mode || string(text) != string(f.Text) {
			t.Errorf("%s: %v, %q, %v, %v", f.Path, info, text, err, err2)
		}
	}
	if err := tree.Write(target); err == nil {
		t.Error("written over what is there")
	}
	empty := filepath.Join(dir, "empty")
	if err := errors.Join(os.Mkdir(empty, 0o755), tree.Write(empty)); err != nil {
		t.Errorf("an empty directory: %v", err)
	}
}

// When one file cannot be written, none is, and nothing is left beside the directory.
func TestAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	for _, last := range []string{"../out", "/abs", "a/b/c"} {
		tree := Tree{{Path: "a/b", Mode: 0o644}, {Path: last, Mode: 0o644}}
		if err := tree.Write(filepath.Join(dir, "made")); err == nil {
			t.Errorf("%s is written", last)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "made")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is there: %v", err)
	}
}

// An entry is one line, in the order of the file, whatever was in the file.
func TestReport(t *testing.T) {
	r := Report{File: "f"}
	r.Add(Entry{Line: 10, Text: "b\nc", Grade: Lost, Note: "why"})
	r.Add(Entry{Line: 2, Text: "a"})
	r.Add(Entry{Note: "all"})
	var b strings.Builder
	if _, err := r.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	want := "f:    equal         all\nf:2:  equal         a\nf:10: lost          b c: why\n2 equal, 0 approximated, 1 lost\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
