package agents

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// call is one command, run on both hosts.
type call struct {
	place     string // in the tables
	text      string
	env       []string
	compared  bool
	quiet     bool     // wait for the end of what goes on in the background, and compare the frames
	why       string   // key of testdata/differences.txt
	differing []string // fields of the transcript that differ
}

// part is a sequence of calls on two fresh hosts.
type part struct {
	name      string
	neighbour bool // there is one, with the address fd00::99
	calls     []call
}

func tables(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/tables/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatalf("%v: no tables", err)
	}
	return all
}

// reader reads a table.
type reader struct {
	t     *testing.T
	known map[string]string // differences
	parts []part
	env   []string
	why   string
	what  []string
}

func parts(t *testing.T, table string) []part {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	r := reader{t: t, known: differences(t)}
	for i, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		r.line(fmt.Sprintf("%s:%d", filepath.Base(table), i+1), l)
	}
	return r.parts
}

// line reads one line of a table; testdata/README says what there is.
func (r *reader) line(place, l string) {
	r.t.Helper()
	kind, rest, _ := strings.Cut(l, " ")
	switch kind {
	case "#":
		r.parts, r.env = append(r.parts, part{name: rest}), nil
	case "+":
		r.parts[len(r.parts)-1].neighbour = true
	case "=":
		r.env = strings.Fields(rest)
	case "!":
		r.allow(place, rest)
	case "*":
		for _, op := range []string{"start", "status", "stop"} {
			r.add(call{place: place, text: "./" + rest + " " + op, compared: true, quiet: true})
		}
	case "$", "&", ">":
		r.add(call{place: place, text: rest, compared: kind != ">", quiet: kind == "$"})
	case "":
	default:
		r.t.Fatalf("%s: %q", place, l)
	}
}

func (r *reader) allow(place, text string) {
	r.t.Helper()
	why, what, _ := strings.Cut(text, ": ")
	if r.known[why] == "" || what == "" || r.why != "" {
		r.t.Fatalf("%s: no such difference, or nothing that differs: %q", place, text)
	}
	r.why, r.what = why, strings.Fields(what)
}

func (r *reader) add(c call) {
	r.t.Helper()
	if len(r.parts) == 0 {
		r.t.Fatalf("%s: before the first part", c.place)
	}
	c.env, c.why, c.differing = r.env, r.why, r.what
	r.why, r.what = "", nil
	p := &r.parts[len(r.parts)-1]
	p.calls = append(p.calls, c)
}

// differences reads what may differ, and why: a key and the words of docs/differences.md.
func differences(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("testdata/differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]string)
	for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		key, row, ok := strings.Cut(l, ": ")
		if !ok || known[key] != "" {
			t.Fatalf("differences.txt: %q", l)
		}
		known[key] = row
	}
	return known
}

// TestDifferencesAreUsed keeps the list free of what no longer differs.
func TestDifferencesAreUsed(t *testing.T) {
	var used []string
	for _, name := range tables(t) {
		for _, p := range parts(t, name) {
			for _, c := range p.calls {
				used = append(used, c.why)
			}
		}
	}
	for key := range differences(t) {
		if !slices.Contains(used, key) {
			t.Errorf("%s: no call has it", key)
		}
	}
}
