package hbd

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"systole/pkg/halog"
)

// The vectors are those of the original (wire spec 4.3).
func TestUUIDFromName(t *testing.T) {
	for _, c := range []struct {
		name string
		seed int32
		want string
	}{
		{"node1", 104993391, "90b8de7708c87a6cfef1993a43051dba"},
		{"node2", 104993392, "f3727cf5aae82f22b5f603e93235dadc"},
	} {
		uuid, seed := uuidFromName(c.name)
		if got := hex.EncodeToString(uuid[:]); got != c.want || seed != c.seed {
			t.Errorf("%s: %s seed %d, want %s seed %d", c.name, got, seed, c.want, c.seed)
		}
	}
}

func TestNextGeneration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hb_generation")
	var said []string
	log := func(_ halog.Level, text string) { said = append(said, text) }
	now := time.Unix(1795217056, 0)
	for i, want := range []uint64{1795217057, 1795217058} {
		got, err := nextGeneration(path, now, log)
		if err != nil || got != want {
			t.Fatalf("start %d: generation %d, %v; want %d", i+1, got, err, want)
		}
	}
	text, _ := os.ReadFile(path)
	if string(text) != "     1795217058\n" {
		t.Errorf("file holds %q", text)
	}
	if len(said) != 1 || said[0] != "No Previous generation - starting at 1795217057" {
		t.Errorf("logged %q", said)
	}
	os.WriteFile(path, []byte("rubbish\n"), 0o644)
	if got, err := nextGeneration(path, now, log); err != nil || got != 1795217057 {
		t.Errorf("broken file: generation %d, %v", got, err)
	}
}
