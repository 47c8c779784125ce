// Package pkg_test holds the house together: arrows point down only.
package pkg_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pure are the packages that decide and compute. They import no system, no network, no clock.
var pure = []string{
	"diag", "hamsg", "hamsg/pcap", "authkeys", "hacf", "haresources", "ldirectorcf", "observer", "ipvs", // layer 0
	"cluster", "ipfail", "director", "sim", "decision", "state", "findings", "view", "monitor", "cells", // layer 1
}

// forbidden are imports that bring a system in.
var forbidden = []string{"os", "os/exec", "os/signal", "os/user", "syscall", "net", "net/http", "golang.org/x/sys/unix"}

// wiring are the packages at the top; nothing below imports them.
var wiring = []string{"hbd", "ldird", "resmgr"}

type listed struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func list(t *testing.T, pattern string) []listed {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", pattern).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestLayers(t *testing.T) {
	name := func(path string) string { return strings.TrimPrefix(path, "systole/pkg/") }
	for _, p := range list(t, "./...") {
		self := name(p.ImportPath)
		for _, imp := range p.Imports {
			if slices.Contains(pure, self) && slices.Contains(forbidden, imp) {
				t.Errorf("%s is pure and imports %s", self, imp)
			}
			if dep := name(imp); strings.HasPrefix(imp, "systole/pkg/") && slices.Contains(pure, self) && !slices.Contains(pure, dep) {
				t.Errorf("%s is pure and imports %s, which is not", self, dep)
			}
			if slices.Contains(wiring, name(imp)) && !slices.Contains(wiring, self) {
				t.Errorf("%s imports %s, which is above it", self, name(imp))
			}
		}
	}
}

var clock = regexp.MustCompile(`time\.(Now|Sleep|After|Tick|NewTimer|NewTicker|Since|Until)\(`)

// TestNoClock looks for the calls that read the clock or wait, in the pure packages.
func TestNoClock(t *testing.T) {
	for _, p := range pure {
		files, err := filepath.Glob(p + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: no files, %v", p, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if call := clock.Find(text); call != nil && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s reads the clock: %s", file, call)
			}
		}
	}
}
