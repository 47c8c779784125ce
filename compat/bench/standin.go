package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"systole/pkg/ipvs"
	"systole/pkg/ldird"
)

// standinDir is where both stand-ins of the kernel keep their table on a host.
const standinDir = "/var/lib/ipvs"

// asDirector is our ldirectord on a table in memory, where this program is called by that name: the
// kernel of most machines that run a benchmark has no ip_vs. Everything else of it is as installed.
func asDirector() (code int, is bool) {
	if !strings.HasPrefix(filepath.Base(os.Args[0]), "ldirectord") {
		return 0, false
	}
	p := ldird.New(os.Args)
	p.Open = func(context.Context) (ldird.Kernel, error) { return &tableInMemory{}, os.MkdirAll(standinDir, 0o755) }
	return p.Run(), true
}

// tableInMemory tells in files how many usable servers it has, and how often it was written to.
type tableInMemory struct {
	table  ipvs.Table
	writes int
}

// Read returns the table.
func (t *tableInMemory) Read(context.Context) (ipvs.Table, error) { return t.table, nil }

// Apply takes all changes.
func (t *tableInMemory) Apply(_ context.Context, changes []ipvs.Change) []error {
	errs := make([]error, len(changes))
	next, err := t.table.Apply(changes)
	if err != nil {
		errs[0] = err
		return errs
	}
	t.table = next
	t.writes += len(changes)
	n := 0
	for _, e := range t.table {
		for _, d := range e.Dests {
			if d.Weight > 0 {
				n++
			}
		}
	}
	if err := os.WriteFile(standinDir+"/writes", fmt.Appendf(nil, "%d\n", t.writes), 0o644); err != nil {
		errs[0] = err
	}
	if err := os.WriteFile(standinDir+"/count", fmt.Appendf(nil, "%d\n", n), 0o644); err != nil {
		errs[0] = err
	}
	return errs
}

// Close is for ldird.Kernel.
func (t *tableInMemory) Close() error { return nil }
