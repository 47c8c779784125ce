package status

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"systole/pkg/state"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

func run(args ...string) (out, errs string, code int) {
	return tooltest.Run(Verb(), "", append([]string{"--utc", "--director-pids", "/nonexistent/*"}, args...)...)
}

// daemon answers connections with a text.
func daemon(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, text)
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return path
}

func document(change func(*state.Document)) string {
	d := &state.Document{Version: state.Version, Time: time.Date(2026, 11, 21, 14, 3, 7, 0, time.UTC),
		Daemon:    state.Daemon{Node: "node1", Status: "active", Failback: "on"},
		Resources: state.Resources{State: "all", Holds: "all", Settled: true},
		Nodes:     []state.Node{{Name: "node1", Self: true, Status: "active"}}}
	if change != nil {
		change(d)
	}
	return string(d.Encode())
}

func TestStatus(t *testing.T) {
	well := daemon(t, document(nil))
	dead := daemon(t, document(func(d *state.Document) { d.Nodes = append(d.Nodes, state.Node{Name: "node2", Status: "dead"}) }))
	for _, c := range []struct {
		socket string
		code   int
		says   string
	}{
		{well, exitWell, "holds all since"},
		{dead, exitDegraded, "! node2 is dead"},
		{daemon(t, ""), exitFailed, "without an answer"},
		{daemon(t, "hello"), exitFailed, "invalid character"},
		{daemon(t, `{"version":99}`), exitFailed, "version 99"},
		{"/nonexistent/state", exitStopped, "heartbeat is not running here"},
	} {
		out, errs, code := run("--socket", c.socket)
		if code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("%s: exit code %d, want %d\n%s%s", c.says, code, c.code, out, errs)
		}
	}
}

// A socket that nobody listens on any more is a daemon that does not run.
func TestSocketLeftBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, errs, code := run("--socket", path); code != exitStopped {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

func TestJSON(t *testing.T) {
	out, _, code := run("--json", "--socket", daemon(t, document(nil)))
	var d state.Document
	if err := json.Unmarshal([]byte(out), &d); err != nil || d.Daemon.Node != "node1" || code != exitWell {
		t.Errorf("exit code %d, %v\n%s", code, err, out)
	}
}

// Without heartbeat there is a document all the same, of the directors alone.
func TestJSONWithoutHeartbeat(t *testing.T) {
	out, errs, code := run("--json", "--socket", "/nonexistent/state")
	d, err := state.Decode([]byte(out))
	if err != nil || code != exitStopped || d.Daemon.Node != "" || errs == "" {
		t.Errorf("exit code %d, %v\n%s%s", code, err, out, errs)
	}
}

// Without UTF-8 there is ASCII only; names that steer a terminal never get through.
func TestCharacters(t *testing.T) {
	socket := daemon(t, document(func(d *state.Document) {
		d.Events = []state.Event{{Text: "점검 \x1b[2J" + strings.Repeat("long ", 20)}}
	}))
	t.Setenv("LC_ALL", "ko_KR.UTF-8")
	if out, _, _ := run("--socket", socket); !strings.Contains(out, "점검 ?[2Jlong") || !strings.Contains(out, "…\n") {
		t.Errorf("UTF-8:\n%s", out)
	}
	t.Setenv("LC_ALL", "C")
	if out, _, _ := run("--socket", socket); !strings.Contains(out, "???? ?[2Jlong") || !strings.Contains(out, "~\n") {
		t.Errorf("ASCII:\n%s", out)
	}
}

func TestWrongCall(t *testing.T) {
	if _, _, code := run("node1"); code != tool.Usage {
		t.Errorf("exit code %d", code)
	}
}
