package here

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An ldirectord that does not answer is told of all the same.
func TestDirectors(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"ldirectord.ldirectord.pid": "1\n", "ldirectord.web.pid": "nonsense\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all := Directors(dir+"/ldirectord.*.pid", time.Second)
	if len(all) != 2 || all[0].Name != "ldirectord" || all[0].PID != 1 || all[0].Running || all[1].Name != "web" || all[1].Running {
		t.Errorf("%+v", all)
	}
}
