package halog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

func fixed() time.Time { return time.Date(2026, 11, 8, 1, 2, 3, 0, time.UTC) }

// await waits for a condition that another goroutine brings about.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func holds(path, text string) func() bool {
	return func() bool {
		b, _ := os.ReadFile(path)
		return strings.Contains(string(b), text)
	}
}

func TestWhichLineGoesWhere(t *testing.T) {
	dir := t.TempDir()
	log, debug := filepath.Join(dir, "log"), filepath.Join(dir, "debug")
	var stderr bytes.Buffer
	d := NewDaemon(DaemonConfig{Entity: "heartbeat", Host: "n1", PID: 9, Now: fixed, Stderr: &stderr})
	d.Log(Info, "before")
	d.Raw("raw")
	d.SetTargets(Targets{Logfile: log})
	d.Log(Warn, "log")
	d.SetTargets(Targets{Logfile: log, Debugfile: debug})
	d.Logf(Debug, "debug %d", 1)
	d.Detach()
	d.LogAs(10, Info, "quiet")
	d.Raw("nobody")
	d.Script("x(default)[1]", true).Debug("debug: script")
	d.Script("x(default)[1]", false).Debug("debug: off")
	finish(t, d)
	d.Log(Info, "after the end")
	const head = "Nov 08 01:02:03 n1 heartbeat: "
	same(t, stderr.String(), head+"[9]: info: before\nraw\n"+head+"[9]: WARN: log\n"+head+"[9]: debug: debug 1\n")
	same(t, read(t, log), head+"[9]: WARN: log\n"+head+"[10]: info: quiet\n")
	same(t, read(t, debug), head+"[9]: debug: debug 1\n"+head+"[10]: info: quiet\nx(default)[1]:\t2026/11/08_01:02:03 debug: script\n")
}

func TestOneFileForBothGetsEachLineOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", PID: 1, Now: fixed, Targets: Targets{Logfile: path, Debugfile: path}})
	d.Log(Info, "a")
	d.Log(Debug, "b")
	d.Script("x(default)[1]", false).Log("info: c")
	finish(t, d)
	same(t, read(t, path), "Nov 08 01:02:03 n h: [1]: info: a\nNov 08 01:02:03 n h: [1]: debug: b\n2026/11/08_01:02:03  x(default)[1]:    info: c\n")
}

func TestATextNeverEndsItsLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	d := NewDirector(DirectorConfig{Instance: "i", PID: 1, Target: path, Now: fixed})
	d.Log("one\ntwo\r\n")
	finish(t, d)
	same(t, read(t, path), "[Sun Nov  8 01:02:03 2026|i|1] one two\n")
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	d := NewDaemon(DaemonConfig{Entity: "heartbeat", Host: "n", PID: 1, Now: fixed, Targets: Targets{Logfile: path}})
	defer finish(t, d)
	d.Log(Info, "one")
	await(t, "the first line", holds(path, "one"))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	d.Log(Info, "two")
	await(t, "the line after renaming", holds(path, "two"))
	const head = "Nov 08 01:02:03 n heartbeat: [1]: info: "
	same(t, read(t, path), head+"log-rotate detected on logfile "+path+"\n"+head+"two\n")
	same(t, read(t, path+".1"), head+"one\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	d.Log(Info, "three")
	await(t, "the line after removing", holds(path, "three"))
}

// A directory that appears later is used from then on.
func TestUnwritableFileIsTriedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	path := filepath.Join(dir, "log")
	var out lockedBuffer
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", PID: 1, Now: fixed, Stderr: &out, Targets: Targets{Logfile: path}})
	defer finish(t, d)
	d.Log(Info, "lost")
	await(t, "the first line", func() bool { return strings.Contains(out.String(), "lost") })
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d.Log(Info, "kept")
	await(t, "the second line", holds(path, "kept"))
	if strings.Contains(read(t, path), "log-rotate") {
		t.Error("a new file counts as rotated")
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Two logs append whole lines to one file.
func TestSharedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	const lines = 500
	var wg sync.WaitGroup
	for _, entity := range []string{"heartbeat", "ipfail"} {
		d := NewDaemon(DaemonConfig{Entity: entity, Host: "n", PID: 1, Now: fixed, Targets: Targets{Logfile: path}})
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range lines {
				d.Logf(Info, "%d", i)
			}
			finish(t, d)
		}()
	}
	wg.Wait()
	got := strings.Split(strings.TrimSuffix(read(t, path), "\n"), "\n")
	if len(got) != 2*lines {
		t.Fatalf("%d lines", len(got))
	}
	count := map[string]int{}
	for _, line := range got {
		fields := strings.Fields(line)
		if len(fields) != 8 || fields[7] != fmt.Sprint(count[fields[4]]) {
			t.Fatalf("line %q", line)
		}
		count[fields[4]]++
	}
}

// A target that blocks holds up nobody; what did not fit is counted and told.
func TestOverflow(t *testing.T) {
	reader, writer := io.Pipe()
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", PID: 1, Now: fixed, Stderr: writer})
	const surplus = 100
	for i := range queueLength + surplus {
		d.Logf(Info, "%d", i)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("Close of a blocked log: %v", err)
	}
	var text strings.Builder
	drained := make(chan error, 1)
	go func() {
		_, err := io.Copy(&text, reader)
		drained <- err
	}()
	finish(t, d)
	writer.Close()
	if err := <-drained; err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(text.String(), "\n")
	// The writer has taken one line out of the queue, or none yet, when the queue is full.
	if lines < queueLength || lines > queueLength+2 {
		t.Errorf("%d lines written", lines)
	}
}

func TestOverflowIsTold(t *testing.T) {
	reader, writer := io.Pipe()
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", PID: 1, Now: fixed, Stderr: writer})
	for range 2 * queueLength {
		d.Log(Info, "x")
	}
	var out lockedBuffer
	drained := make(chan error, 1)
	go func() {
		_, err := io.Copy(&out, reader)
		drained <- err
	}()
	await(t, "the queue to empty", func() bool { return strings.Count(out.String(), "\n") >= queueLength })
	d.Log(Info, "at last")
	finish(t, d)
	writer.Close()
	if err := <-drained; err != nil {
		t.Fatal(err)
	}
	var dropped int
	_, told, ok := strings.Cut(out.String(), "WARN: ")
	if _, err := fmt.Sscanf(told, "%d log lines were dropped", &dropped); !ok || err != nil {
		t.Fatalf("no word of dropped lines: %v", err)
	}
	if written := strings.Count(out.String(), "info: x\n"); written+dropped != 2*queueLength {
		t.Errorf("%d written and %d dropped of %d", written, dropped, 2*queueLength)
	}
	if !strings.HasSuffix(out.String(), "info: at last\n") {
		t.Error("the line after the gap is not there")
	}
}

// A syslog daemon that does not read costs some lines in syslog and none in the file.
func TestDeafSyslog(t *testing.T) {
	dir := t.TempDir()
	socket, path := filepath.Join(dir, "socket"), filepath.Join(dir, "log")
	listen(t, socket)
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", PID: 1, Now: fixed, SyslogPath: socket, Targets: Targets{Logfile: path, Facility: "daemon"}})
	const lines = 2000
	for range lines {
		d.Log(Info, strings.Repeat("x", 400))
	}
	finish(t, d)
	if got := strings.Count(read(t, path), "\n"); got != lines {
		t.Errorf("%d lines in the file, want %d", got, lines)
	}
}

func TestSyslogReconnects(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	first := listen(t, socket)
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", PID: 1, Now: fixed, SyslogPath: socket, Targets: Targets{Facility: "local7"}})
	defer finish(t, d)
	d.Log(Error, "one")
	if got, want := receive(t, first), "<187>Nov  8 01:02:03 h: [1]: ERROR: one"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	first.Close()
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	second := listen(t, socket)
	d.Log(Info, "two")
	if got := receive(t, second); !strings.HasSuffix(got, "info: two") {
		t.Errorf("after a restart of syslog: %q", got)
	}
}

func TestModeAndOwner(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	d := NewDaemon(DaemonConfig{Entity: "h", Host: "n", Now: fixed, Owner: Owner{UID: 12345, GID: 54321}, Targets: Targets{Logfile: path}})
	d.Log(Info, "x")
	finish(t, d)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o644 {
		t.Errorf("mode %v", info.Mode())
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root to give files away")
	}
	if s := info.Sys().(*syscall.Stat_t); s.Uid != 12345 || s.Gid != 54321 {
		t.Errorf("owner %d:%d", s.Uid, s.Gid)
	}
}

func TestScriptFromEnv(t *testing.T) {
	dir := t.TempDir()
	log, debug := filepath.Join(dir, "log"), filepath.Join(dir, "debug")
	const format = "%Y/%m/%d_%T\t"
	for name, c := range map[string]struct {
		env                []string
		terminal           bool
		log, debug, stderr string
	}{
		"heartbeat's": {env: []string{"HA_LOGFILE", log, "HA_DEBUGLOG", debug, "HA_DATEFMT", format, "HA_debug", "1", "HA_LOGFACILITY", "none"},
			log:   "2026/11/08_01:02:03  x(default)[5]:    info: a\n",
			debug: "x(default)[5]:\t2026/11/08_01:02:03 info: a\nx(default)[5]:\t2026/11/08_01:02:03 debug: b\n"},
		"no debugging": {env: []string{"HA_LOGFILE", log, "HA_DEBUGLOG", debug, "HA_DATEFMT", format, "HA_debug", "0"},
			log: "2026/11/08_01:02:03  x(default)[5]:    info: a\n", debug: "x(default)[5]:\t2026/11/08_01:02:03 info: a\n"},
		"bare":     {env: []string{"HA_LOGFILE", log}, log: "Nov 08 01:02:03  x(default)[5]:    info: a\n"},
		"one file": {env: []string{"HA_LOGFILE", log, "HA_DEBUGLOG", log}, log: "Nov 08 01:02:03  x(default)[5]:    info: a\n"},
		"instance": {env: []string{"HA_LOGFILE", log, "OCF_RESOURCE_INSTANCE", "IPaddr2_10.0.0.1"}, log: "Nov 08 01:02:03  x(IPaddr2_10.0.0.1)[5]:    info: a\n"},
		"nothing":  {env: []string{"HA_LOGFILE", "/dev/null", "HA_DEBUGLOG", "/dev/null"}, stderr: "Nov 08 01:02:03 info: a\n"},
		"terminal": {env: []string{"HA_LOGFILE", log, "HA_debug", "1"}, terminal: true, stderr: "info: a\ndebug: b\n"},
		"unset":    {stderr: "Nov 08 01:02:03 info: a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			os.Remove(log)
			os.Remove(debug)
			var stderr bytes.Buffer
			s := ScriptFromEnv(ScriptConfig{Getenv: env(c.env...), Name: "x", PID: 5, Terminal: c.terminal, Stderr: &stderr, Now: fixed})
			s.Logf("info: %s", "a")
			s.Debug("debug: b")
			finish(t, s)
			for path, want := range map[string]string{log: c.log, debug: c.debug} {
				got, _ := os.ReadFile(path)
				same(t, string(got), want)
			}
			same(t, stderr.String(), c.stderr)
		})
	}
}

func TestLogdStandsForSyslog(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "socket")
	server := listen(t, socket)
	s := ScriptFromEnv(ScriptConfig{Getenv: env("HA_LOGD", "yes"), Name: "x", PID: 5, Stderr: io.Discard, Now: fixed, SyslogPath: socket})
	s.Log("WARN: a")
	finish(t, s)
	if got, want := receive(t, server), "<28>Nov  8 01:02:03 x(default)[5]: WARN: a"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDirectorTargets(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	var stderr, screen bytes.Buffer
	d := NewDirector(DirectorConfig{Instance: "i", PID: 1, Target: first, Stderr: &stderr, Copy: &screen, CopyDated: true, Now: fixed})
	d.Log("one")
	d.SetTarget(second)
	d.Logf("two %d", 2)
	d.SetTarget(filepath.Join(dir, "none", "log"))
	d.Log("three")
	d.SetTarget("no such facility")
	d.Log("four")
	finish(t, d)
	const head, date = "[Sun Nov  8 01:02:03 2026|i|1] ", "[Sun Nov  8 01:02:03 2026] "
	same(t, read(t, first), head+"one\n")
	same(t, read(t, second), head+"two 2\n")
	same(t, stderr.String(), head+"three\n")
	same(t, screen.String(), date+"one\n"+date+"two 2\n"+date+"three\n"+date+"four\n")
}

// The file of a Director is opened for each line: rotation loses nothing and needs nothing.
func TestDirectorRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	d := NewDirector(DirectorConfig{Instance: "i", PID: 1, Target: path, Now: fixed})
	defer finish(t, d)
	d.Log("one")
	await(t, "the first line", holds(path, "one"))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	d.Log("two")
	await(t, "the second line", holds(path, "two"))
	same(t, read(t, path), "[Sun Nov  8 01:02:03 2026|i|1] two\n")
}

func TestCloseOfASilentLog(t *testing.T) {
	finish(t, NewDaemon(DaemonConfig{}))
	finish(t, NewDirector(DirectorConfig{}))
	finish(t, ScriptFromEnv(ScriptConfig{Getenv: env()}))
}

// Whatever the text: each format is one line that ends with a newline.
func FuzzLines(f *testing.F) {
	f.Add("info: a", "%Y/%m/%d_%T\t")
	f.Add("a\nb\r\n\n", "%")
	f.Add("", "%q %b %%")
	f.Fuzz(func(t *testing.T, text, format string) {
		one := oneLine(text)
		if strings.ContainsAny(one, "\r\n") {
			t.Errorf("%q has line ends", one)
		}
		at := fixed()
		for _, line := range []string{
			daemonLine(at, "n", "h", 1, Info, one), plainLine(at, "h", 1, Info, one), directorLine(at, "i", 1, one),
			scriptLine("d", "t", one), scriptDebugLine("d", "t", one),
		} {
			if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, one+"\n") {
				t.Errorf("line %q", line)
			}
		}
		if date := scriptDate(at, format); strings.TrimRight(date, " \t") != date {
			t.Errorf("date %q", date)
		}
	})
}

// After Flush the lines before it are in the file; after Close it waits for nothing.
func TestFlush(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ha.log")
	d := NewDaemon(DaemonConfig{Entity: "ipfail", PID: 7, Targets: Targets{Logfile: path}})
	d.Flush(time.Minute) // nothing yet
	for i := range 100 {
		d.Logf(Info, "line %d", i)
	}
	d.Flush(time.Minute)
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasSuffix(string(text), "line 99\n") {
		t.Errorf("%v, %q", err, text)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Error(err)
	}
	d.Flush(time.Minute)
}
