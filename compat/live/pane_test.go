package live

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/pkg/cells"
	"systole/pkg/state"
)

// watchedPair is a pair whose first node has tmux and the played ldirectord.
func watchedPair(t *testing.T) (a, b *lab.Host) {
	t.Helper()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	a = newDesk(t, l, first, map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.1/24")})
	configure(t, a, "192.0.2.2")
	b = newNode(t, l, lan, second, "192.0.2.2", "192.0.2.1")
	for _, h := range []*lab.Host{a, b} {
		lab.OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	}
	until(t, a, "holds local, hears a Systole node", func(d *state.Document) bool {
		return d.Resources.State == "local" && len(d.Degraded()) == 0 && peerOf(d).View != nil
	})
	return a, b
}

// colour is a sequence that sets one of the eight.
var colour = regexp.MustCompile(`\x1b\[(?:[0-9]+;)*3[0-7]m`)

// A real terminal of each size, with and without colours and UTF-8: everything stands in its columns, and
// the peer's own view beside ours.
func TestPanes(t *testing.T) {
	t.Parallel()
	a, b := watchedPair(t)
	const always = "systole top --interval 200ms"
	for _, c := range []struct {
		name       string
		cols, rows int
		env        string
		colours    bool
	}{
		{"80x24", 80, 24, "LANG=C.UTF-8", true},
		{"120x40", 120, 40, "LANG=C.UTF-8", true},
		{"plain", 80, 24, "LANG=C.UTF-8 NO_COLOR=1", false},
		{"ascii", 80, 24, "LC_ALL=C", true},
		{"dumb", 80, 50, "LANG=C.UTF-8 TERM=dumb", false},
		{"60x16", 60, 16, "LANG=C.UTF-8", true},
	} {
		p := openPane(t, a, c.name, c.cols, c.rows, "env "+c.env+" "+always)
		screen := p.shows("node1: active", "node2 (systole)", "its view: holds", serving, "draining")
		t.Logf("%s\n%s", c.name, screen)
		aligned(t, c.name, screen, c.cols)
		if c.env == "LC_ALL=C" && strings.ContainsFunc(screen, func(r rune) bool { return r > '~' }) {
			t.Errorf("%s: more than ASCII on\n%s", c.name, screen)
		}
		if colours := p.tmux("capture-pane", "-p", "-e"); colour.MatchString(colours) != c.colours {
			t.Errorf("%s: colours: %q", c.name, colours)
		}
		p.tmux("kill-server")
	}
	korean(t, a)
	deaf(t, a, b)
}

// aligned sees that the states of servers stand below their heading, and nothing beyond the edge.
func aligned(t *testing.T, name, screen string, width int) {
	t.Helper()
	at := -1
	for line := range strings.Lines(screen) {
		line = strings.TrimRight(line, "\n")
		if cells.Width(line) > width {
			t.Errorf("%s: %d columns: %s", name, cells.Width(line), line)
		}
		if i := strings.Index(line, "STATE "); i > 0 && strings.HasPrefix(line, "VIRTUAL") {
			at = cells.Width(line[:i])
		}
		if i := strings.Index(line, "draining "); i > 0 && strings.Contains(line, drained) && cells.Width(line[:i]) != at {
			t.Errorf("%s: a state stands in column %d, its heading in %d\n%s", name, cells.Width(line[:i]), at, screen)
		}
	}
	if at < 0 {
		t.Errorf("%s: there is no table\n%s", name, screen)
	}
}

// korean selects the server whose order has a reason in Hangul.
func korean(t *testing.T, a *lab.Host) {
	t.Helper()
	p := openPane(t, a, "korean", 80, 24, "env LANG=ko_KR.UTF-8 systole top --interval 200ms")
	p.shows(drained)
	p.press("j", "j")
	t.Logf("korean\n%s", p.shows("order: drain "+drained, "커널 교체 중"))
	p.tmux("kill-server")
	page := lab.OK(a.Exec(patience.For(t), lab.Command{Argv: []string{"systole", "status"}, Env: []string{"LC_ALL=C.UTF-8"}}))(t)
	t.Logf("status\n%s", page.Stdout)
	if !strings.Contains(page.Stdout, "커널 교체 중") || !strings.Contains(page.Stdout, "its view: holds") {
		t.Errorf("status says\n%s", page.Stdout)
	}
}

// deaf cuts one direction: node2 no longer hears node1, and node1 shows it from node2's own view, for itself
// it hears node2 as before.
func deaf(t *testing.T, a, b *lab.Host) {
	t.Helper()
	p := openPane(t, a, "deaf", 100, 24, "env LANG=C.UTF-8 systole top --interval 200ms")
	if err := b.Deafen("eth0", a); err != nil {
		t.Fatal(err)
	}
	t.Logf("deaf\n%s", p.shows(fmt.Sprintf("! %s hears nothing from here over eth0", second), "sees us dead",
		"! both this node and node2 hold websvc::www"))
	if err := b.Heal("eth0"); err != nil {
		t.Fatal(err)
	}
}
