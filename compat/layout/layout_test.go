package layout_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/compat/entry"
	"systole/compat/layout"
	resourced "systole/resource.d"
)

const root = "../.."

func table(t *testing.T) map[string]layout.Entry {
	byPath := map[string]layout.Entry{}
	for _, e := range layout.Table() {
		if _, twice := byPath[e.Path]; twice {
			t.Errorf("%s is there twice", e.Path)
		}
		if !path.IsAbs(e.Path) || path.Clean(e.Path) != e.Path {
			t.Errorf("%s is no clean absolute path", e.Path)
		}
		byPath[e.Path] = e
	}
	return byPath
}

// What an administrator writes is never installed.
func TestAdministratorsFilesAreNotInTheTable(t *testing.T) {
	byPath := table(t)
	for _, name := range []string{"ha.cf", "haresources", "authkeys", "ldirectord.cf", "nodeinfo", "resource.d/startstop"} {
		if e, ok := byPath["/etc/ha.d/"+name]; ok {
			t.Errorf("%+v", e)
		}
	}
	for p, e := range byPath {
		if strings.HasPrefix(p, "/etc/") && (e.Kind == layout.File || e.Kind == layout.Program) {
			t.Errorf("%s would be overwritten after an edit", p)
		}
	}
}

// Every generation of the original had its programs elsewhere (tools spec 1.3).
func TestEveryPlaceHasEveryProgram(t *testing.T) {
	byPath := table(t)
	places := []string{"/usr/libexec/heartbeat/", "/usr/lib/heartbeat/", "/usr/lib64/heartbeat/"}
	var want []string
	for _, name := range slices.Concat(layout.Daemons(), layout.Scripts()) {
		for _, dir := range places {
			want = append(want, dir+name)
		}
	}
	for _, name := range layout.Scripts() {
		want = append(want, "/usr/share/heartbeat/"+name)
	}
	want = append(want, "/usr/bin/cl_status")
	for _, dir := range places {
		want = append(want, dir+"ipfail")
	}
	for _, p := range want {
		e, ok := byPath[p]
		if !ok {
			t.Errorf("%s is missing", p)
			continue
		}
		program := "/usr/libexec/heartbeat/heartbeat"
		if path.Base(p) == "ipfail" {
			program = "/usr/libexec/heartbeat/ipfail"
		}
		if to := path.Join(path.Dir(p), e.Source); e.Kind == layout.Link && to != program {
			t.Errorf("%s leads to %s", p, to)
		}
	}
}

func TestAppletsAreSortedAndUnique(t *testing.T) {
	names := layout.Applets()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) || !slices.Contains(names, "hb_standby") {
		t.Errorf("%q", names)
	}
}

// Everything that lies in the folders of what is installed is in the table, and the other way round.
func TestNothingIsForgotten(t *testing.T) {
	inTable := map[string]bool{}
	for _, e := range layout.Table() {
		if e.Kind == layout.File || e.Kind == layout.Config {
			inTable[e.Source] = true
		}
	}
	inTree := map[string]bool{}
	for _, dir := range []string{"compat/entry", "compat/service", "docs/man", "examples/sample", "resource.d"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() && filepath.Ext(p) != ".go" && !strings.Contains(p, "testdata") {
				rel, _ := filepath.Rel(root, p)
				inTree[rel] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !maps.Equal(inTable, inTree) {
		t.Errorf("in the table:\n%q\nin the tree:\n%q", slices.Sorted(maps.Keys(inTable)), slices.Sorted(maps.Keys(inTree)))
	}
}

// What the daemon compares the installed files with is what is installed.
func TestEmbeddedFilesAreThoseInstalled(t *testing.T) {
	byPath := table(t)
	embedded := entry.Files()
	for _, name := range resourced.Names() {
		text, err := fs.ReadFile(resourced.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		embedded["resource.d/"+name] = text
	}
	for name, text := range embedded {
		e, ok := byPath["/etc/ha.d/"+name]
		if !ok || e.Kind != layout.Config {
			t.Errorf("%s is not installed as a configuration file", name)
			continue
		}
		onDisk, err := os.ReadFile(filepath.Join(root, e.Source))
		if err != nil || string(onDisk) != string(text) {
			t.Errorf("%s: %v, or another text than the embedded one", name, err)
		}
	}
	for _, l := range resourced.Links() {
		if e := byPath["/etc/ha.d/resource.d/"+l.Name]; e.Kind != layout.Link || e.Source != l.Target {
			t.Errorf("link %s: %+v", l.Name, e)
		}
	}
}

// Scripts are executable in the tree as they will be on the system.
func TestScriptsAreExecutable(t *testing.T) {
	for _, e := range layout.Table() {
		if e.Kind != layout.Config && e.Kind != layout.File {
			continue
		}
		info, err := os.Stat(filepath.Join(root, e.Source))
		if err != nil {
			t.Error(err)
			continue
		}
		if (info.Mode()&0o100 != 0) != (e.Mode&0o100 != 0) {
			t.Errorf("%s has mode %v and is installed with %v", e.Source, info.Mode(), e.Mode)
		}
	}
}
