package ldirectorcf

import (
	"strings"
	"testing"

	"systole/pkg/diag"
)

// TestOwnServices: services that the original refuses load, are written back and need a regular
// expression where their check matches one.
func TestOwnServices(t *testing.T) {
	for _, name := range ownServices {
		config, found := load(t, one("\treal=10.1.0.11:50051 masq\n\tservice="+name+"\n\trequest=\"a/b\"\n"))
		v := config.Virtuals[0]
		if v.CheckService != name || v.Reals[0].CheckPort != 50051 || v.Reals[0].Request != "/a/b" || len(found) != 0 {
			t.Errorf("%s: service %q, port %d, request %q, %v", name, v.CheckService, v.Reals[0].CheckPort, v.Reals[0].Request, found)
		}
		again, _ := load(t, string(config.Text()))
		if again.Virtuals[0].CheckService != name {
			t.Errorf("%s is written back as %q", name, again.Virtuals[0].CheckService)
		}
		_, found = Load(fixtureEnv(t), "FILE", []byte(one("\treal=10.1.0.11:80 gate\n\tservice="+name+"\n\treceive=\"(\"\n")))
		if failed := diag.Failed(found); failed != strings.HasPrefix(name, "h2") {
			t.Errorf("%s with a broken expression: refused is %v", name, failed)
		}
	}
}
