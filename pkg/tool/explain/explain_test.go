package explain

import (
	"encoding/json"
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

// records makes a directory with records 1 to n.
func records(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	r, _, err := ring.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2026, 11, 21, 14, 3, 7, 0, time.UTC)
	for id := 1; id <= n; id++ {
		rec := &decision.Record{Version: decision.Version, ID: id, Node: "node2", Begun: begun, Ended: begun.Add(time.Second), Done: true,
			Occasion: decision.Occasion{Cause: decision.Death, Subject: "node1"}, Before: "none", After: "all",
			Steps: []decision.Step{{At: begun, Kind: decision.StepLog, Text: "WARN: node node1: is dead"}}}
		if err := r.Write(rec); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExplain(t *testing.T) {
	dir := records(t, 3)
	last, _, code := run("--dir", dir)
	for _, want := range []string{"Decision 3 on node2, 2026-11-21 14:03:07.000", "node1 was silent for longer", "held none and then all", "+0.000s WARN: node node1: is dead"} {
		if !strings.Contains(strings.Join(strings.Fields(last), " "), want) {
			t.Errorf("not told: %s\n%s", want, last)
		}
	}
	again, _, _ := run("--dir", dir, "last")
	third, _, _ := run("--dir", dir, "3")
	if code != exitTold || again != last || third != last {
		t.Errorf("exit code %d; last and 3 differ:\n%s\n%s", code, again, third)
	}
	list, _, code := run("--dir", dir, "--list")
	if code != exitTold || strings.Count(list, "\n") != 3 || !strings.Contains(list, "    2  Nov 21 14:03:07  node1 was silent") {
		t.Errorf("exit code %d\n%s", code, list)
	}
	out, _, _ := run("--dir", dir, "--json", "1")
	var rec decision.Record
	if err := json.Unmarshal([]byte(out), &rec); err != nil || rec.ID != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestNothingToTell(t *testing.T) {
	dir := records(t, 2)
	if err := os.WriteFile(filepath.Join(dir, "00000002.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"--dir", "/nonexistent"}, exitNone},
		{[]string{"--dir", t.TempDir()}, exitNone},
		{[]string{"--dir", dir, "9"}, exitNone},
		{[]string{"--dir", dir, "2"}, exitFailed},
		{[]string{"--dir", dir, "--list"}, exitFailed},
		{[]string{"--dir", dir, "x"}, tool.Usage},
		{[]string{"--dir", dir, "-1"}, tool.Usage},
		{[]string{"--dir", dir, "1", "2"}, tool.Usage},
	} {
		if _, errs, code := run(c.args...); code != c.code || errs == "" {
			t.Errorf("%q: exit code %d, %q", c.args, code, errs)
		}
	}
}
