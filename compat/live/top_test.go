package live

import (
	"testing"

	"github.com/hinshun/vt10x"

	"systole/compat/lab"
)

// screen is a terminal on a host with "systole top" on it: script(1) gives it a terminal, reads
// keys from a FIFO and writes what it draws into a file.
type screen struct {
	t *testing.T
	h *lab.Host
}

func openTop(t *testing.T, h *lab.Host) *screen {
	t.Helper()
	lab.OK(h.Check(patience.For(t), "mkfifo", "/root/keys"))(t)
	lab.OK(h.Start("sh", "-c", "exec 3<>/root/keys; export TERM=xterm LANG=C.UTF-8; "+
		"script -q -f -c 'stty rows 24 cols 80; exec systole top --interval 200ms' /root/screen <&3; touch /root/ended"))(t)
	return &screen{t, h}
}

func (s *screen) press(keys string) {
	s.t.Helper()
	lab.OK(s.h.Check(patience.For(s.t), "sh", "-c", "printf '"+keys+"' > /root/keys"))(s.t)
}

// text is what the terminal shows now.
func (s *screen) text() string {
	drawn, err := s.h.ReadFile("/root/screen")
	if err != nil {
		return ""
	}
	vt := vt10x.New(vt10x.WithSize(80, 24))
	vt.Write(drawn)
	return vt.String()
}

// shows waits for words on the screen.
func (s *screen) shows(words ...string) {
	s.t.Helper()
	text, missing := "", ""
	if !patience.Within(s.t, func() bool { text = s.text(); missing = lacks(text, words); return missing == "" }) {
		s.t.Fatalf("%q is not shown; the screen is\n%s", missing, text)
	}
	s.t.Logf("%q:\n%s", words, text)
}

// The view follows a pair: the peer's power is cut and comes back, the daemon is restarted under it.
func TestTop(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	a := newNode(t, l, lan, first, "192.0.2.1", "192.0.2.2")
	b := newNode(t, l, lan, second, "192.0.2.2", "192.0.2.1")
	s := openTop(t, a)
	s.shows("heartbeat: not running here", "no ldirectord runs here", "q quit")
	for _, h := range []*lab.Host{a, b} {
		lab.OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	}
	s.shows("node1: active", "node2 (systole)", "held by node1")
	b.Kill()
	s.shows("! node2 is dead", "holds all")
	lab.OK(a.Check(patience.For(t), "service", "heartbeat", "restart"))(t)
	s.shows("node1: active")
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	lab.OK(b.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	s.shows("node2 (systole)", "at rest; peer holds")
	lab.OK(a.Check(patience.For(t), "service", "heartbeat", "stop"))(t)
	s.shows("heartbeat: not running here")
	s.press("q")
	patience.Until(t, "the end of top", func() bool {
		_, err := a.ReadFile("/root/ended")
		return err == nil
	})
}
