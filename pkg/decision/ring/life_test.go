package ring

import (
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/decision"
)

func TestLife(t *testing.T) {
	dir := t.TempDir()
	if _, ok := ReadLife(dir); ok {
		t.Error("there is a life before the first")
	}
	r, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := ReadLife(dir); ok {
		t.Error("an empty file is a life")
	}
	long := decision.Life{Boot: "45c3e7f4-9a2a-4b0e-8a3f-0c1f3f6b2a11", Begun: time.Now().UTC().Round(0), Held: "foreign"}
	for _, l := range []decision.Life{long, {Held: "none", Ended: decision.EndStopped}} { // the shorter one leaves nothing of the longer
		if err := r.WriteLife(l); err != nil {
			t.Fatal(err)
		}
		back, ok := ReadLife(dir)
		if d := cmp.Diff(l, back); !ok || d != "" {
			t.Errorf("%v: %s", ok, d)
		}
	}
	if st, err := os.Stat(lifePath(dir)); err != nil || st.Size() != lifeSize {
		t.Errorf("%v, %v", st, err)
	}
	if err := os.WriteFile(lifePath(dir), []byte("\x00garbage"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, ok := ReadLife(dir); ok {
		t.Error("garbage is a life")
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A life that cannot be written is an error of that, and of nothing else.
func TestNoLife(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(lifePath(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	r, _, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.WriteLife(decision.Life{}); err == nil {
		t.Error("a directory was written")
	}
	if err := r.Write(&decision.Record{Version: decision.Version, ID: 1}); err != nil {
		t.Error(err)
	}
}
