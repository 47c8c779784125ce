package ring

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"systole/pkg/decision"
)

// lifeSize is the length of the file of a life: it is written in place, within one sector, so that
// a full disk does not keep a daemon from saying that it was stopped.
const lifeSize = 512

// WriteLife keeps what a daemon says about itself.
func (r *Ring) WriteLife(l decision.Life) error {
	b := l.Encode()
	if room := lifeSize - len(b); room > 0 {
		b = append(b, bytes.Repeat([]byte(" "), room)...)
	}
	if _, err := r.life.WriteAt(b, 0); err != nil {
		return fmt.Errorf("life of the daemon: %w", err)
	}
	return r.life.Sync()
}

// ReadLife returns what the last daemon left, and whether there is something readable.
func ReadLife(dir string) (decision.Life, bool) {
	b, err := os.ReadFile(lifePath(dir))
	if err != nil {
		return decision.Life{}, false
	}
	l, err := decision.DecodeLife(b)
	return l, err == nil
}

func lifePath(dir string) string { return filepath.Join(dir, "life") }
