package haresources

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/diag"
	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite what Systole says in testdata")

const path = "/etc/ha.d//haresources"

// captures feeds each .in of an archive to run, which also gets what the original said.
func captures(t *testing.T, file string, run func(input, original string) (same, beside string)) {
	golden.Captures(t, *update, file, func(c golden.Capture) (string, string) {
		input := strings.ReplaceAll(strings.TrimSuffix(c.File("in"), "<EOF>\n"), "<CR>", "\r")
		return run(input, c.File("original"))
	})
}

func TestGroups(t *testing.T) {
	captures(t, "testdata/groups.txt", func(input, original string) (string, string) {
		groups, found := Parse(path, []byte(input))
		var compares, says strings.Builder
		for _, key := range AllKeys(groups) {
			fmt.Fprintf(&compares, "key %s\n", key)
		}
		for line := range strings.Lines(original) {
			if word, ok := strings.CutPrefix(line, "take "); ok {
				word = word[:strings.LastIndex(word, ": ")]
				taken := "-"
				if g, ok := FindGroup(groups, word); ok {
					taken = g.String()
				}
				fmt.Fprintf(&compares, "take %s: %s\n", word, taken)
			}
		}
		for _, g := range groups {
			fmt.Fprintf(&says, "%d-%d %s %s %q\n", g.Line, g.Last, Digest(g), g.Owner, g.Resources)
		}
		for _, d := range found {
			fmt.Fprintln(&says, d)
		}
		if diag.Failed(found) {
			t.Error("Parse refused a file: only CheckNodes may")
		}
		return compares.String(), says.String()
	})
}

func TestCheckNodes(t *testing.T) {
	captures(t, "testdata/nodes.txt", func(input, _ string) (string, string) {
		var compares, says strings.Builder
		for _, d := range CheckNodes(path, []byte(input), []string{"n1", "n2", "1.2.3.4"}) {
			fmt.Fprintln(&compares, d.Text)
			fmt.Fprintln(&says, d.Hint())
		}
		return compares.String(), says.String()
	})
}

func TestKeys(t *testing.T) {
	groups, _ := Parse(path, []byte("N1 a b\nn2 c\nn1 d\nn1\nn3 a x\n"))
	for name, got := range map[string][]string{
		"N1": ListKeys(groups, "N1"), "n2": ListKeys(groups, "n2"), "n9": ListKeys(groups, "n9"), "all": AllKeys(groups), "n3": ListKeys(groups, "n3"),
		"ours": owners(OurGroups(groups, "n1")), "others": owners(OtherGroups(groups, "N1")),
	} {
		want := map[string][]string{
			"N1": {"a", "d"}, "n2": {"c"}, "n9": nil, "all": {"a", "c", "d"}, "n3": {"a"},
			"ours": {"n1 a b", "n1 d"}, "others": {"n2 c", "n3 a x"},
		}[name]
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if g, ok := FindGroup(groups, ""); ok {
		t.Errorf("the empty word finds %v", g)
	}
}

func owners(groups []Group) (lines []string) {
	for _, g := range groups {
		lines = append(lines, g.String())
	}
	return lines
}

func TestDigestIgnoresTheOwner(t *testing.T) {
	groups, _ := Parse(path, []byte("n1 a b\nn2 a b\nn1 b a\nn1 a\nn1 ab\n"))
	digests := map[string]int{}
	for _, g := range groups {
		digests[Digest(g)]++
	}
	if len(digests) != 4 || digests[Digest(groups[1])] != 2 || len(Digest(groups[0])) != 16 {
		t.Errorf("digests %v", digests)
	}
	if got, want := Digest(groups[0]), "7e18f737311b2dc3"; got != want {
		t.Errorf("the digest of a, b is %s, was %s: peers of another release would not agree", got, want)
	}
}

func TestResource(t *testing.T) {
	for word, want := range map[string]Resource{
		"lvs":                   {Name: "lvs"},
		"IPaddr2::10.0.0.1/24":  {Name: "IPaddr2", Args: []string{"10.0.0.1/24"}},
		"10.0.0.1":              {Name: "IPaddr", Args: []string{"10.0.0.1"}},
		"10.0.0.1/24/eth0":      {Name: "IPaddr", Args: []string{"10.0.0.1/24/eth0"}},
		"1x.2.3.4":              {Name: "IPaddr", Args: []string{"1x.2.3.4"}},
		"1.2.3.x4":              {Name: "1.2.3.x4"},
		"1.2.3":                 {Name: "1.2.3"},
		"fs::/dev/a::/mnt::xfs": {Name: "fs", Args: []string{"/dev/a", "/mnt", "xfs"}},
		"a::::x":                {Name: "a", Args: []string{"x"}},
		"a:::b":                 {Name: "a", Args: []string{":b"}},
		"a::":                   {Name: "a"},
		"::a":                   {Args: []string{"a"}},

		"IPv6addr::fd00::70/64/eth0": {Name: "IPv6addr", Args: []string{"fd00::70/64/eth0"}},
		"IPaddr2::::1":               {Name: "IPaddr2", Args: []string{"::1"}},
		"IPv6addr::x::y":             {Name: "IPv6addr", Args: []string{"x", "y"}},
		"websvc::fd00::70":           {Name: "websvc", Args: []string{"fd00", "70"}},
	} {
		want.Word = word
		if got := NewResource(word); !cmp.Equal(got, want) {
			t.Errorf("%q: %+v, want %+v", word, got, want)
		}
	}
}

// Whatever the text: no panic, lines in order, words without blanks, each key found again; and
// what String writes reads back as the same resources.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "n1 a \\\n b # c\n", "n1 \\a::b \\\n\nc::d\u00a0\n", "a\r\n\\", "n1 a\\#b\\\r\n", "n1 ::x fd00::1 1.2.3.4 \"q\" \\ \n", "# x \\\ny"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		groups, found := Parse("f", []byte(text))
		CheckNodes("f", []byte(text), []string{"n1"})
		for _, d := range found {
			if d.Remedy == "" || d.Line < 1 {
				t.Errorf("finding without place or words: %+v", d)
			}
		}
		last := 0
		for _, g := range groups {
			if g.Line <= last || g.Last < g.Line {
				t.Errorf("lines %d-%d after %d", g.Line, g.Last, last)
			}
			last = g.Last
			if key := g.Key(); key != "" {
				if again, ok := FindGroup(groups, key); !ok || again.Key() != key {
					t.Errorf("key %q finds %v", key, again)
				}
			}
			for _, w := range g.Words() {
				if w == "" || strings.ContainsAny(w, " \t\n") {
					t.Errorf("word %q", w)
				}
			}
		}
	})
}
