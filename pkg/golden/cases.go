package golden

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// Read reads an archive, and ends the test if it cannot.
func Read(t testing.TB, file string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Cases plays every testdata/*.txt in a subtest. play gets the comment and those of the files that are
// given, by their names, and returns what is made of them: the other files, in their order.
func Cases(t *testing.T, update bool, play func(t *testing.T, given *txtar.Archive) (made []txtar.File), given ...string) {
	t.Helper()
	Each(t, func(t *testing.T, file string) {
		all := Read(t, file)
		in := &txtar.Archive{Comment: all.Comment}
		for _, f := range all.Files {
			if slices.Contains(given, f.Name) {
				in.Files = append(in.Files, f)
			}
		}
		made := play(t, in)
		out := &txtar.Archive{Comment: all.Comment, Files: slices.Concat(in.Files, made)}
		File(t, update, file, string(txtar.Format(out)))
	})
}

// Lines is a file of an archive with a line for each of some findings, say.
func Lines[T fmt.Stringer](name string, all []T) txtar.File {
	var b strings.Builder
	for _, v := range all {
		b.WriteString(v.String() + "\n")
	}
	return txtar.File{Name: name, Data: []byte(b.String())}
}

// Given are the first files of all testdata/*.txt, each under the name of its case: seeds for a fuzzer.
func Given(t testing.TB) (first []txtar.File) {
	t.Helper()
	for _, file := range Files(t, "testdata/*.txt") {
		first = append(first, txtar.File{Name: file, Data: Read(t, file).Files[0].Data})
	}
	return first
}

// Capture is one input and what an original did with it.
type Capture struct {
	Name    string
	Comment string            // of the archive
	Files   map[string]string // all of the archive's
}

// File is one of the capture's own: "in" of the capture "a" is the file a.in.
func (c Capture) File(end string) string { return c.Files[c.Name+"."+end] }

// Captures plays every capture of an archive, which is a NAME.original. play returns what is to be the
// same as that, unless there is a NAME.differs that says why it is not, and what ours says beside, which is
// NAME.systole.
func Captures(t testing.TB, update bool, file string, play func(c Capture) (same, beside string)) {
	t.Helper()
	all := Read(t, file)
	files := map[string]string{}
	for _, f := range all.Files {
		files[f.Name] = string(f.Data)
	}
	out := &txtar.Archive{Comment: all.Comment}
	for _, f := range all.Files {
		if strings.HasSuffix(f.Name, ".systole") {
			continue
		}
		out.Files = append(out.Files, f)
		if name, ok := strings.CutSuffix(f.Name, ".original"); ok {
			c := Capture{Name: name, Comment: string(all.Comment), Files: files}
			same, beside := play(c)
			c.compare(t, same)
			out.Files = append(out.Files, txtar.File{Name: name + ".systole", Data: []byte(beside)})
		}
	}
	File(t, update, file, string(txtar.Format(out)))
}

func (c Capture) compare(t testing.TB, ours string) {
	t.Helper()
	difference, why := cmp.Diff(c.File("original"), ours), c.File("differs")
	if (difference != "") != (why != "") {
		t.Errorf("%s: the original (-) and ours (+), differing because %q:\n%s", c.Name, why, difference)
	}
}
