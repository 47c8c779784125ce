package live

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/pkg/state"
	"systole/pkg/state/socket"
)

// applets are played daemons, for what no kernel here can do: an ldirectord needs ip_vs.
func applets() []lab.Applet {
	return []lab.Applet{{Name: "director", Run: playDirector}, {Name: "told", Run: playState}}
}

// The servers of the played ldirectord.
const (
	serving = "192.0.2.77:80"
	drained = "192.0.2.78:80"
	unknown = "192.0.2.99:80"
)

// playDirector is an ldirectord with a state and a control socket: lab:director ldirectord.
func playDirector([]string) int {
	const run = "/run/ldirectord.web.cf."
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := os.WriteFile(run+"pid", fmt.Appendln(nil, os.Getpid()), 0o644); err != nil {
		return 1
	}
	past := []int64{900, 1100, 2300, -1, 1200}
	doc := state.DirectorDocument{Version: state.Version, Director: state.Director{Name: "web.cf", PID: os.Getpid(), Running: true, Phase: "running",
		Started: time.Now(), Time: time.Now(), Counted: true,
		Orders: []state.Order{{Kind: "drain", Real: drained, Reason: "커널 교체 중", Since: time.Now()}},
		Virtuals: []state.Virtual{{Name: "192.0.2.10:80", ID: "tcp:192.0.2.10:80", Scheduler: "wlc", Check: "negotiate http", Interval: 5000,
			Counters: state.Counters{Active: 34, CPS: 9},
			Reals: []state.Real{
				{Name: serving, State: "up", Up: true, Listed: true, Weight: 10, Configured: 10, Forward: "gate", Took: 1200, Past: past, Counters: state.Counters{Active: 32, CPS: 9}},
				{Name: drained, State: "draining", Up: true, Listed: true, Configured: 10, Forward: "gate", Took: 900, Past: past[:3], Counters: state.Counters{Active: 2}},
			}}}}}
	go serve(ctx, run+"state", func(conn net.Conn) { conn.Write(doc.Encode()) })
	serve(ctx, run+"control", obey)
	return 0
}

// obey answers an order.
func obey(conn net.Conn) {
	b := make([]byte, 4096)
	n, _ := conn.Read(b)
	r, err := state.DecodeRequest(b[:n])
	a := state.Answer{Reals: []string{r.Order.Real}}
	if err != nil || r.Order.Real == unknown {
		a = state.Answer{Error: "no such real server"}
	}
	conn.Write(a.Encode())
}

// playState gives everybody the text of a file: lab:told SOCKET FILE.
func playState(args []string) int {
	text, err := os.ReadFile(args[1])
	if err != nil {
		return 1
	}
	serve(context.Background(), args[0], func(conn net.Conn) { conn.Write(text) })
	return 0
}

func serve(ctx context.Context, path string, talk func(net.Conn)) {
	if l, err := socket.Listen(path, 0o600, 0); err == nil {
		socket.Serve(ctx, l, talk)
	}
}

// newDesk is a host with shells, man and tmux, where the played ldirectord runs.
func newDesk(t *testing.T, l *lab.Lab, name string, ports map[string]lab.Port) *lab.Host {
	t.Helper()
	if err := lab.EnsureDesk(t.Context()); err != nil {
		t.Fatal(err)
	}
	h := lab.OK(l.Host(lab.Spec{Name: name, Flavour: lab.Desk, Ports: ports}))(t)
	lab.OK(h.Start(lab.Self, "lab:director", "ldirectord"))(t)
	patience.Until(t, h.Name+": completion directors", func() bool {
		return strings.TrimSpace(lab.OK(h.Check(patience.For(t), "systole", "completion", "directors"))(t)) == "web.cf"
	})
	patience.Until(t, h.Name+": completion reals", func() bool {
		return strings.Contains(lab.OK(h.Check(patience.For(t), "systole", "completion", "reals"))(t), serving)
	})
	return h
}

// pane is a terminal of tmux on a host, which knows what a real one does: sizes, wide characters, alternate
// screens.
type pane struct {
	t    *testing.T
	h    *lab.Host
	name string
}

func openPane(t *testing.T, h *lab.Host, name string, cols, rows int, command string) *pane {
	t.Helper()
	p := &pane{t, h, name}
	p.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(cols), "-y", fmt.Sprint(rows), command)
	return p
}

func (p *pane) tmux(args ...string) string {
	p.t.Helper()
	r := lab.OK(p.h.Exec(patience.For(p.t), lab.Command{Argv: append([]string{"tmux", "-u", "-L", p.name}, args...), Env: []string{"LANG=C.UTF-8", "TERM=xterm-256color"}}))(p.t)
	if r.Code != 0 {
		p.t.Fatalf("tmux %q: exit code %d: %s", args, r.Code, r.Stderr)
	}
	return r.Stdout
}

// press sends the names of keys; a text that is none is sent as it is.
func (p *pane) press(keys ...string) {
	p.t.Helper()
	p.tmux(append([]string{"send-keys"}, keys...)...)
}

func (p *pane) text() string { return p.tmux("capture-pane", "-p") }

// shows waits until every word is on the screen, and returns it.
func (p *pane) shows(words ...string) (text string) {
	p.t.Helper()
	missing := ""
	if !patience.Within(p.t, func() bool { text = p.text(); missing = lacks(text, words); return missing == "" }) {
		p.t.Fatalf("%s: %q is not shown; the screen is\n%s", p.name, missing, text)
	}
	return text
}

// lacks is one of the words that a screen does not show; "" if it shows all.
func lacks(screen string, words []string) (missing string) {
	for _, w := range words {
		if !strings.Contains(screen, w) {
			missing = w
		}
	}
	return missing
}
