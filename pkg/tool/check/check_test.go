package check

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"systole/pkg/findings"
	"systole/pkg/golden"
	"systole/pkg/loopback"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

var update = flag.Bool("update", false, "rewrite the expected results")

const examples = "../../../examples"

func run(args ...string) (out, errs string, code int) {
	return tooltest.Run(Verb(), "", args...)
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
		expect(t, name+".txt", strings.ReplaceAll(out, dir, "DIR"))
	}
}

// node reads all files of one node of an example.
func node(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := filepath.Join(examples, dir)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rest, _ := filepath.Rel(root, path)
		b, err := os.ReadFile(path)
		files[rest] = string(b)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", dir, len(files), err)
	}
	return files
}

// The other how-tos, as they are meant and as they are printed, have exactly the findings that they
// deserve, and an example that is as it should be has none.
func TestExamples(t *testing.T) {
	for _, c := range []struct {
		name          string
		first, second string // nodes
		node, peer    string // their names
		code          int
	}{
		{"howto-001", "howto-001/titanic5", "howto-001/titanic6", "titanic5.etri.re.kr", "titanic6.etri.re.kr", exitClean},
		{"howto-002", "howto-002/dongho-vm111", "howto-002/dongho-vm112", "dongho-vm111", "dongho-vm112", exitClean},
		{"howto-003", "howto-003/lvs1", "howto-003/lvs2", "lvs1", "lvs2", exitClean},
		{"howto-004", "howto-004/lb1", "howto-004/lb2", "lb1", "lb2", exitClean},
	} {
		files := map[string]string{"hosts": "127.0.0.1 localhost\n"}
		for _, dir := range []string{c.first, c.second} {
			for name, text := range node(t, dir) {
				files[dir+"/"+name] = text
			}
		}
		dir := install(t, files)
		out, errs, code := run("--hosts", dir+"/hosts", "--node", c.node, dir+"/"+c.first+"/etc/ha.d", "--peer", dir+"/"+c.second+"/etc/ha.d", "--peer-node", c.peer)
		if code != c.code || errs != "" {
			t.Errorf("%s: exit code %d, %s", c.name, code, errs)
		}
		expect(t, c.name+".txt", strings.ReplaceAll(out, dir, "DIR"))
	}
}

// What howto-001 prints for heartbeat 0.4, with keys so that there is something to check.
func TestAsPrinted(t *testing.T) {
	files := node(t, "howto-001/as-printed")
	files["hosts"] = "127.0.0.1 localhost\n"
	files["authkeys"] = text(t, "howto-001/titanic5/etc/ha.d/authkeys")
	dir := install(t, files)
	out, errs, code := run("--hosts", dir+"/hosts", "--node", "titanic5.etri.re.kr", dir)
	if code != exitWarnings || errs != "" {
		t.Errorf("exit code %d, %s", code, errs)
	}
	expect(t, "howto-001-as-printed.txt", strings.ReplaceAll(out, dir, "DIR"))
}

// Options of what is measured, and of a network that is asked.
func TestMeasuredAndOnline(t *testing.T) {
	files := howTo(t)
	files["state.json"] = `{"version":1,"nodes":[{"name":"lvsstandby.gunnm.xyz","status":"active","paths":[{"name":"eth0","up":true,"interval_ms":2000,"jitter_us":3000000,"count":100}]}]}`
	files["broken.json"] = "{"
	files["local/etc/ha.d/ldirectord.cf"] = "virtual=192.0.2.10:80\n\treal=" + loopback.Nobody(t).String() + " masq\n\tservice=http\n"
	dir := install(t, files)
	out, _, _ := run("--hosts", dir+"/hosts", "--short", "--state", dir+"/state.json", dir+"/active/etc/ha.d")
	if !strings.Contains(out, "warning HA-134: heartbeats of lvsstandby.gunnm.xyz over eth0 come every 2s, give or take 3s") {
		t.Errorf("the jitter is not told:\n%s", out)
	}
	for _, path := range []string{"broken.json", "nothing.json"} {
		if _, errs, code := run("--hosts", dir+"/hosts", "--state", dir+"/"+path, dir+"/active/etc/ha.d"); code != exitUnusable || errs == "" {
			t.Errorf("%s: exit code %d, %s", path, code, errs)
		}
	}
	offline, _, _ := run("--hosts", dir+"/hosts", "--short", dir+"/local/etc/ha.d")
	online, _, _ := run("--hosts", dir+"/hosts", "--short", "--online", dir+"/local/etc/ha.d")
	if strings.Contains(offline, "LD-302") || !strings.Contains(online, "ldirectord.cf:2: warning LD-302: 127.0.0.1:") || !strings.Contains(online, "connection refused") {
		t.Errorf("offline:\n%s\nonline:\n%s", offline, online)
	}
}

// expect compares findings with a file, without their line breaks, which depend on the length of the path.
func expect(t *testing.T, name, got string) {
	t.Helper()
	got = strings.ReplaceAll(strings.Join(strings.Fields(strings.ReplaceAll(got, "\n    ", " ")), " "), " DIR/", "\nDIR/")
	got = strings.ReplaceAll(strings.ReplaceAll(got, " original: ", "\n    original: "), " instead: ", "\n    instead: ") + "\n"
	golden.File(t, *update, filepath.Join("testdata", name), got)
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

// schema is what docs/findings/schema.json says about an object.
type schema struct {
	Required   []string
	Properties map[string]json.RawMessage
}

// --json is what its schema says: every key of it, and no other.
func TestJSON(t *testing.T) {
	dir := install(t, howTo(t))
	out, _, code := checkPair(dir, "--json")
	var doc Report
	var keys struct{ Findings []map[string]any }
	if err := errors.Join(json.Unmarshal([]byte(out), &doc), json.Unmarshal([]byte(out), &keys)); err != nil {
		t.Fatal(err)
	}
	last := doc.Findings[len(doc.Findings)-1]
	if code != exitErrors || doc.Errors != 1 || last.Code != "HA-401" || last.Line != 1 || last.Level != "error" {
		t.Errorf("exit code %d, %+v", code, last)
	}
	finding := described(t, out)
	for _, f := range keys.Findings {
		for key := range f {
			if finding.Properties[key] == nil {
				t.Errorf("the schema does not tell of %s", key)
			}
		}
		for _, key := range finding.Required {
			if f[key] == nil {
				t.Errorf("%v lacks %s", f, key)
			}
		}
	}
}

// described holds a report to the schema and returns that of a finding.
func described(t *testing.T, out string) schema {
	t.Helper()
	text, err := os.ReadFile("../../../docs/findings/schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var whole struct {
		schema
		Defs map[string]schema `json:"$defs"`
	}
	var report map[string]any
	if err := errors.Join(json.Unmarshal(text, &whole), json.Unmarshal([]byte(out), &report)); err != nil {
		t.Fatal(err)
	}
	for key := range report {
		if whole.Properties[key] == nil {
			t.Errorf("the schema does not tell of %s", key)
		}
	}
	if len(whole.Required) != len(report) || len(whole.Properties) != len(report) {
		t.Errorf("the schema tells of %v, there are %d", whole.Required, len(report))
	}
	return whole.Defs["finding"]
}

// Without findings there is an empty list, not null.
func TestJSONOfNothing(t *testing.T) {
	files := node(t, "howto-004/lb1")
	files["hosts"] = ""
	dir := install(t, files)
	if out, _, code := run("--hosts", dir+"/hosts", "--node", "lb1", "--json", dir+"/etc/ha.d"); code != exitClean || !strings.Contains(out, `"findings": []`) {
		t.Errorf("exit code %d\n%s", code, out)
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
		{[]string{dir, "--state", "/nonexistent"}, exitUnusable},
		{[]string{dir}, exitErrors},
	} {
		if out, errs, code := run(c.args...); code != c.code || (errs == "") == (code != exitErrors) {
			t.Errorf("%q: exit code %d, %q, %q", c.args, code, out, errs)
		}
	}
}
