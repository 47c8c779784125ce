package ipfaild

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"systole/pkg/halog"
)

func TestTargets(t *testing.T) {
	got := targets([]string{"PATH=/bin", "HA_LOGFILE=/l", "HA_DEBUGLOG=/d", "HA_LOGFACILITY=local0", "HA_syslogmsgfmt=False"})
	if want := (halog.Targets{Logfile: "/l", Debugfile: "/d", Facility: "local0", Plain: true}); got != want {
		t.Errorf("%+v", got)
	}
	if got := targets([]string{"HA_syslogmsgfmt=true"}); got != (halog.Targets{}) {
		t.Errorf("%+v", got)
	}
}

// TestLog: with targets the lines go there, without any to stderr.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ha-log")
	line := regexp.MustCompile(`^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d \S+ ipfail: \[\d+\]: info: hello\n$`)
	var stderr bytes.Buffer
	for _, env := range [][]string{{"HA_LOGFILE=" + path}, nil} {
		log := newLog(env, &stderr)
		log.Log(halog.Info, "hello")
		if err := log.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		written := stderr.Bytes()
		if env != nil {
			if stderr.Len() > 0 {
				t.Errorf("stderr %q", &stderr)
			}
			written, _ = os.ReadFile(path)
		}
		if !line.Match(written) {
			t.Errorf("%v: %q", env, written)
		}
	}
}
