package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"systole/compat/layout"
)

// RecordPath is where an installation remembers which files under /etc it wrote, in the form
// that sha256sum reads: "sha256sum -c --quiet RecordPath" lists what was edited since.
const RecordPath = "/var/lib/systole/etc.sha256"

// beside is the end of the name of a new version that is not wanted in place of an edited one.
const beside = ".dpkg-dist"

// record has the sum of what was installed at a path.
type record map[string]string

// fate is what becomes of a file under /etc.
type fate int

const (
	installed fate = iota // written
	same                  // is the new version already
	kept                  // edited, and there is nothing newer
	offered               // edited; the new version is put beside
	absent                // deleted by the administrator
)

// decide is dpkg's rule for configuration files. Sums are "" for a file that is not there and for
// one that was never installed.
func decide(onDisk, before, fresh string) fate {
	switch {
	case onDisk == fresh:
		return same
	case onDisk == "" && before != "":
		return absent
	case onDisk == "" || onDisk == before:
		return installed
	case before == fresh:
		return kept
	}
	return offered
}

func (t *target) placeConfig(e layout.Entry) error {
	text, err := os.ReadFile(filepath.Join(t.src, e.Source))
	if err != nil {
		return err
	}
	path := t.path(e.Path)
	old, err := sumOfFile(path)
	if err != nil {
		return err
	}
	fresh := sum(text)
	switch decide(old, t.past[e.Path], fresh) {
	case installed:
		err = write(path, text, e.Mode)
	case kept:
		fmt.Fprintf(t.out, "%s was edited and stays\n", e.Path)
	case offered:
		fmt.Fprintf(t.out, "%s was edited and stays; the new version is %s\n", e.Path, e.Path+beside)
		err = write(path+beside, text, e.Mode)
	case absent:
		fmt.Fprintf(t.out, "%s was deleted and stays away\n", e.Path)
	}
	if err == nil {
		t.past[e.Path] = fresh
	}
	return err
}

func sum(text []byte) string {
	s := sha256.Sum256(text)
	return hex.EncodeToString(s[:])
}

// sumOfFile returns "" for a file that is not there.
func sumOfFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return sum(text), err
}

func readRecord(path string) (record, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return parseRecord(text)
}

func parseRecord(text []byte) (record, error) {
	r := make(record)
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		hash, path, ok := strings.Cut(lines.Text(), "  ")
		if !ok || len(hash) != hex.EncodedLen(sha256.Size) {
			return nil, fmt.Errorf("%s: line %d is not a sum and a path", RecordPath, n)
		}
		r[path] = hash
	}
	return r, lines.Err()
}

func (r record) text() []byte {
	lines := make([]string, 0, len(r))
	for path, hash := range r {
		lines = append(lines, hash+"  "+path+"\n")
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[sha256.Size*2:], b[sha256.Size*2:]) })
	return []byte(strings.Join(lines, ""))
}

func (t *target) writeRecord() error {
	return write(t.path(RecordPath), t.past.text(), 0o644)
}
