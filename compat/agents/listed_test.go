package agents

import (
	"os"
	"strings"
	"testing"
)

// TestDifferencesAreListed: what the tables allow to differ is in the list that users read.
func TestDifferencesAreListed(t *testing.T) {
	list, err := os.ReadFile("../../docs/differences.md")
	if err != nil {
		t.Fatal(err)
	}
	for key, row := range differences(t) {
		if !strings.Contains(string(list), "| "+row) {
			t.Errorf("%s: no row of docs/differences.md begins %q", key, row)
		}
	}
}
