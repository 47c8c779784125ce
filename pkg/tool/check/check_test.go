package check

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/findings"
	"systole/pkg/tool"
)

var update = flag.Bool("update", false, "rewrite the expected results")

const examples = "../../../examples"

func run(args ...string) (out, errs string, code int) {
	var stdout, stderr bytes.Buffer
	c := tool.Command{Name: "systole", Verbs: []tool.Verb{Verb()}}
	code = c.Run(append([]string{"check"}, args...), tool.Streams{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
	return stdout.String(), stderr.String(), code
}

// install copies files into a new directory, authkeys with the mode that it must have.
func install(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		mode := fs.FileMode(0o644)
		if filepath.Base(name) == "authkeys" {
			mode = 0o600
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func text(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(examples, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// howTo are both nodes of the how-to as they are meant.
func howTo(t *testing.T) map[string]string {
	files := map[string]string{"hosts": "127.0.0.1 localhost\n"}
	for _, node := range []string{"active", "standby"} {
		for _, name := range []string{"ha.cf", "haresources", "authkeys", "ldirectord.cf"} {
			files[node+"/etc/ha.d/"+name] = text(t, "howto-000/"+node+"/etc/ha.d/"+name)
		}
	}
	return files
}

func checkPair(dir string, more ...string) (string, string, int) {
	return run(append([]string{"--hosts", dir + "/hosts", dir + "/active/etc/ha.d", "--peer", dir + "/standby/etc/ha.d"}, more...)...)
}

func TestHowTo(t *testing.T) {
	for name, change := range map[string]map[string]string{
		"howto-as-meant":       {},
		"howto-glued":          {"active/etc/ha.d/haresources": "glued/haresources"},
		"howto-empty-line":     {"active/etc/ha.d/haresources": "empty-line/haresources"},
		"howto-unindented":     {"active/etc/ha.d/ldirectord.cf": "unindented/ldirectord.cf"},
		"howto-one-owner":      {"standby/etc/ha.d/haresources": "../active/etc/ha.d/haresources"},
		"howto-other-director": {"standby/etc/ha.d/ldirectord.cf": "unindented/ldirectord.cf"},
	} {
		files := howTo(t)
		for to, from := range change {
			files[to] = text(t, "howto-000/broken/"+from)
		}
		dir := install(t, files)
		out, errs, code := checkPair(dir)
		want := exitErrors
		if name == "howto-one-owner" {
			want = exitWarnings
		}
		if code != want || errs != "" {
			t.Errorf("%s: exit code %d, %s", name, code, errs)
		}
		golden(t, name+".txt", strings.ReplaceAll(out, dir, "DIR"))
	}
}

// golden compares findings without their line breaks, which depend on the length of the path.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = strings.ReplaceAll(strings.Join(strings.Fields(strings.ReplaceAll(got, "\n    ", " ")), " "), " DIR/", "\nDIR/")
	got = strings.ReplaceAll(strings.ReplaceAll(got, " original: ", "\n    original: "), " instead: ", "\n    instead: ") + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if d := cmp.Diff(string(want), got); err != nil || d != "" {
		t.Errorf("%s: %v: -want +got\n%s", name, err, d)
	}
}

// The samples, with their comments taken off as their text tells, have nothing to be said about.
func TestSamples(t *testing.T) {
	use := func(path string, prefixes ...string) string {
		lines := strings.SplitAfter(text(t, path), "\n")
		for i, l := range lines {
			for _, p := range prefixes {
				if strings.HasPrefix(l, "#"+p) {
					lines[i] = l[1:]
				}
			}
		}
		return strings.Join(lines, "")
	}
	files := map[string]string{
		"hosts":         "127.0.0.1 localhost\n",
		"ha.cf":         use("sample/ha.cf", "ucast"),
		"haresources":   use("sample/haresources", "node", "\t"),
		"authkeys":      use("sample/authkeys", "auth", "1 "),
		"ldirectord.cf": text(t, "sample/ldirectord.cf"),
	}
	dir := install(t, files)
	for _, node := range []string{"node1.example.com", "NODE2.example.com"} {
		out, errs, code := run("--hosts", dir+"/hosts", "--node", node, dir)
		if out != "0 errors, 0 warnings, 0 notes\n" || errs != "" || code != exitClean {
			t.Errorf("%s: exit code %d, %s\n%s", node, code, errs, out)
		}
	}
}

func TestJSON(t *testing.T) {
	dir := install(t, howTo(t))
	out, _, code := checkPair(dir, "--json")
	var doc struct {
		Findings                []findings.Finding
		Errors, Warnings, Notes int
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	last := doc.Findings[len(doc.Findings)-1]
	if code != exitErrors || doc.Errors != 1 || last.Code != "HA-401" || last.Line != 1 || last.Level != "error" {
		t.Errorf("exit code %d, %+v", code, last)
	}
}

// An example straight out of the source tree has authkeys that everybody can read.
func TestModeOfAuthkeys(t *testing.T) {
	dir := install(t, howTo(t))
	if err := os.Chmod(dir+"/active/etc/ha.d/authkeys", 0o644); err != nil {
		t.Fatal(err)
	}
	out, _, code := checkPair(dir, "--short")
	want := "authkeys: error HA-302: others can read authkeys (Bad permissions on keyfile"
	if code != exitErrors || !strings.Contains(out, want) {
		t.Errorf("exit code %d\n%s", code, out)
	}
}

// Where the tree is part of a system its resource scripts are looked at, and files by their
// absolute paths.
func TestWholeSystem(t *testing.T) {
	files := howTo(t)
	files["active/etc/ha.d/resource.d/IPaddr2"] = "#!/bin/sh\n"
	files["active/etc/init.d/nginx"] = "#!/bin/sh\n"
	files["active/etc/ha.d/haresources"] = "lvsactive.gunnm.xyz ldirectord::/srv/lvs.cf IPaddr2::121.254.175.70/32/eth0 nginx\n"
	files["active/srv/lvs.cf"] = "virtual=121.254.175.70:443\n\treal=121.254.175.75:443 gate\n\tprotocol=tcp\n\tservice=none\n"
	dir := install(t, files)
	out, _, _ := run("--hosts", dir+"/hosts", "--short", dir+"/active/etc/ha.d")
	for _, want := range []string{"there is no script ldirectord", "/active/srv/lvs.cf:1: warning LD-107"} {
		if !strings.Contains(out, want) {
			t.Errorf("not told: %s\n%s", want, out)
		}
	}
	for _, not := range []string{"nginx", "LD-204", "script IPaddr2"} {
		if strings.Contains(out, not) {
			t.Errorf("told: %s\n%s", not, out)
		}
	}
}

func TestNodeNames(t *testing.T) {
	files := howTo(t)
	files["active/etc/ha.d/nodeinfo"] = "somebody.else\n"
	dir := install(t, files)
	out, _, _ := run("--hosts", dir+"/hosts", "--short", dir+"/active/etc/ha.d")
	if !strings.Contains(out, "HA-105") {
		t.Errorf("the name of nodeinfo is not looked at:\n%s", out)
	}
	out, _, _ = run("--hosts", dir+"/hosts", "--short", "--node", "lvsactive.gunnm.xyz", dir+"/active/etc/ha.d")
	if strings.Contains(out, "HA-105") {
		t.Errorf("--node does not count:\n%s", out)
	}
}

func TestExplain(t *testing.T) {
	out, _, code := run("--explain", "ha-401")
	if code != exitClean || !strings.HasPrefix(out, "# HA-401: both nodes name themselves") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	all, _, _ := run("--explain", "all")
	if strings.Count("\n"+all, "\n# HA-")+strings.Count(all, "\n# LD-") != len(findings.Rules()) {
		t.Error("not all codes are explained")
	}
}

func TestWrongCalls(t *testing.T) {
	dir := install(t, map[string]string{"hosts": ""})
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"a", "b"}, tool.Usage},
		{[]string{"--explain", "HA-999"}, tool.Usage},
		{[]string{"/nonexistent"}, exitUnusable},
		{[]string{dir + "/hosts"}, exitUnusable},
		{[]string{dir, "--hosts", "/nonexistent"}, exitUnusable},
		{[]string{dir, "--peer", "/nonexistent"}, exitUnusable},
		{[]string{dir}, exitErrors},
	} {
		if out, errs, code := run(c.args...); code != c.code || (errs == "") == (code != exitErrors) {
			t.Errorf("%q: exit code %d, %q, %q", c.args, code, out, errs)
		}
	}
}

func TestParseHosts(t *testing.T) {
	got := parseHosts("# comment\n192.0.2.1  Node1 node1.example.com # the first\n::ffff:192.0.2.9 nine\nbad line\n192.0.2.3\nfd00::1 node1\n")
	want := map[string][]netip.Addr{
		"node1":             {netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fd00::1")},
		"node1.example.com": {netip.MustParseAddr("192.0.2.1")},
		"nine":              {netip.MustParseAddr("192.0.2.9")},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}
