package hook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"systole/pkg/observer"
	"systole/pkg/state"
)

// lines collects complaints.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
}

func (l *lines) list() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hook")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func tell(h *Hooks, n int) {
	at := time.Date(2026, 11, 21, 14, 3, 7, 0, time.UTC)
	for i := range n {
		h.Tell(state.Event{At: at, Kind: "real", Text: fmt.Sprintf("event %d", i+1)})
	}
}

// A program gets every event, in order, and is never there twice: the directory that it makes
// while it works is not there when the next one begins.
func TestProgram(t *testing.T) {
	dir := t.TempDir()
	program := script(t, "mkdir "+dir+"/busy || echo twice >> "+dir+"/out\n"+
		"printf '%s|%s|%s|' \"$SYSTOLE_KIND\" \"$SYSTOLE_NODE\" \"$SYSTOLE_TEXT\" >> "+dir+"/out\ncat >> "+dir+"/out\nrmdir "+dir+"/busy\n")
	var complaints lines
	h := New("ldirectord", "lvs1", complaints.add)
	h.Use([]observer.Hook{{Program: program}})
	tell(h, 20)
	h.Use(nil)
	h.done.Wait()
	out, err := os.ReadFile(dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(got) != 20 || len(complaints.list()) != 0 {
		t.Fatalf("%d lines, %q\n%s", len(got), complaints.list(), out)
	}
	for i, line := range got {
		want := fmt.Sprintf("real|lvs1|event %d|", i+1)
		text, found := strings.CutPrefix(line, want)
		var e Event
		if err := json.Unmarshal([]byte(text), &e); !found || err != nil || e.Number != uint64(i+1) || e.Daemon != "ldirectord" || e.Version != 1 {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// A web address gets them too; one answer of 500 is followed by another attempt, before the next event.
func TestWebhook(t *testing.T) {
	var got lines
	refused := false
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e Event
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil || r.Method != http.MethodPost {
			t.Errorf("%s, %v", r.Method, err)
		}
		if e.Number == 2 && !refused {
			refused = true
			http.Error(w, "not now", http.StatusInternalServerError)
			return
		}
		got.add(e.Text)
	}))
	defer s.Close()
	var complaints lines
	h := New("heartbeat", "node1", complaints.add)
	h.Use([]observer.Hook{{URL: s.URL}})
	tell(h, 3)
	h.Use(nil)
	h.done.Wait()
	if text := strings.Join(got.list(), ", "); text != "event 1, event 2, event 3" || !refused || len(complaints.list()) != 0 {
		t.Errorf("%s, %q", text, complaints.list())
	}
}

// What fails is told of and does not hold up the others; nobody waits for a hook that hangs.
func TestFailures(t *testing.T) {
	dir := t.TempDir()
	var complaints lines
	h := New("heartbeat", "node1", complaints.add)
	hang := observer.Hook{Program: script(t, "exec sleep 10 < /dev/null\n")}
	good := observer.Hook{Program: script(t, "echo >> "+dir+"/out\n")}
	h.Use([]observer.Hook{hang, {Program: "/nonexistent/hook"}, {Program: script(t, "exit 3\n")}, good})
	tell(h, 2*queueLength)
	for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		out, _ := os.ReadFile(dir + "/out")
		if all := strings.Join(complaints.list(), "\n"); len(out) >= 2 && strings.Contains(all, "no such file") && strings.Contains(all, "exit status 3") {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("%d events told, %q", len(out), complaints.list())
		}
	}
	h.Close()
}
