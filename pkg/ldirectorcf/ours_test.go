package ldirectorcf

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/diag"
)

// Directives of our own load, are written back, and are refused with what to write.
func TestOurDirectives(t *testing.T) {
	text := "systole_metrics=127.0.0.1:9694\nsystole_hook=/usr/local/sbin/notify\nsystole_hook=https://chat.example.com/ha\n"
	cf, found := Load(Env{}, "FILE", []byte(text))
	if diag.Failed(found) || cf.Global.Metrics.Port() != 9694 || len(cf.Global.Hooks) != 2 {
		t.Fatalf("%+v %v", cf.Global, found)
	}
	if d := cmp.Diff(text, string(cf.Text())); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{"systole_metrics=9694\n", "systole_metrics=\n", "systole_hook=notify\n", "systole_metrics\n", "virtual=1\n\tsystole_hook=/x\n"} {
		if _, found := Load(Env{}, "FILE", []byte(bad)); !diag.Failed(found) || found[len(found)-1].Remedy == "" {
			t.Errorf("%q: %v", bad, found)
		}
	}
}
