// Package ring keeps the last decision records of a node on disk, a file each:
//
//	/var/lib/heartbeat/decisions/00000041.json
//	/var/lib/heartbeat/decisions/00000042.json   the newest
//	/var/lib/heartbeat/decisions/life            what the daemon leaves about itself
//
// A file is replaced in one step that survives a power cut, and the oldest goes when there are
// more than Keep. Numbers only grow; they are found again in the directory at each start.
package ring

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"systole/pkg/decision"
	"systole/pkg/proc"
)

// Dir is where the daemon keeps its records.
const Dir = "/var/lib/heartbeat/decisions"

// Keep is how many records are kept.
const Keep = 100

// Ring is the directory of a daemon. It is for one goroutine.
type Ring struct {
	dir  string
	life *os.File // nil: it cannot be written
}

// Open makes the directory if it is missing and returns the last number in it, 0 if it is empty.
// Close it.
func Open(dir string) (r *Ring, last int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, 0, fmt.Errorf("decision records: %w", err)
	}
	ids, err := List(dir)
	if err != nil {
		return nil, 0, err
	}
	if len(ids) > 0 {
		last = ids[len(ids)-1]
	}
	r = &Ring{dir: dir}
	if f, err := os.OpenFile(lifePath(dir), os.O_WRONLY|os.O_CREATE, 0o644); err == nil {
		r.life = f
	}
	return r, last, nil
}

// Close ends the writing.
func (r *Ring) Close() error { return r.life.Close() }

// Write keeps a record, in the place of an earlier one with its number.
func (r *Ring) Write(rec *decision.Record) error {
	if err := proc.WriteFile(path(r.dir, rec.ID), rec.Encode(), 0o644); err != nil {
		return fmt.Errorf("decision record %d: %w", rec.ID, err)
	}
	return r.prune()
}

func (r *Ring) prune() error {
	ids, err := List(r.dir)
	if err != nil || len(ids) <= Keep {
		return err
	}
	var errs []error
	for _, id := range ids[:len(ids)-Keep] {
		errs = append(errs, os.Remove(path(r.dir, id)))
	}
	return errors.Join(errs...)
}

// List returns the numbers of the records in a directory, oldest first.
func List(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("decision records: %w", err)
	}
	var ids []int
	for _, e := range entries {
		name, found := strings.CutSuffix(e.Name(), ".json")
		if id, err := strconv.Atoi(name); found && err == nil && id > 0 && path(dir, id) == filepath.Join(dir, e.Name()) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

// Read returns a record; fs.ErrNotExist if there is none of that number.
func Read(dir string, id int) (*decision.Record, error) {
	b, err := os.ReadFile(path(dir, id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no decision record %d: %w", id, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("decision record %d: %w", id, err)
	}
	rec, err := decision.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path(dir, id), err)
	}
	return rec, nil
}

// ReadAll returns the records with these numbers. One that cannot be read does not hide the others: the
// error joins what is wrong with each. One that was pruned meanwhile is nothing wrong, unless it is the
// only one.
func ReadAll(dir string, ids []int) (found []*decision.Record, err error) {
	for _, id := range ids {
		rec, bad := Read(dir, id)
		switch {
		case errors.Is(bad, fs.ErrNotExist) && len(ids) > 1:
		case bad != nil:
			err = errors.Join(err, bad)
		default:
			found = append(found, rec)
		}
	}
	return found, err
}

func path(dir string, id int) string { return filepath.Join(dir, fmt.Sprintf("%08d.json", id)) }
