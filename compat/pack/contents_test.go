package main

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goreleaser/nfpm/v2/files"

	"systole/compat/lab"
	"systole/compat/layout"
)

// TestReproducible packs the same programs twice.
func TestReproducible(t *testing.T) {
	t.Parallel()
	for i, o := range kinds() {
		if o.version != version {
			continue
		}
		o.bin, o.out = lab.OK(build())(t), t.TempDir()
		one, two := lab.OK(packages())(t)[i], lab.OK(o.pack())(t)
		if a, b := lab.OK(os.ReadFile(one))(t), lab.OK(os.ReadFile(two))(t); sha256.Sum256(a) != sha256.Sum256(b) {
			t.Errorf("%s: two packages of the same programs differ", o.format)
		}
		bills := lab.OK(filepath.Glob(filepath.Dir(one) + "/*.cdx.json"))(t)
		if len(bills) != 1 || !bytes.Contains(lab.OK(os.ReadFile(bills[0]))(t), []byte(`"pkg:golang/github.com/vishvananda/netlink@`)) {
			t.Errorf("%s: the bill of materials %v does not name a library that is linked", o.format, bills)
		}
	}
}

// TestContents: what "make install" installs is in the packages, each at the place of the
// distribution.
func TestContents(t *testing.T) {
	t.Parallel()
	for name, f := range formats() {
		o := order{format: name, arch: runtime.GOARCH, version: version, bin: lab.OK(build())(t), src: root, work: t.TempDir()}
		contents := lab.OK(o.contents("bill", f))(t)
		for _, e := range layout.Table() {
			place := f.place(e.Path)
			if strings.HasPrefix(place, "/usr/share/man/") {
				place += compressed
			}
			if slices.Contains(additional(), e.Path) {
				place = shareDir + place[1:]
			}
			if f.fillsIn && slices.Contains(borrowed(), e.Path) {
				continue // a script makes it where it is missing
			}
			if !slices.ContainsFunc(contents, func(c *files.Content) bool {
				return strings.TrimSuffix(c.Destination, "/") == strings.TrimSuffix(place, "/")
			}) {
				t.Errorf("%s: %s is missing", name, place)
			}
		}
	}
}
