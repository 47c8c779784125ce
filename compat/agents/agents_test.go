package agents

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
)

// sideBySide is how many parts run at a time: what takes long are the originals that sleep.
const sideBySide = 10

func TestMain(m *testing.M) {
	lab.Main(lab.Applet{Name: "mark", Run: mark})
	lab.AtOnce(sideBySide)
	os.Exit(m.Run())
}

// TestSame runs every part of every table on hosts of its own.
func TestSame(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	for _, name := range tables(t) {
		agent := strings.TrimSuffix(filepath.Base(name), ".txt")
		for _, p := range parts(t, name) {
			t.Run(agent+"/"+p.name, func(t *testing.T) {
				t.Parallel()
				same(t, p)
			})
		}
	}
}

// same runs a part on both hosts and compares what is to be compared.
func same(t *testing.T, p part) {
	l := lab.Test(t)
	original, ours := machine(t, l, lab.Originals, p.neighbour), machine(t, l, lab.Systole, p.neighbour)
	for _, c := range p.calls {
		var theirs, mine transcript
		lab.Together(func() { theirs = original.play(t, c) }, func() { mine = ours.play(t, c) })
		if c.compared {
			compare(t, c, theirs, mine)
		}
	}
}

// compare fails for whatever differs and is not allowed to, and for what is allowed to and does not.
func compare(t *testing.T, c call, original, ours transcript) {
	t.Helper()
	var found []string
	var text strings.Builder
	for i, what := range original.fields() {
		if slices.Contains(c.differing, what.name+"?") {
			continue
		}
		if d := cmp.Diff(what.text(), ours.fields()[i].text()); d != "" {
			found = append(found, what.name)
			fmt.Fprintf(&text, "%s (-original +ours):\n%s", what.name, d)
		}
	}
	certain := slices.DeleteFunc(slices.Clone(c.differing), func(name string) bool { return strings.HasSuffix(name, "?") })
	if !slices.Equal(found, certain) {
		t.Errorf("%s: %s\nin %q they differ, to be expected was %q\n%s", c.place, c.text, found, certain, text.String())
	} else if len(found) > 0 {
		t.Logf("%s: %s: %s\n%s", c.place, c.text, c.why, text.String())
	}
}
