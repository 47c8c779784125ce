package golden

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// watched is a test whose errors are counted and do not fail it.
type watched struct {
	testing.TB
	errors int
}

func (w *watched) Helper()               {}
func (w *watched) Errorf(string, ...any) { w.errors++ }

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "want.txt")
	differs := func(update bool, text string) int {
		w := &watched{TB: t}
		File(w, update, path, text)
		return w.errors
	}
	if differs(false, "one\n") != 1 {
		t.Error("a file that is not there is as good as any")
	}
	if differs(true, "one\n") != 0 || differs(false, "one\n") != 0 {
		t.Error("what was written is not what is read")
	}
	if differs(false, "two\n") != 1 {
		t.Error("a difference is no error")
	}
}

const captured = `Of these lines:
-- a.in --
x
-- a.original --
X
-- a.systole --
1 byte
-- b.in --
y
-- b.original --
Z
-- b.systole --
1 byte
-- b.differs --
because
`

func TestCaptures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "captured.txt")
	if err := os.WriteFile(file, []byte(captured), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what, a, b, beside string
		errors             int
	}{
		{"all is as it was", "X\n", "Y\n", "1 byte\n", 0},
		{"a differs without a reason", "x\n", "Y\n", "1 byte\n", 1},
		{"b has a reason and does not differ", "X\n", "Z\n", "1 byte\n", 1},
		{"something else is said", "X\n", "Y\n", "2 bytes\n", 1},
	} {
		w := &watched{TB: t}
		Captures(w, false, file, func(own Capture) (string, string) {
			if own.Comment != "Of these lines:\n" || len(own.File("in")) != 2 {
				t.Errorf("%+v", own)
			}
			return map[string]string{"a": c.a, "b": c.b}[own.Name], c.beside
		})
		if w.errors != c.errors {
			t.Errorf("%s: %d errors, want %d", c.what, w.errors, c.errors)
		}
	}
}

func TestCases(t *testing.T) {
	Cases(t, false, func(t *testing.T, given *txtar.Archive) []txtar.File {
		if len(given.Files) != 2 || given.Files[0].Name != "two" || given.Files[1].Name != "one" {
			t.Errorf("given is %q", given.Files)
		}
		return []txtar.File{Lines("both", []name{"1", "2"})}
	}, "one", "two")
	if first := Given(t); len(first) != 1 || first[0].Name != "testdata/two.txt" || string(first[0].Data) != "2\n" {
		t.Errorf("%q", first)
	}
}

type name string

func (n name) String() string { return string(n) }
