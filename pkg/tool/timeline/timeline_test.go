package timeline

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"systole/pkg/decision"
	"systole/pkg/decision/ring"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

func run(args ...string) (out, errs string, code int) {
	return tooltest.Run(Verb(), "", append([]string{"--utc"}, args...)...)
}

// records makes a directory with a record of an hour and one of a day ago.
func records(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	r, _, err := ring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for id, ago := range []time.Duration{25 * time.Hour, time.Hour} {
		begun := time.Now().Add(-ago)
		rec := &decision.Record{Version: decision.Version, ID: id + 1, Node: "node2", Begun: begun, Ended: begun.Add(time.Second), Done: true,
			Occasion: decision.Occasion{Cause: decision.Death, Subject: "node1"}, Before: "none", After: "all"}
		if err := r.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTimeline(t *testing.T) {
	dir := records(t)
	out, _, code := run("--dir", dir)
	if code != exitDrawn || strings.Count(out, "node1 was silent") != 1 || !strings.HasPrefix(out, "2  ") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if out, _, _ := run("--dir", dir, "--since", "48h"); strings.Count(out, "node1 was silent") != 2 {
		t.Errorf("%s", out)
	}
	file := filepath.Join(t.TempDir(), "failover.svg")
	if out, errs, code := run("--dir", dir, "--svg", file); code != exitDrawn || out != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	picture, err := os.ReadFile(file)
	if err != nil || !bytes.HasPrefix(picture, []byte("<svg ")) {
		t.Errorf("%v: %s", err, picture)
	}
	if out, _, _ := run("--dir", dir, "--svg", "-"); out != string(picture) {
		t.Errorf("%s", out)
	}
}

func TestNothingToDraw(t *testing.T) {
	dir := records(t)
	if err := os.WriteFile(filepath.Join(dir, "00000003.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"--dir", "/nonexistent"}, exitNone},
		{[]string{"--dir", t.TempDir()}, exitNone},
		{[]string{"--dir", records(t), "--since", "1s"}, exitNone},
		{[]string{"--dir", dir}, exitFailed},
		{[]string{"--dir", records(t), "--svg", "/nonexistent/x.svg"}, exitFailed},
		{[]string{"--since", "yesterday"}, tool.Usage},
		{[]string{"last"}, tool.Usage},
	} {
		if _, errs, code := run(c.args...); code != c.code || errs == "" {
			t.Errorf("%q: exit code %d, %q", c.args, code, errs)
		}
	}
	if out, _, _ := run("--dir", dir); !strings.Contains(out, "node1 was silent") {
		t.Errorf("a broken record hides the others: %s", out)
	}
}
