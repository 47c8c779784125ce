package ring

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"systole/pkg/decision"
)

func TestRing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "decisions")
	r, last, err := Open(dir)
	if err != nil || last != 0 {
		t.Fatalf("last %d, %v", last, err)
	}
	for id := 1; id <= Keep+5; id++ {
		for _, done := range []bool{false, true} {
			if err := r.Write(&decision.Record{Version: decision.Version, ID: id, Done: done}); err != nil {
				t.Fatal(err)
			}
		}
	}
	ids, err := List(dir)
	if err != nil || len(ids) != Keep || ids[0] != 6 || ids[Keep-1] != Keep+5 {
		t.Fatalf("%d records, %v", len(ids), err)
	}
	rec, err := Read(dir, 7)
	if err != nil || rec.ID != 7 || !rec.Done {
		t.Errorf("%+v, %v", rec, err)
	}
	if _, err := Read(dir, 5); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a record that was pruned: %v", err)
	}
	if _, last, err := Open(dir); err != nil || last != Keep+5 {
		t.Errorf("after a restart the last is %d, %v", last, err)
	}
}

// What else lies there is left alone, and a spoilt record is an error of that record.
func TestStrangeFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"00000003.json": "{", "00000004.json.77": "left by a power cut", "5.json": "{}", "note.txt": "", "-0000001.json": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ids, err := List(dir)
	if err != nil || len(ids) != 1 || ids[0] != 3 {
		t.Errorf("%v, %v", ids, err)
	}
	if _, err := Read(dir, 3); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a spoilt record: %v", err)
	}
	if _, err := List(filepath.Join(dir, "nothing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}
