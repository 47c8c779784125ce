package main

import (
	"maps"
	"slices"
	"testing"

	"systole/compat/layout"
)

// TestEveryNameIsInstalled: what the program answers to and what is installed are the same names.
func TestEveryNameIsInstalled(t *testing.T) {
	have, want := slices.Sorted(maps.Keys(applets())), layout.Applets()
	if !slices.Equal(have, want) {
		t.Errorf("the program answers to\n%q\nand is installed as\n%q", have, want)
	}
}
