package ldird

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"systole/pkg/ipvs"
	"systole/pkg/proc"
	"systole/pkg/tool"
	"systole/pkg/tool/drain"
	"systole/pkg/tool/status"
)

// awaitLimit is how long a test waits for what must happen.
const awaitLimit = 30 * time.Second

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ldirectord": runProgram, "systole": runVerb})
}

// runVerb is what an operator has: the verbs that show and steer this directory's daemons.
func runVerb() {
	c := tool.Command{Name: "systole", Verbs: append(drain.Verbs(), status.Verb())}
	args := append(os.Args[1:], "--director-pids", os.Getenv("WORK")+"/run/ldirectord.*.pid")
	if args[0] == "status" {
		args = append(args, "--socket", os.Getenv("WORK")+"/run/none")
	}
	os.Exit(c.Run(args, tool.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
}

// runProgram is ldirectord with its files under $WORK and a file for a kernel.
func runProgram() {
	root := os.Getenv("WORK")
	p := New(os.Args)
	p.ConfigDirs = []string{root + "/etc", root + "/etc/conf"}
	p.RunDir = root + "/run"
	p.StateDir = root + "/state"
	p.LogFile = root + "/log"
	p.Sendmail = []string{root + "/sendmail"}
	p.Open = func(context.Context) (Kernel, error) {
		if _, err := os.Stat(root + "/noipvs"); err == nil {
			return nil, errors.New("ip virtual server is not in this kernel (module ip_vs)")
		}
		return &fileKernel{path: root + "/table"}, nil
	}
	os.Exit(p.Run())
}

// fileKernel keeps the table in a file, so that it survives a daemon as the kernel's does.
type fileKernel struct{ path string }

func (k *fileKernel) Close() error { return nil }

func (k *fileKernel) Read(context.Context) (ipvs.Table, error) {
	return readTable(k.path)
}

func readTable(path string) (ipvs.Table, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var t ipvs.Table
	return t, errors.Join(err, json.Unmarshal(b, &t))
}

// lock keeps other daemons with the same table out.
func (k *fileKernel) lock() (unlock func()) {
	f, err := os.OpenFile(k.path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		panic(err)
	}
	return func() { _ = f.Close() }
}

func (k *fileKernel) Apply(_ context.Context, changes []ipvs.Change) []error {
	defer k.lock()()
	errs := make([]error, len(changes))
	t, err := readTable(k.path)
	for i, c := range changes {
		if err == nil && c.Service.Scheduler == "nosuch" {
			errs[i] = fmt.Errorf("%s: scheduler not found", c)
			continue
		}
		t, errs[i] = t.Apply([]ipvs.Change{c})
	}
	b, err := json.Marshal(t)
	if err == nil {
		err = proc.WriteFile(k.path, b, 0o644)
	}
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
	}
	return errs
}

func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOSTNAME", "director1.example.com")
			e.Defer(func() { endDaemons(e.WorkDir) })
			for _, name := range []string{"web1", "web2"} {
				if err := addWeb(e, name); err != nil {
					return err
				}
			}
			return errors.Join(freePort(e, "metrics"), os.MkdirAll(e.WorkDir+"/etc/conf", 0o755), os.MkdirAll(e.WorkDir+"/run", 0o755))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"web":        webCommand,
			"config":     configCommand,
			"await":      awaitCommand,
			"awaittable": awaitTableCommand,
			"table":      tableCommand,
			"log":        logCommand,
			"signal":     signalCommand,
			"code":       codeCommand,
			"touch":      touchCommand,
			"mode":       modeCommand,
			"scrape":     scrapeCommand,
		},
	})
}

// endDaemons kills what a failed script left behind.
func endDaemons(work string) {
	files, _ := filepath.Glob(work + "/run/*.pid")
	for _, f := range files {
		if pid, err := proc.ReadPID(f); err == nil && proc.Runs(pid, processWord) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// web is a played web server.
type web struct {
	mu   sync.Mutex
	mode string // up, wrong, hang, dead
	srv  *http.Server
	addr string
}

func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	mode := w.mode
	w.mu.Unlock()
	switch mode {
	case "wrong":
		fmt.Fprintln(out, "something else")
	case "hang":
		<-r.Context().Done()
	default:
		fmt.Fprintln(out, "gunnm")
	}
}

type webKey string

// addWeb starts a server and sets $NAME to its address.
func addWeb(e *testscript.Env, name string) error {
	w := &web{addr: "127.0.0.1:0"}
	if err := w.listen(); err != nil {
		return err
	}
	e.Values[webKey(name)] = w
	e.Setenv(name, w.addr)
	e.Defer(func() { _ = w.srv.Close() })
	return nil
}

func (w *web) listen() error {
	l, err := net.Listen("tcp", w.addr)
	if err != nil {
		return err
	}
	w.addr = l.Addr().String()
	w.srv = &http.Server{Handler: w}
	go func(s *http.Server) { _ = s.Serve(l) }(w.srv)
	return nil
}

// webCommand: web NAME up|wrong|hang|dead changes a server.
func webCommand(ts *testscript.TestScript, _ bool, args []string) {
	w := ts.Value(webKey(args[0])).(*web)
	w.mu.Lock()
	was := w.mode
	w.mode = args[1]
	w.mu.Unlock()
	switch {
	case args[1] == "dead":
		ts.Check(w.srv.Close())
	case was == "dead":
		ts.Check(w.listen())
	}
}

// configCommand copies a file to another, with $NAME replaced.
func configCommand(ts *testscript.TestScript, _ bool, args []string) {
	text := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o644))
}

func await(ts *testscript.TestScript, what string, f func() bool) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(awaitLimit)
	for !f() {
		select {
		case <-tick.C:
		case <-limit:
			log, _ := os.ReadFile(ts.MkAbs("log"))
			ts.Fatalf("waited in vain for %s; log:\n%s", what, log)
		}
	}
}

// awaitCommand: await FILE TEXT waits until a file holds a text; ! await FILE until it is gone.
func awaitCommand(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	if neg {
		await(ts, "no "+args[0], func() bool { _, err := os.Stat(file); return err != nil })
		return
	}
	await(ts, args[1], func() bool {
		b, err := os.ReadFile(file)
		return err == nil && bytes.Contains(b, []byte(args[1]))
	})
}

func tableText(ts *testscript.TestScript) string {
	t, err := readTable(ts.MkAbs("table"))
	ts.Check(err)
	return t.String()
}

// awaitTableCommand: awaittable TEXT waits until the table holds a text; !TEXT until it does not.
func awaitTableCommand(ts *testscript.TestScript, _ bool, args []string) {
	text, gone := strings.CutPrefix(args[0], "!")
	await(ts, "table "+args[0], func() bool { return strings.Contains(tableText(ts), text) != gone })
}

// tableCommand: table FILE compares the whole table; its order depends on the ports of the played servers.
func tableCommand(ts *testscript.TestScript, _ bool, args []string) {
	want := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	if got := tableText(ts); !slices.Equal(sortedLines(got), sortedLines(want)) {
		ts.Fatalf("table is\n%s\nwant\n%s", got, want)
	}
}

func sortedLines(text string) []string { return slices.Sorted(strings.Lines(text)) }

// logCommand: log FILE compares the log with its times and pids removed, and empties it.
func logCommand(ts *testscript.TestScript, _ bool, args []string) {
	want := os.Expand(ts.ReadFile(args[0]), ts.Getenv)
	b, err := os.ReadFile(ts.MkAbs("log"))
	ts.Check(err)
	var got strings.Builder
	for line := range strings.Lines(string(b)) {
		at, rest, ok := strings.Cut(line, "|")
		if _, err := time.Parse("["+time.ANSIC, at); !ok || err != nil {
			got.WriteString(line)
			continue
		}
		instance, rest, _ := strings.Cut(rest, "|")
		_, text, _ := strings.Cut(rest, "] ")
		got.WriteString(instance + "] " + text)
	}
	if got.String() != want {
		ts.Fatalf("log is\n%s\nwant\n%s", got.String(), want)
	}
	ts.Check(os.Remove(ts.MkAbs("log")))
}

// signalCommand: signal PIDFILE NAME.
func signalCommand(ts *testscript.TestScript, _ bool, args []string) {
	pid, err := proc.ReadPID(ts.MkAbs(args[0]))
	ts.Check(err)
	sig := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL, "HUP": syscall.SIGHUP}[args[1]]
	ts.Check(syscall.Kill(pid, sig))
	if sig == syscall.SIGKILL {
		await(ts, "end of process", func() bool { return !proc.Runs(pid, processWord) })
	}
}

// codeCommand: code N ldirectord ARGS… runs a command and wants that exit code.
func codeCommand(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// touchCommand gives a file a new time.
func touchCommand(ts *testscript.TestScript, _ bool, args []string) {
	now := time.Now().Add(time.Hour)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), now, now))
}

// modeCommand: mode FILE OCTAL.
func modeCommand(ts *testscript.TestScript, _ bool, args []string) {
	st, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%04o", st.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}
