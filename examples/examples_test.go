// Package examples_test loads the example configurations with the parsers of the daemons.
package examples_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/pkg/authkeys"
	"systole/pkg/diag"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
)

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// texts are findings that are more than notes, without their file.
func texts(found []diag.Diagnostic) []string {
	var out []string
	for _, d := range found {
		if d.Severity != diag.Note {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%d: %s %s", d.Line, d.Text, d.Remedy)))
		}
	}
	return out
}

// Both nodes of the how-to's pair are without a finding.
func TestHowTo(t *testing.T) {
	for node, peer := range map[string]string{"active": "121.254.175.78", "standby": "121.254.175.77"} {
		dir := filepath.Join("howto-000", node, "etc/ha.d")
		name := "lvs" + node + ".gunnm.xyz"
		cfg, found, _ := hacf.Load(hacf.Env{Node: name}, "ha.cf", read(t, filepath.Join(dir, "ha.cf")))
		if list := texts(found); cfg == nil || len(list) > 0 {
			t.Fatalf("%s: ha.cf: %q", node, list)
		}
		if cfg.Media[0].Target != peer || cfg.AutoFailback != hacf.FailbackOn || !slices.Contains(cfg.Nodes, name) {
			t.Errorf("%s: ha.cf is read as %+v", node, cfg)
		}
		groups, found := haresources.Parse("haresources", read(t, filepath.Join(dir, "haresources")))
		want := name + " ldirectord::ldirectord.cf IPaddr2::121.254.175.70/32/eth0"
		if list := texts(found); len(list) > 0 || len(groups) != 1 || groups[0].String() != want {
			t.Errorf("%s: haresources: %q, %q", node, groups, list)
		}
		if list := haresources.CheckNodes("haresources", read(t, filepath.Join(dir, "haresources")), cfg.AllNodes); len(list) > 0 {
			t.Errorf("%s: haresources: %v", node, list)
		}
		keys, found := authkeys.Parse("authkeys", read(t, filepath.Join(dir, "authkeys")))
		if list := texts(found); keys == nil || len(list) > 0 {
			t.Errorf("%s: authkeys: %q", node, list)
		}
		director(t, filepath.Join(dir, "ldirectord.cf"), 2)
	}
}

func director(t *testing.T, path string, reals int) {
	t.Helper()
	cfg, found := ldirectorcf.Load(ldirectorcf.Env{}, "ldirectord.cf", read(t, path))
	if list := texts(found); cfg == nil || len(list) > 0 {
		t.Fatalf("%s: %q", path, list)
	}
	if len(cfg.Virtuals) != 1 || len(cfg.Virtuals[0].Reals) != reals {
		t.Errorf("%s is read as %+v", path, cfg)
	}
}

// The forms that the how-to prints are found out.
func TestHowToAsPrinted(t *testing.T) {
	text := read(t, "howto-000/broken/glued/haresources")
	groups, found := haresources.Parse("haresources", text)
	if len(groups) != 1 || groups[0].Key() != `\ldirectord::ldirectord.cf` || len(texts(found)) == 0 {
		t.Errorf("glued: %q, %v", groups, found)
	}
	text = read(t, "howto-000/broken/empty-line/haresources")
	refused := haresources.CheckNodes("haresources", text, []string{"lvsactive.gunnm.xyz", "lvsstandby.gunnm.xyz"})
	if list := texts(refused); len(list) != 1 || !strings.Contains(list[0], "3: Bad nodename in haresources [IPaddr2::121.254.175.70/32/eth0]") {
		t.Errorf("empty-line: %q", list)
	}
	_, found = ldirectorcf.Load(ldirectorcf.Env{}, "ldirectord.cf", read(t, "howto-000/broken/unindented/ldirectord.cf"))
	if list := texts(found); len(list) != 1 || !strings.HasPrefix(list[0], "8: Unknown command real=121.254.175.75:80 gate 10") {
		t.Errorf("unindented: %q", list)
	}
}

// The annotated samples are right as they are, and right with their comments taken off.
func TestSamples(t *testing.T) {
	for _, name := range []string{"node1.example.com", "NODE2.example.com"} {
		_, found, _ := hacf.Load(hacf.Env{Node: name}, "ha.cf", read(t, "sample/ha.cf"))
		if list := texts(found); len(list) > 0 {
			t.Errorf("ha.cf on %s: %q", name, list)
		}
	}
	director(t, "sample/ldirectord.cf", 3)
	groups, found := haresources.Parse("haresources", used(t, "sample/haresources", "#node", "#\t"))
	if list := texts(found); len(list) > 0 || len(groups) != 2 || len(groups[0].Resources) != 2 || len(groups[1].Resources) != 2 {
		t.Errorf("haresources: %v, %q", groups, list)
	}
	keys, found := authkeys.Parse("authkeys", used(t, "sample/authkeys", "#auth", "#1 "))
	if list := texts(found); keys == nil || len(list) > 0 {
		t.Errorf("authkeys: %q", list)
	}
}

// used takes the comment sign off lines that begin with one of the prefixes.
func used(t *testing.T, path string, prefixes ...string) []byte {
	t.Helper()
	lines := strings.SplitAfter(string(read(t, path)), "\n")
	taken := 0
	for i, l := range lines {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(l, p) }) {
			lines[i] = l[1:]
			taken++
		}
	}
	if taken == 0 {
		t.Fatalf("%s has no line to use", path)
	}
	return []byte(strings.Join(lines, ""))
}
