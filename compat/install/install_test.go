package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/compat/layout"
	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite testdata/listing.txt")

const root = "../.."

// built makes a directory of programs that are not the real ones.
func built(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho "+name+" \"$0\"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// install runs the command and returns what it said.
func install(t *testing.T, wantCode int, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err strings.Builder
	if code := run(args, &out, &err); code != wantCode {
		t.Fatalf("exit code %d, want %d: %s%s", code, wantCode, out.String(), err.String())
	}
	return out.String(), err.String()
}

// listing is a tree, a line for each file: mode, path, target of a link.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		to := ""
		if info.Mode()&fs.ModeSymlink != 0 {
			if to, err = os.Readlink(path); err != nil {
				return err
			}
			to = " -> " + to
		}
		fmt.Fprintf(&b, "%v %s%s\n", info.Mode(), path[len(dir):], to)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestListing(t *testing.T) {
	dest := t.TempDir()
	stdout, stderr := install(t, 0, "-destdir", dest, "-bin", built(t, "heartbeat", "cl_status", "ipfail", "ldirectord", "systole"), "-src", root)
	if stdout != "" || stderr != "" {
		t.Errorf("a first installation says %q, %q", stdout, stderr)
	}
	golden.File(t, *update, "testdata/listing.txt", listing(t, dest))
}

// Links lead to the program from wherever the tree is.
func TestLinksLead(t *testing.T) {
	dest := t.TempDir()
	install(t, 0, "-destdir", dest, "-bin", built(t, "heartbeat", "cl_status", "ipfail", "ldirectord"), "-src", root)
	programs := map[string]fs.FileInfo{}
	for _, name := range []string{"heartbeat", "ipfail"} {
		var err error
		if programs[name], err = os.Stat(filepath.Join(dest, "usr/libexec/heartbeat", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range layout.Table() {
		if e.Kind != layout.Link || filepath.IsAbs(e.Source) || e.Path == "/etc/heartbeat" {
			continue
		}
		got, err := os.Stat(filepath.Join(dest, e.Path))
		if err != nil || !os.SameFile(got, programs[filepath.Base(e.Source)]) {
			t.Errorf("%s: %v, or another file", e.Path, err)
		}
	}
}

func TestWhatWasNotBuilt(t *testing.T) {
	dest := t.TempDir()
	install(t, 0, "-destdir", dest, "-bin", built(t, "heartbeat", "cl_status", "ipfail", "ldirectord"), "-src", root)
	if _, err := os.Lstat(filepath.Join(dest, "usr/sbin/systole")); err == nil {
		t.Error("a program that was not built is there")
	}
	_, stderr := install(t, 1, "-destdir", t.TempDir(), "-bin", built(t, "heartbeat", "ipfail"), "-src", root)
	if !strings.Contains(stderr, "/usr/sbin/ldirectord: ") {
		t.Errorf("without ldirectord: %q", stderr)
	}
	install(t, 2, "surplus")
	install(t, 2, "-nonsense")
}

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		onDisk, before, fresh string
		want                  fate
	}{
		{"", "", "1", installed},
		{"", "1", "1", absent},
		{"", "1", "2", absent},
		{"1", "1", "1", same},
		{"1", "1", "2", installed},
		{"1", "", "1", same},
		{"2", "1", "2", same},
		{"edit", "1", "1", kept},
		{"edit", "1", "2", offered},
		{"edit", "", "1", offered},
	} {
		if got := decide(c.onDisk, c.before, c.fresh); got != c.want {
			t.Errorf("on disk %q, installed before %q, now %q: %d, want %d", c.onDisk, c.before, c.fresh, got, c.want)
		}
	}
}

// tree makes a source tree with one configuration file.
func tree(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "harc"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestAdministratorsChangesAreKept(t *testing.T) {
	dest := t.TempDir()
	table := []layout.Entry{{Path: "/etc/ha.d/harc", Kind: layout.Config, Mode: 0o755, Source: "harc"}}
	place := func(version string) string {
		var out strings.Builder
		s := target{dest: dest, src: tree(t, version), out: &out}
		if err := s.install(table); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	path := filepath.Join(dest, "etc/ha.d/harc")
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			return "missing"
		}
		return string(text)
	}
	edit := func() {
		if err := os.WriteFile(path, []byte("edited"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const stays = "/etc/ha.d/harc was edited and stays"
	for i, step := range []struct {
		before              func()
		version             string
		said, text, offered string
	}{
		{func() {}, "one", "", "one", "missing"},
		{func() {}, "two", "", "two", "missing"},
		{edit, "two", stays + "\n", "edited", "missing"},
		{func() {}, "three", stays + "; the new version is /etc/ha.d/harc.dpkg-dist\n", "edited", "three"},
		{func() {}, "three", stays + "\n", "edited", "three"},
		{func() { os.Remove(path) }, "four", "/etc/ha.d/harc was deleted and stays away\n", "missing", "three"},
		{func() { os.Remove(filepath.Join(dest, RecordPath)) }, "four", "", "four", "three"},
	} {
		step.before()
		said := place(step.version)
		if text, offer := read(path), read(path+beside); said != step.said || text != step.text || offer != step.offered {
			t.Errorf("step %d: said %q, file %q, beside it %q", i, said, text, offer)
		}
	}
}

// A link of the administrator's may have made two of the places one.
func TestPlacesThatAreOne(t *testing.T) {
	dest := t.TempDir()
	for _, dir := range []string{"usr/libexec/heartbeat", "usr/lib"} {
		if err := os.MkdirAll(filepath.Join(dest, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../libexec/heartbeat", filepath.Join(dest, "usr/lib/heartbeat")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dest, "etc/heartbeat"), 0o755); err != nil {
		t.Fatal(err)
	}
	stdout, _ := install(t, 0, "-destdir", dest, "-bin", built(t, "heartbeat", "cl_status", "ipfail", "ldirectord"), "-src", root)
	if stdout != "/etc/heartbeat is a directory and stays; it was to be a link to ha.d\n" {
		t.Errorf("said %q", stdout)
	}
	for p, program := range map[string]string{
		"usr/lib/heartbeat/heartbeat": "heartbeat", "usr/libexec/heartbeat/heartbeat": "heartbeat",
		"usr/lib/heartbeat/send_arp": "heartbeat", "usr/lib/heartbeat/ipfail": "ipfail",
	} {
		if text, err := os.ReadFile(filepath.Join(dest, p)); err != nil || !strings.Contains(string(text), "echo "+program) {
			t.Errorf("%s: %v, %q", p, err, text)
		}
	}
}

func TestRecord(t *testing.T) {
	long := strings.Repeat("a", 64)
	r, err := parseRecord([]byte(long + "  /etc/b c\n" + long + "  /etc/a\n"))
	if err != nil || len(r) != 2 || r["/etc/b c"] != long {
		t.Fatalf("%v, %v", r, err)
	}
	if got, want := string(r.text()), long+"  /etc/a\n"+long+"  /etc/b c\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, bad := range []string{"x", "  ", long, long + " /etc/a", "abc  /etc/a"} {
		if r, err := parseRecord([]byte(bad)); err == nil {
			t.Errorf("%q is read as %v", bad, r)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(strings.Repeat("0", 64) + "  /etc/ha.d/harc\n")
	f.Add("\n  \n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRecord([]byte(text))
		if err != nil {
			return
		}
		again, err := parseRecord(r.text())
		if err != nil || !cmp.Equal(r, again) {
			t.Errorf("%v, then %v (%v)", r, again, err)
		}
	})
}
