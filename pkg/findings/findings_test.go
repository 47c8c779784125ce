package findings

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"systole/pkg/diag"
	"systole/pkg/golden"
	"systole/pkg/state"
)

var update = flag.Bool("update", false, "rewrite the expected results")

// scene is a case: files that differ from those of testdata/good, and words about the rest.
type scene struct {
	archive    *txtar.Archive
	pair       bool
	node       string
	mode       fs.FileMode
	missing    []string
	unreadable []string
	scripts    map[string]bool
	addresses  []Address         // of the machine
	sysctls    map[string]string // of the machine
	online     bool
	resolves   map[string]netip.Addr // online: what name servers know
	refused    []string              // online: where nobody listens
}

func load(t *testing.T, path string) *scene {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{archive: a, mode: 0o600}
	for line := range strings.Lines(string(a.Comment)) {
		words := strings.Fields(line)
		if s.world(words) {
			continue
		}
		switch words[0] {
		case "pair":
			s.pair = true
		case "node":
			s.node = words[1]
		case "mode":
			fmt.Sscanf(words[1], "%o", &s.mode)
		case "missing":
			s.missing = words[1:]
		case "unreadable":
			s.unreadable = words[1:]
		case "scripts":
			s.scripts = map[string]bool{}
			for _, w := range words[1:] {
				s.scripts[w] = true
			}
		default:
			t.Fatalf("%s: %q", path, line)
		}
	}
	return s
}

// world reads a line about what is not in files.
func (s *scene) world(words []string) bool {
	switch words[0] {
	case "address":
		s.addresses = append(s.addresses, Address{words[1], netip.MustParsePrefix(words[2])})
	case "sysctl":
		if s.sysctls == nil {
			s.sysctls = map[string]string{}
		}
		s.sysctls[words[1]] = words[2]
	case "online":
		s.online = true
	case "resolves":
		if s.resolves == nil {
			s.resolves = map[string]netip.Addr{}
		}
		s.resolves[words[1]] = netip.MustParseAddr(words[2])
	case "refused":
		s.refused = words[1:]
	default:
		return false
	}
	return true
}

func (s *scene) part(name string) ([]byte, bool) {
	for _, f := range s.archive.Files {
		if f.Name == name {
			return f.Data, true
		}
	}
	return nil, false
}

// tree reads a file from the case, else the good one. Only the four usual files are always there.
func (s *scene) tree(prefix string) Tree {
	read := func(name string) File {
		f := File{Path: prefix + name, Mode: s.mode}
		switch text, own := s.part(prefix + name); {
		case slices.Contains(s.missing, name):
			f.Err = fs.ErrNotExist
		case slices.Contains(s.unreadable, name):
			f.Err = &fs.PathError{Op: "open", Path: f.Path, Err: errors.New("permission denied")}
		case own:
			f.Text = text
		default:
			if name == "ha.cf" && prefix != "" {
				name = "peer-ha.cf"
			}
			f.Text, f.Err = os.ReadFile(filepath.Join("testdata/good", name))
		}
		return f
	}
	t := Tree{Read: read, Node: s.node, Scripts: s.scripts, Addresses: s.addresses}
	if s.sysctls != nil {
		t.Sysctl = func(name string) (string, bool) {
			value, known := s.sysctls[name]
			return value, known
		}
	}
	if text, there := s.part(prefix + "state.json"); there {
		t.State, _ = state.Decode(text) // a case without its finding tells of an error
	}
	return t
}

func (s *scene) env() Env {
	hosts, _ := s.part("hosts")
	env := Env{Hosts: func(name string) []netip.Addr {
		for line := range strings.Lines(string(hosts)) {
			if words := strings.Fields(line); slices.Contains(words[1:], name) {
				return []netip.Addr{netip.MustParseAddr(words[0])}
			}
		}
		return nil
	}}
	if s.online {
		env.Resolve, env.Reach = s.resolve, s.reach
	}
	return env
}

func (s *scene) resolve(host string) ([]netip.Addr, error) {
	if a, known := s.resolves[host]; known {
		return []netip.Addr{a}, nil
	}
	return nil, errors.New("no such host")
}

func (s *scene) reach(to []netip.AddrPort) []error {
	errs := make([]error, len(to))
	for i, at := range to {
		if slices.Contains(s.refused, at.String()) {
			errs[i] = errors.New("connection refused")
		}
	}
	return errs
}

func (s *scene) review() []Finding {
	if !s.pair {
		return Review(s.env(), s.tree(""), nil)
	}
	peer := s.tree("peer/")
	return Review(s.env(), s.tree(""), &peer)
}

func TestCases(t *testing.T) {
	for _, path := range golden.Files(t, "testdata/cases/*.txt") {
		s := load(t, path)
		var got strings.Builder
		for _, f := range s.review() {
			fmt.Fprintf(&got, "%s: %s %s: %s\n", f.Where(), f.Level, f.Code, f.Text)
		}
		last := &s.archive.Files[len(s.archive.Files)-1]
		if last.Name != "want" {
			t.Fatalf("%s does not end with want", path)
		}
		last.Data = []byte(got.String())
		golden.File(t, *update, path, string(txtar.Format(s.archive)))
	}
}

// Every code has a case, and every finding a code of the table and an advice.
func TestEveryCodeHasACase(t *testing.T) {
	seen := map[string]bool{}
	for _, path := range golden.Files(t, "testdata/cases/*.txt") {
		for _, f := range load(t, path).review() {
			seen[f.Code] = true
			if r := rule(f.Code); r.Title == "" || f.Original == "" || f.Instead == "" || f.Text == "" || f.File == "" {
				t.Errorf("%s: incomplete: %+v", path, f)
			}
		}
	}
	for _, r := range Rules() {
		if !seen[r.Code] {
			t.Errorf("%s (%s) has no case", r.Code, r.Title)
		}
	}
}

// Codes are in order, and there is no code in the source that is not in the table.
func TestTable(t *testing.T) {
	var codes []string
	for _, r := range Rules() {
		codes = append(codes, r.Code)
		if r.Title == "" || r.Original == "" || r.Instead == "" {
			t.Errorf("%s is incomplete", r.Code)
		}
	}
	if !slices.IsSorted(codes) || len(slices.Compact(slices.Clone(codes))) != len(codes) {
		t.Errorf("not in order or not unique: %v", codes)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range regexp.MustCompile(`"(HA|LD)-[0-9]{3}"`).FindAllString(string(text), -1) {
			if !slices.Contains(codes, strings.Trim(code, `"`)) {
				t.Errorf("%s uses %s, which is not in the table", file, code)
			}
		}
	}
}

const pages = "../../docs/findings"

// docs/findings is made from the table.
func TestPages(t *testing.T) {
	want := map[string]string{"README.md": Index()}
	for _, r := range Rules() {
		want[r.Code+".md"] = r.Page()
	}
	for name, text := range want {
		golden.File(t, *update, filepath.Join(pages, name), text)
	}
	there, _ := filepath.Glob(filepath.Join(pages, "*"))
	if len(there) != len(want)+1 { // schema.json, of --json
		t.Errorf("%s has %d files for %d pages", pages, len(there), len(want))
	}
}

func TestCounts(t *testing.T) {
	found := []Finding{{Severity: diag.Note}, {Severity: diag.Error}, {Severity: diag.Note}, {Severity: diag.Warning}}
	if e, w, n := Counts(found); e != 1 || w != 1 || n != 2 {
		t.Errorf("%d %d %d", e, w, n)
	}
	if worst, any := Worst(found); worst != diag.Error || !any {
		t.Errorf("%v %v", worst, any)
	}
	if _, any := Worst(nil); any {
		t.Error("nothing is something")
	}
}

// Whatever the files hold, a review ends, and every finding is whole.
func FuzzReview(f *testing.F) {
	for _, name := range []string{"ha.cf", "haresources", "authkeys", "ldirectord.cf"} {
		text, err := os.ReadFile(filepath.Join("testdata/good", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), string(text), string(text), string(text))
	}
	f.Add("node a b\nbcast eth0\n", "a \\x \\\n\nIPaddr::1\n", "auth 1\n1 crc\n", "virtual=1.2.3.4:80\n\treal=x:80 gate\n")
	f.Fuzz(func(t *testing.T, ha, res, keys, ld string) {
		files := map[string]string{"ha.cf": ha, "haresources": res, "authkeys": keys, "ldirectord.cf": ld}
		tree := Tree{Read: func(name string) File {
			text, there := files[name]
			if !there {
				return File{Path: name, Err: fs.ErrNotExist}
			}
			return File{Path: name, Text: []byte(text), Mode: 0o600}
		}}
		other := tree
		for _, found := range Review(Env{}, tree, &other) {
			if found.Text == "" || found.Original == "" || found.Instead == "" || found.Line < 0 {
				t.Fatalf("%+v", found)
			}
		}
	})
}
