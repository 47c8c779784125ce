package hbapi

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
)

// fifoRun is a FIFO being served.
type fifoRun struct {
	t    *testing.T
	path string
	msgs chan *hamsg.Message
	log  chan string
	stop context.CancelFunc
	done chan error
}

func serveFIFO(t *testing.T) *fifoRun {
	r := &fifoRun{t: t, path: filepath.Join(t.TempDir(), "fifo"), msgs: make(chan *hamsg.Message, 100),
		log: make(chan string, 100), done: make(chan error, 1)}
	log := func(level halog.Level, text string) { r.log <- string(level) + ": " + text }
	f, err := OpenFIFO(r.path, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	go func() { r.done <- f.Serve(ctx, func(m *hamsg.Message) { r.msgs <- m }, log) }()
	t.Cleanup(cancel)
	return r
}

// write is what a script does: it opens the FIFO, writes once and closes it.
func (r *fifoRun) write(text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
}

func (r *fifoRun) message(want string) {
	r.t.Helper()
	select {
	case m := <-r.msgs:
		if got := oneLine(m); got != want {
			r.t.Errorf("message %s, want %s", got, want)
		}
	case <-time.After(10 * time.Second):
		r.t.Fatalf("no message, want %s", want)
	}
}

func (r *fifoRun) logged(want ...string) {
	r.t.Helper()
	for _, w := range want {
		select {
		case got := <-r.log:
			if got != w {
				r.t.Errorf("logged %q, want %q", got, w)
			}
		case <-time.After(10 * time.Second):
			r.t.Fatalf("never logged %q", w)
		}
	}
}

func TestFIFO(t *testing.T) {
	r := serveFIFO(t)
	r.logged("info: Creating FIFO " + r.path + ".")
	if info, err := os.Stat(r.path); err != nil || info.Mode() != fs.ModeNamedPipe|0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	r.write(">>>\nt=ask_resources\nrsc_hold=all\ninfo=me\n<<<\n")
	r.message(">>> t=ask_resources rsc_hold=all info=me <<<")
	r.write("junk\n>>>\nt=one\n<<<\n###\n7:(0)t=two,%%%\n>>>\nt=three\n")
	r.message(">>> t=one <<<")
	r.write("x=1\n<<<\n")
	r.stop()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(r.path); err != nil {
		t.Errorf("gone after the end: %v", err)
	}
}

// TestFIFOErrors: broken messages are dropped with the original's words, the next ones are read.
func TestFIFOErrors(t *testing.T) {
	r := serveFIFO(t)
	<-r.log
	r.write(">>>\nt=bad\nno equals sign\n<<<\n")
	r.logged("WARN: ha_msg_add_nv_depth: line doesn't contain '='", "info: no equals sign", "ERROR: NV failure (msgfromsteam): [no equals sign\n]")
	r.write(">>>\nx=1\n<<<\n")
	r.logged("ERROR: Invalid message in send_cluster_msg: invalid argument")
	r.write(">>>\nt=long\nx=" + strings.Repeat("x", 600) + "\n<<<\n")
	if got := <-r.log; !strings.HasPrefix(got, "ERROR: NV failure (msgfromsteam): [x=xxx") {
		t.Errorf("%q", got)
	}
	r.write(">>>\nt=good\n<<<\n")
	r.message(">>> t=good <<<")
}

// TestManyWriters: scripts that write at the same time lose nothing.
func TestManyWriters(t *testing.T) {
	r := serveFIFO(t)
	const writers = 20
	for i := range writers {
		go func() {
			f, err := os.OpenFile(r.path, os.O_WRONLY, 0)
			if err == nil {
				f.WriteString(">>>\nt=w" + string(rune('a'+i)) + "\n<<<\n")
				f.Close()
			}
		}()
	}
	var got []string
	for range writers {
		select {
		case m := <-r.msgs:
			got = append(got, m.Type())
		case <-time.After(10 * time.Second):
			t.Fatalf("only %v", got)
		}
	}
	slices.Sort(got)
	if strings.Join(got, "") != "wawbwcwdwewfwgwhwiwjwkwlwmwnwowpwqwrwswt" {
		t.Errorf("%v", got)
	}
}

func TestOpenFIFO(t *testing.T) {
	dir := t.TempDir()
	var lines []string
	log := func(level halog.Level, text string) { lines = append(lines, text) }
	open := func(path string) error {
		f, err := OpenFIFO(path, log)
		if err == nil {
			f.file.Close()
		}
		return err
	}
	old := filepath.Join(dir, "old")
	if err := unix.Mkfifo(old, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := open(old); err != nil || len(lines) != 0 {
		t.Errorf("there already: %v, %q", err, lines)
	}
	if info, _ := os.Stat(old); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte(">>>\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(file); err != nil || len(lines) != 1 {
		t.Errorf("a file: %v, %q", err, lines)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(old, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, dir} {
		if err := open(path); err == nil {
			t.Errorf("opens %s", path)
		}
	}
	if err := open(filepath.Join(dir, "none", "fifo")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
}
