package stonith

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"systole/pkg/halog"
)

// tool is a stonith command of the test: it writes down its words and ends with a code.
func tool(t *testing.T, code int) (path, calls string) {
	t.Helper()
	dir := t.TempDir()
	path, calls = filepath.Join(dir, "stonith"), filepath.Join(dir, "calls")
	text := fmt.Sprintf("#!/bin/sh\nfor w; do echo \"[$w]\"; done >>%s\n[ \"$1\" = -L ] && { echo ssh; echo external/ipmi; exit 0; }\necho device speaks >&2\nexit %d\n", calls, code)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, calls
}

type lines []string

func (l *lines) log(level halog.Level, text string) {
	*l = append(*l, string(level)+" "+regexp.MustCompile(`process \d+`).ReplaceAllString(text, "process PID"))
}

func TestReset(t *testing.T) {
	for _, c := range []struct {
		name, calls string
		device      Device
		code        int
		want        []string
	}{
		{"parameters", "[-t][external/ipmi][-p][n2 10.0.0.9  admin][-T][reset][n2]", Device{Type: "external/ipmi", Params: "n2 10.0.0.9  admin"}, 0, []string{
			"info Resetting node n2 with [external/ipmi]",
			"info glib: device speaks",
			"info Managed STONITH n2 process PID exited with return code 0.",
			"info node n2 now reset.",
		}},
		{"file", "[-t][ssh][-F][/etc/ha.d/ssh.conf][-T][reset][n2]", Device{Type: "ssh", File: "/etc/ha.d/ssh.conf"}, 5, []string{
			"info Resetting node n2 with [ssh]",
			"info glib: device speaks",
			"WARN Managed STONITH n2 process PID exited with return code 5.",
			"ERROR Host n2 not reset!",
		}},
		{"null", "", Device{Type: Null, Params: "n1 n2"}, 5, []string{
			"info Resetting node n2 with [NULL STONITH device]",
			"info glib: Host null-reset: n2",
			"info node n2 now reset.",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var calls string
			c.device.Tool, calls = tool(t, c.code)
			var got lines
			err := c.device.Reset(t.Context(), "n2", got.log)
			if (err != nil) != (c.code != 0 && c.device.Type != Null) {
				t.Errorf("reset: %v", err)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("logged\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			words, _ := os.ReadFile(calls)
			if w := strings.ReplaceAll(string(words), "\n", ""); w != c.calls {
				t.Errorf("called with %s, want %s", w, c.calls)
			}
		})
	}
}

func TestStatus(t *testing.T) {
	for code, want := range map[int]string{
		0: "info Checking status of STONITH device [ssh]\ninfo glib: device speaks\ninfo Managed STONITH-stat process PID exited with return code 0.",
		1: "info Checking status of STONITH device [ssh]\ninfo glib: device speaks\nWARN Managed STONITH-stat process PID exited with return code 1.\nWARN STONITH device ssh not operational!",
	} {
		path, calls := tool(t, code)
		var got lines
		if err := (Device{Tool: path, Type: "ssh", Params: "n1 n2"}).Status(t.Context(), got.log); (err != nil) != (code != 0) {
			t.Errorf("code %d: %v", code, err)
		}
		if strings.Join(got, "\n") != want {
			t.Errorf("code %d: logged %q", code, got)
		}
		words, _ := os.ReadFile(calls)
		if w := strings.ReplaceAll(string(words), "\n", ""); w != "[-t][ssh][-p][n1 n2][-S]" {
			t.Errorf("called with %s", w)
		}
	}
}

func TestNoTool(t *testing.T) {
	var got lines
	d := Device{Tool: filepath.Join(t.TempDir(), "none"), Type: "ssh"}
	if err := d.Reset(t.Context(), "n2", got.log); err == nil || got[len(got)-1] != "ERROR Host n2 not reset!" {
		t.Errorf("%v, logged %q", err, got)
	}
}

// A command that does not end is stopped with its context.
func TestStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stonith")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexec tail -f /dev/null\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- (Device{Tool: path, Type: "ssh"}).Reset(ctx, "n2", func(halog.Level, string) {}) }()
	cancel()
	if err := <-ended; err == nil {
		t.Error("no error")
	}
}

func TestKnown(t *testing.T) {
	path, _ := tool(t, 0)
	for kind, want := range map[string]bool{Null: true, "ssh": true, "external/ipmi": true, "external": false, "": false} {
		if Known(t.Context(), path, kind) != want {
			t.Errorf("%s: %v", kind, !want)
		}
	}
	if Known(t.Context(), "/no/such/tool", "ssh") || !Known(t.Context(), "/no/such/tool", Null) {
		t.Error("without a tool there is null alone")
	}
}

func TestExcerpt(t *testing.T) {
	e := &excerpt{most: 5}
	for range 3 {
		if n, err := e.Write([]byte("a\nb")); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if got := strings.Join(e.lines(), "|"); got != "a|ba|" && got != "a|ba" {
		t.Errorf("%q", got)
	}
}
