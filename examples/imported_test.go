package examples_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/compat/conversion"
	"systole/compat/ipvsadm"
	"systole/compat/keepalived"
	"systole/compat/mon"
	"systole/pkg/diag"
	"systole/pkg/tool/check"
	"systole/pkg/tool/tooltest"
)

var update = flag.Bool("update", false, "rewrite what the importers make")

// made compares what an importer has made with an example, or writes it there.
func made(t *testing.T, dir string, tree conversion.Tree, report *conversion.Report, err error) {
	t.Helper()
	if err != nil || report.Failed() {
		t.Fatalf("%s: %v, %v", dir, err, report.Errors)
	}
	for _, f := range tree {
		path := filepath.Join(dir, f.Path)
		if *update {
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, f.Text, f.Mode), os.Chmod(path, f.Mode)); err != nil {
				t.Fatal(err)
			}
		}
		if have := read(t, path); !bytes.Equal(have, f.Text) {
			t.Errorf("%s is not what the importer makes; go test -update rewrites it", path)
		}
	}
}

// node is one of a pair.
func node(name, addr string) keepalived.Node {
	return keepalived.Node{Name: name, Addr: netip.MustParseAddr(addr)}
}

func TestHowTo002(t *testing.T) {
	text := read(t, "howto-002/keepalived/dongho-vm111/keepalived.conf")
	tree, report, err := keepalived.Convert("keepalived.conf", text, keepalived.Options{
		Node: node("dongho-vm111", "10.30.6.111"), Peer: node("dongho-vm112", "10.30.6.112"),
		PeerFile: "dongho-vm112/keepalived.conf", PeerText: read(t, "howto-002/keepalived/dongho-vm112/keepalived.conf"),
	})
	made(t, "howto-002", tree, report, err)
	checked(t, "howto-002", "dongho-vm111", "dongho-vm112")
}

func TestHowTo003(t *testing.T) {
	tree, report, err := keepalived.Convert("keepalived.conf", read(t, "howto-003/keepalived/keepalived.conf"), keepalived.Options{
		Node: node("lvs1", "33.33.33.1"), Peer: node("lvs2", "33.33.33.2")})
	made(t, "howto-003", tree, report, err)
	checked(t, "howto-003", "lvs1", "lvs2")
}

func TestHowTo004(t *testing.T) {
	tree, report, err := ipvsadm.Convert("commands", read(t, "howto-004/as-printed/commands"))
	for _, dir := range []string{"lb1", "lb2"} {
		made(t, filepath.Join("howto-004", dir, "etc/ha.d"), slices.DeleteFunc(slices.Clone(tree), func(f conversion.File) bool {
			return f.Path == conversion.ReportName
		}), report, err)
	}
	checked(t, "howto-004", "lb1", "lb2")
}

func TestHowTo001(t *testing.T) {
	checked(t, "howto-001", "titanic5", "titanic6")
	cfg, found := mon.Read("mon.cf", read(t, "howto-001/titanic5/etc/mon/mon.cf"), mon.Options{})
	if list := texts(found); len(list) > 0 || len(cfg.Watches) != 3 {
		t.Errorf("mon.cf: %q, %d watches", list, len(cfg.Watches))
	}
	printed := read(t, "howto-001/as-printed/mon.cf")
	cfg, found = mon.Read("mon.cf", printed, mon.Options{})
	if diag.Failed(found) || len(cfg.Watches[0].Services) != 0 || !said(found, "a blank line has ended the record") || !said(found, "begins with an en dash (U+2013)") {
		t.Errorf("as printed: %q", texts(found))
	}
	lenient, found := mon.Read("mon.cf", printed, mon.Options{Lenient: true})
	if len(texts(found)) != 4 || len(lenient.Watches[2].Services) != 1 {
		t.Errorf("as printed, lenient: %q", texts(found))
	}
	for _, name := range []string{"ha.cf", "haresources"} {
		if bytes.Equal(read(t, "howto-001/as-printed/"+name), read(t, "howto-001/titanic5/etc/ha.d/"+name)) {
			t.Errorf("%s is as printed", name)
		}
	}
}

func said(found []diag.Diagnostic, part string) bool {
	return slices.ContainsFunc(texts(found), func(text string) bool { return strings.Contains(text, part) })
}

// fullName is what uname -n says on a node.
func fullName(dir string) string {
	if strings.HasPrefix(dir, "titanic") {
		return dir + ".etri.re.kr"
	}
	return dir
}

// checked has "systole check" look at both nodes: it finds nothing that keeps them from working.
func checked(t *testing.T, howTo, first, second string) {
	t.Helper()
	dirs := map[string]string{}
	for _, name := range []string{first, second} {
		dirs[name] = installed(t, filepath.Join(howTo, name, "etc/ha.d"))
	}
	for _, pair := range [][2]string{{first, second}, {second, first}} {
		out, errs, code := tooltest.Run(check.Verb(), "", "--short", "--node", fullName(pair[0]), "--peer-node", fullName(pair[1]),
			"--peer", dirs[pair[1]], dirs[pair[0]])
		if code != 0 {
			t.Errorf("%s/%s: exit code %d\n%s%s", howTo, pair[0], code, out, errs)
		}
	}
}

// installed is a directory as it is on a node: what is shipped, and the example over it, with the
// modes that the READMEs tell to give, as git keeps none.
func installed(t *testing.T, example string) string {
	t.Helper()
	dir := t.TempDir()
	for _, from := range []string{"../resource.d", example} {
		to := dir
		if from == "../resource.d" {
			to = filepath.Join(dir, "resource.d")
		}
		if err := overlay(from, to); err != nil {
			t.Fatal(err)
		}
	}
	link := os.Symlink("/usr/sbin/ldirectord", filepath.Join(dir, "resource.d/ldirectord"))
	if err := errors.Join(link, os.Chmod(filepath.Join(dir, "authkeys"), 0o600)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func overlay(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, _ := filepath.Rel(from, path)
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rest), 0o755)
		}
		text, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(filepath.Join(to, rest), text, 0o755))
	})
}
