package top

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"systole/pkg/state"
	"systole/pkg/state/socket"
	"systole/pkg/tool"
)

// asTop has the test program be systole.
const asTop = "SYSTOLE_TEST_AS_TOP"

func TestMain(m *testing.M) {
	if os.Getenv(asTop) != "" {
		c := tool.Command{Name: "systole", Verbs: []tool.Verb{Verb()}}
		os.Exit(c.Run(os.Args[1:], tool.Streams{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}))
	}
	os.Exit(m.Run())
}

// patience is for what must come to be.
const patience = 20 * time.Second

// played are daemons that tell what a test wants.
type played struct {
	t   *testing.T
	dir string

	mu      sync.Mutex
	doc     state.Document
	dir1    state.Director
	ordered []state.Request
}

func play(t *testing.T) *played {
	p := &played{t: t, dir: t.TempDir()}
	p.doc = state.Document{Version: state.Version, Daemon: state.Daemon{Node: "node1", Status: "active", Failback: "on"},
		Resources: state.Resources{State: "all", Holds: "all", Settled: true},
		Nodes:     []state.Node{{Name: "node1", Self: true, Status: "active"}, {Name: "node2", Status: "active"}}}
	p.dir1 = state.Director{Name: "a", Running: true, Phase: "running", Virtuals: []state.Virtual{
		{Name: "10.1.0.70:80", ID: "tcp:10.1.0.70:80", Scheduler: "wlc", Reals: []state.Real{
			{Name: "10.1.0.11:80", State: "up", Up: true, Listed: true, Weight: 7, Configured: 7, Past: []int64{900, -1, 1200}, Took: 1200},
			{Name: "10.1.0.12:80", State: "up", Up: true, Listed: true, Weight: 8, Configured: 8}}}}}
	sleeper := exec.Command("sleep", "600")
	sleeper.Args[0] = "ldirectord-played"
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		sleeper.Process.Kill()
		sleeper.Wait()
	})
	if err := os.WriteFile(p.dir+"/ldirectord.a.pid", fmt.Appendln(nil, sleeper.Process.Pid), 0o644); err != nil {
		t.Fatal(err)
	}
	p.serve("ldirectord.a.state", func(conn net.Conn) {
		conn.Write((&state.DirectorDocument{Version: state.Version, Director: p.dir1}).Encode())
	})
	p.serve("ldirectord.a.control", func(conn net.Conn) {
		b := make([]byte, 4096)
		n, _ := conn.Read(b)
		r, err := state.DecodeRequest(b[:n])
		if err != nil {
			t.Error(err)
		}
		p.ordered = append(p.ordered, r)
		p.obey(r)
		conn.Write(state.Answer{Reals: []string{"10.1.0.11:80 (10.1.0.70:80)"}}.Encode())
	})
	return p
}

// obey does with the first real what an order says.
func (p *played) obey(r state.Request) {
	first := &p.dir1.Virtuals[0].Reals[0]
	first.State, p.dir1.Orders = "draining", []state.Order{r.Order}
	if r.Revoke {
		first.State, p.dir1.Orders = "up", nil
	}
}

// serve listens, and returns what ends it.
func (p *played) serve(name string, talk func(net.Conn)) (stop func()) {
	l, err := socket.Listen(filepath.Join(p.dir, name), 0o600, os.Getgid())
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		socket.Serve(ctx, l, func(conn net.Conn) {
			p.mu.Lock()
			defer p.mu.Unlock()
			talk(conn)
		})
	}()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	p.t.Cleanup(stop)
	return stop
}

// heartbeat is the daemon; stop kills it.
func (p *played) heartbeat() (stop func()) {
	return p.serve("state", func(conn net.Conn) { conn.Write(p.doc.Encode()) })
}

func (p *played) change(do func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do()
}

func (p *played) args() []string {
	return []string{"top", "--interval", "100ms", "--utc", "--socket", p.dir + "/state", "--director-pids", p.dir + "/ldirectord.*.pid"}
}

// tty is a terminal with systole top on it.
type tty struct {
	t    *testing.T
	end  *os.File
	cmd  *exec.Cmd
	vt   vt10x.Terminal
	fed  chan struct{} // after each piece of output
	exit chan error
}

func (p *played) open(env ...string) *tty {
	x := &tty{t: p.t, vt: vt10x.New(vt10x.WithSize(80, 24)), fed: make(chan struct{}, 1), exit: make(chan error, 1)}
	x.cmd = exec.Command(os.Args[0], p.args()...)
	x.cmd.Env = append(append(os.Environ(), asTop+"=1", "TERM=xterm-256color", "LC_ALL=C.UTF-8"), env...)
	var err error
	if x.end, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		p.t.Fatal(err)
	}
	go x.read()
	p.t.Cleanup(func() {
		x.cmd.Process.Kill()
		x.end.Close()
	})
	return x
}

func (x *tty) read() {
	b := make([]byte, 32<<10)
	for {
		n, err := x.end.Read(b)
		x.vt.Write(b[:n])
		select {
		case x.fed <- struct{}{}:
		default:
		}
		if err != nil {
			x.exit <- x.cmd.Wait()
			return
		}
	}
}

func (x *tty) press(keys string) {
	if _, err := x.end.WriteString(keys); err != nil {
		x.t.Fatal(err)
	}
}

func (x *tty) resize(cols, rows int) {
	x.vt.Resize(cols, rows)
	if err := pty.Setsize(x.end, &pty.Winsize{Rows: uint16(rows), Cols: uint16(cols)}); err != nil {
		x.t.Fatal(err)
	}
}

// until waits for a screen, and returns it.
func (x *tty) until(what string, so func(screen string) bool) string {
	x.t.Helper()
	limit := time.After(patience)
	for {
		screen := x.vt.String()
		if so(screen) {
			return screen
		}
		select {
		case <-x.fed:
		case <-limit:
			x.t.Fatalf("%s: it did not come to be; the screen is\n%s", what, screen)
		}
	}
}

func (x *tty) shows(words ...string) string {
	x.t.Helper()
	return x.until(strings.Join(words, ", "), func(screen string) bool {
		for _, w := range words {
			if !strings.Contains(screen, w) {
				return false
			}
		}
		return true
	})
}

func (x *tty) lacks(word string) {
	x.t.Helper()
	x.until("no "+word, func(screen string) bool { return !strings.Contains(screen, word) })
}

func (x *tty) ended() error {
	x.t.Helper()
	select {
	case err := <-x.exit:
		return err
	case <-time.After(patience):
		x.t.Fatal("it does not end")
		return nil
	}
}

// A session: data, keys, sizes, a node that dies, a daemon that goes and comes back.
func TestSession(t *testing.T) {
	p := play(t)
	stop := p.heartbeat()
	x := p.open()
	x.shows("node1: active", "node2", "10.1.0.11:80", "1.2ms ▆x█", "q quit")

	p.change(func() { p.doc.Nodes[1].Status = "dead" })
	x.shows("! node2 is dead")
	stop()
	x.shows("heartbeat: not running here", "10.1.0.11:80")
	p.change(func() { p.doc.Nodes[1].Status = "active" })
	p.heartbeat()
	x.shows("node1: active")
	x.lacks("! node2 is dead")

	x.resize(132, 40)
	x.shows("OUT B/S", "q quit")
	x.resize(40, 8)
	x.lacks("OUT B/S")
	x.resize(80, 24)
	x.shows("CHECK HISTORY")

	x.press("/12\r")
	x.lacks("10.1.0.11:80")
	x.press("/\x7f\x7f\r")
	x.shows("10.1.0.11:80")
	x.press("ss")
	x.shows("sort: new/s")
	x.press("?")
	x.shows("any key goes back")
	x.press(" ")
	x.shows("node1: active")
	x.press("p")
	x.shows("paused")
	x.press("p")
	x.lacks("paused")

	x.press("\x1b[B")
	x.shows(">  10.1.0.11:80")
	x.press("d")
	x.shows("drain 10.1.0.11:80 in tcp:10.1.0.70:80? y/n")
	x.press("y")
	x.shows("done: 10.1.0.11:80 (10.1.0.70:80)", "draining")
	p.change(func() {
		if len(p.ordered) != 1 || p.ordered[0].Order.Kind != "drain" || p.ordered[0].Order.Virtual != "tcp:10.1.0.70:80" {
			t.Errorf("ordered %+v", p.ordered)
		}
	})
	x.press("q")
	if err := x.ended(); err != nil {
		t.Errorf("quit: %v", err)
	}
}

// crowd are more servers than a screen holds.
func (p *played) crowd(n int) {
	v := &p.dir1.Virtuals[0]
	for i := range n {
		v.Reals = append(v.Reals, state.Real{Name: fmt.Sprintf("10.1.1.%d:80", i+1), State: "up", Up: true, Listed: true, Weight: 1, Configured: 1})
	}
}

// selects waits until a line is the selected one.
func (x *tty) selects(text string) {
	x.t.Helper()
	x.until("> at "+text, func(screen string) bool {
		for line := range strings.Lines(screen) {
			if strings.HasPrefix(line, ">") && strings.Contains(line, text) {
				return true
			}
		}
		return false
	})
}

// keyTest is a key and what comes of it. Those of the arrows are what a terminal sends.
type keyTest struct {
	key, sends string
	then       func(x *tty)
}

func keyTests() []keyTest {
	selects := func(text string) func(*tty) { return func(x *tty) { x.selects(text) } }
	shows := func(text string) func(*tty) { return func(x *tty) { x.shows(text) } }
	lacks := func(text string) func(*tty) { return func(x *tty) { x.lacks(text) } }
	return []keyTest{
		{"down", "\x1b[B", selects("10.1.0.11:80")},
		{"j", "j", selects("10.1.0.12:80")},
		{"up", "\x1b[A", selects("10.1.0.11:80")},
		{"k", "k", selects("10.1.0.70:80")},
		{"page down", "\x1b[6~", selects("10.1.1.8:80")},
		{"page up", "\x1b[5~", selects("10.1.0.70:80")},
		{"end", "\x1b[F", selects("10.1.1.40:80")},
		{"home", "\x1b[H", selects("10.1.0.70:80")},
		{"G", "G", selects("10.1.1.40:80")},
		{"g", "g", selects("10.1.0.70:80")},
		{"s", "s", shows("sort: active")},
		{"s", "s", shows("sort: new/s")},
		{"s", "s", shows("sort: check")},
		{"s", "s", shows("sort: state")},
		{"s", "s", shows("sort: name")},
		{"s", "s", shows("sort: file")},
		{"/", "/0.12", lacks("10.1.0.11:80")},
		{"escape", "\x1b", shows("10.1.0.11:80")},
		{"/", "/0.12\r", lacks("10.1.0.11:80")},
		{"backspace", "/\x7f\x7f\x7f\x7f\r", shows("10.1.0.11:80")},
		{"p", "p", shows("paused")},
		{"space", " ", lacks("paused")},
		{"c", "c", lacks("NODE, PATH")},
		{"c", "c", shows("NODE, PATH")},
		{"e", "e", lacks("something happened")},
		{"e", "e", shows("something happened")},
		{"?", "?", shows("any key goes back")},
		{"h", "xh", shows("any key goes back")},
		{"d", "xd", shows("select a real server first")},
		{"d", "jd", shows("drain 10.1.0.11:80 in tcp:10.1.0.70:80? y/n")},
		{"n", "n", shows("not done")},
		{"u", "u", shows("10.1.0.11:80 is neither drained nor disabled")},
		{"y", "dy", shows("done: 10.1.0.11:80")},
		{"d", "", shows("draining")},
		{"u", "u", shows("undrain 10.1.0.11:80 in tcp:10.1.0.70:80? y/n")},
		{"y", "y", lacks("draining")},
	}
}

// Every key that help tells of is pressed, and does what it says.
func TestEveryKey(t *testing.T) {
	p := play(t)
	p.doc.Events = []state.Event{{Text: "something happened"}}
	p.crowd(40)
	p.heartbeat()
	x := p.open()
	x.selects("10.1.0.70:80")
	x.press("?")
	help := x.shows("any key goes back")
	x.press("x")
	x.shows("node1: active")
	pressed := map[string]bool{"q": true, "interrupt": true} // which the other tests press
	for _, k := range keyTests() {
		pressed[k.key] = true
		x.press(k.sends)
		k.then(x)
	}
	_, help, _ = strings.Cut(help, "The keys")
	help, _, _ = strings.Cut(help, "any key goes back")
	for line := range strings.Lines(help) {
		if len(line) < 17 || strings.TrimSpace(line) == "" {
			continue
		}
		for _, key := range strings.Split(strings.TrimSpace(line[:17]), ", ") {
			if !pressed[key] {
				t.Errorf("nobody presses %q", key)
			}
		}
	}
	x.press("q")
	if err := x.ended(); err != nil {
		t.Errorf("quit: %v", err)
	}
}

// Sizes down to one that holds nothing do no harm, and the screen is whole again afterwards.
func TestSizes(t *testing.T) {
	p := play(t)
	p.crowd(40)
	p.heartbeat()
	x := p.open()
	x.shows("node1: active", "q quit")
	for _, size := range [][2]int{{200, 60}, {40, 8}, {20, 3}, {1, 1}, {80, 2}, {80, 24}} {
		x.resize(size[0], size[1])
		x.press("j")
	}
	x.shows("node1: active", "VIRTUAL, REAL", "q quit")
	x.press("q")
	if err := x.ended(); err != nil {
		t.Errorf("quit: %v", err)
	}
}

// Hangul takes two columns each, and what stands to its right stays in line. The terminal here shows the
// second column of each as a blank.
func TestWide(t *testing.T) {
	p := play(t)
	p.dir1.Virtuals[0].Reals[0].Name = "웹서버하나:80"
	p.heartbeat()
	x := p.open()
	screen := x.shows("웹 서 버 하 나 :80")
	var columns []int
	for line := range strings.Lines(screen) {
		if at := strings.Index(line, " up "); at > 0 {
			columns = append(columns, utf8.RuneCountInString(line[:at]))
		}
	}
	if len(columns) != 2 || columns[0] != columns[1] {
		t.Errorf("STATE stands in %v of\n%s", columns, screen)
	}
}

// Without UTF-8 and colours it says the same.
func TestPoorTerminal(t *testing.T) {
	p := play(t)
	p.heartbeat()
	x := p.open("TERM=vt100", "LC_ALL=C", "NO_COLOR=1")
	x.shows("node1: active", "10.1.0.11:80", "1.2ms *x@", "up")
	x.press("\x03")
	if err := x.ended(); err != nil {
		t.Errorf("interrupt: %v", err)
	}
}

// A terminal that goes away takes the program with it.
func TestHangup(t *testing.T) {
	p := play(t)
	p.heartbeat()
	x := p.open()
	x.shows("node1: active")
	x.end.Close()
	x.ended()
}

// On a pipe, and on a dumb terminal, there are lines.
func TestLines(t *testing.T) {
	p := play(t)
	p.heartbeat()
	cmd := exec.Command(os.Args[0], append(p.args(), "--count", "2")...)
	cmd.Env = append(os.Environ(), asTop+"=1")
	out, err := cmd.Output()
	if err != nil || bytes.Count(out, []byte("node1: active")) != 2 || bytes.ContainsAny(out, "\x1b") {
		t.Errorf("%v\n%s", err, out)
	}
	x := p.open("TERM=dumb")
	x.shows("node1: active", "10.1.0.11:80")
	p.change(func() { p.doc.Daemon.Node = "renamed" })
	x.shows("renamed: active")
}

func TestWrongCalls(t *testing.T) {
	c := tool.Command{Name: "systole", Verbs: []tool.Verb{Verb()}}
	for _, args := range [][]string{{"top", "node1"}, {"top", "--interval", "1ms"}} {
		var b bytes.Buffer
		if code := c.Run(args, tool.Streams{Stdout: &b, Stderr: &b}); code != tool.Usage {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}
