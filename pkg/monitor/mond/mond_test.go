package mond_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"systole/compat/mon"
	"systole/pkg/diag"
	"systole/pkg/loopback"
	"systole/pkg/monitor"
	"systole/pkg/monitor/mond"
)

// patience is for anything that should come to pass.
const patience = 20 * time.Second

// stage is a directory with a mon.cf, monitors, alerts, and what they leave behind.
type stage struct {
	*testing.T
	dir string

	mu    sync.Mutex
	lines []string
}

func newStage(t *testing.T) *stage { return &stage{T: t, dir: t.TempDir()} }

// script writes a monitor or alert.
func (s *stage) script(name, text string) {
	s.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte("#!/bin/sh\ncd "+s.dir+"\n"+text), 0o755); err != nil {
		s.Fatal(err)
	}
}

func (s *stage) config(text string) *monitor.Config {
	s.Helper()
	cfg, found := mon.Read("mon.cf", []byte("alertdir = "+s.dir+"\nmondir = "+s.dir+"\n"+text), mon.Options{})
	if diag.Failed(found) {
		s.Fatal(found)
	}
	return cfg
}

func (s *stage) log(_ monitor.Level, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, text)
}

func (s *stage) logged(part string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.lines, "\n"), part)
}

// start runs a configuration; the function returned ends it and waits.
func (s *stage) start(cfg *monitor.Config, reload <-chan *monitor.Config) (end func()) {
	ctx, cancel := context.WithCancel(s.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		mond.Run(ctx, mond.Options{Config: cfg, Reload: reload, Log: s.log, Env: os.Environ(), Random: rand.New(rand.NewPCG(1, 2))})
	}()
	return func() {
		s.Helper()
		cancel()
		select {
		case <-done:
		case <-time.After(patience):
			s.Fatal("it does not end")
		}
	}
}

// await waits for something to be so.
func (s *stage) await(what string, so func() bool) {
	s.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.Fatalf("never: %s\n%s", what, strings.Join(s.lines, "\n"))
		}
	}
}

func (s *stage) text(name string) string {
	text, _ := os.ReadFile(filepath.Join(s.dir, name))
	return string(text)
}

func (s *stage) has(name, part string) func() bool {
	return func() bool { return strings.Contains(s.text(name), part) }
}

const service = "watch g\n service s\n interval 50ms\n monitor m.monitor a\n period\n alertevery 1h\n alert a.alert down\n upalert a.alert up\n"

// milli writes times below a second as mon.cf has them.
func milli(text string) string { return strings.ReplaceAll(text, "50ms", "0.05s") }

// A monitor fails and recovers: the alerts get arguments, variables and the output.
func TestFailsAndRecovers(t *testing.T) {
	s := newStage(t)
	s.script("m.monitor", "echo \"$*\" >args\n[ -e well ] || { echo g; echo some detail; exit 3; }\n")
	s.script("a.alert", "{ echo \"== $*\"; env | grep MON_ALERTTYPE; env | grep MON_RETVAL; cat; } >alert.$$; cat alert.$$ >>alerts; rm alert.$$\n")
	end := s.start(s.config(milli(service)), nil)
	s.await("an alert", s.has("alerts", "down\nMON_ALERTTYPE=failure\nMON_RETVAL=3\ng\nsome detail\n"))
	if err := os.WriteFile(filepath.Join(s.dir, "well"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s.await("an upalert", s.has("alerts", "-u up\nMON_ALERTTYPE=up\nMON_RETVAL=0\ng\nsome detail\n"))
	end()
	if s.text("args") != "a g\n" || strings.Count(s.text("alerts"), "== ") != 2 || !s.logged("failure for g s ") || !s.logged("calling upalert a.alert for g/s ("+s.dir+"/a.alert,up) g") {
		t.Errorf("args %q\nalerts %s\n%q", s.text("args"), s.text("alerts"), s.lines)
	}
}

// What is inside stands in for a file that is not there, and for no other.
func TestFilesDecide(t *testing.T) {
	s := newStage(t)
	l := loopback.Listen(t)
	port := fmt.Sprint(loopback.Addr(l).Port())
	s.script("ping.monitor", "echo file >file; exit 1\n")
	s.script("a.alert", "echo \"$*\" >>alerts\n")
	end := s.start(s.config(milli("watch 127.0.0.1\n service tcp\n interval 50ms\n monitor tcp.monitor -p "+port+"\n period\n alert a.alert tcp\n"+
		" service ping\n interval 50ms\n monitor ping.monitor\n period\n alert lvs.alert -V nonsense\n service none\n interval 50ms\n monitor no.monitor\n period\n alert no.alert\n")), nil)
	s.await("the file to be run", s.has("file", "file"))
	s.await("the alert inside to speak", func() bool { return s.logged("lvs.alert: -V \"nonsense\"") })
	s.await("the missing monitor to be told", func() bool { return s.logged("no monitor found while trying to run [no.monitor]") })
	if s.text("alerts") != "" || !s.logged("no.alert not found in one of (\\@alertdirs["+s.dir+"])") {
		t.Errorf("alerts %q\n%q", s.text("alerts"), s.lines)
	}
	l.Close()
	s.await("the monitor inside to fail", s.has("alerts", "-s tcp -g 127.0.0.1 -h 127.0.0.1 "))
	end()
}

// A monitor that leaves something in the background does not hold up the next run, and one that
// runs at the end is killed with what it has started.
func TestLeftBehind(t *testing.T) {
	s := newStage(t)
	s.script("m.monitor", "echo run >>runs\nif [ $(wc -l <runs) -lt 3 ]; then sleep 300 & echo $! >>pids; exit 0; fi\nsleep 300 & echo $! >>pids\necho $$ >last; wait\n")
	end := s.start(s.config(milli(service)), nil)
	s.await("the third run", func() bool { return s.text("last") != "" })
	end()
	s.await("the last monitor's child to end", func() bool {
		pids := strings.Fields(s.text("pids"))
		state, err := os.ReadFile("/proc/" + pids[len(pids)-1] + "/stat")
		return err != nil || strings.Contains(string(state), ") Z ")
	})
	for _, pid := range strings.Fields(s.text("pids")) {
		if p, err := os.FindProcess(number(t, pid)); err == nil {
			p.Kill()
		}
	}
}

func number(t *testing.T, text string) int {
	n := 0
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return n
}

// A new configuration takes over at once; runs of the old one count for nothing.
func TestReload(t *testing.T) {
	s := newStage(t)
	s.script("m.monitor", "echo \"$*\" >>runs\n[ \"$1\" = new ] || sleep 1\nexit 1\n")
	s.script("a.alert", "echo \"$*\" >>alerts\n")
	reload := make(chan *monitor.Config)
	end := s.start(s.config(milli(service)), reload)
	s.await("the old one's run", s.has("runs", "a g"))
	reload <- s.config(milli(strings.Replace(service, "m.monitor a", "m.monitor new", 1)))
	s.await("the new one's alert", s.has("alerts", "down"))
	end()
	if strings.Count(s.text("alerts"), "\n") != 1 || !strings.HasSuffix(s.text("runs"), "new g\n") {
		t.Errorf("alerts %q, runs %q", s.text("alerts"), s.text("runs"))
	}
}

// Lines come as mon writes them, and a log that is not there holds nobody up.
func TestLog(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l := mond.NewLog("local3", w)
	l.Write(monitor.Crit, "failure for g s\nx")
	l.Close()
	l.Write(monitor.Crit, "lost")
	w.Close()
	buf := make([]byte, 1000)
	n, _ := r.Read(buf)
	if text := string(buf[:n]); !strings.HasSuffix(text, "]: failure for g s x\n") || !strings.Contains(text, " mon[") {
		t.Errorf("%q", text)
	}
}
