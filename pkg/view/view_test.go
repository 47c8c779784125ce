package view

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/cells"
	"systole/pkg/golden"
	"systole/pkg/state"
)

var update = flag.Bool("update", false, "rewrite the expected screens")

func at(clock string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", "2026-11-21 "+clock)
	if err != nil {
		panic(err)
	}
	return t
}

// cluster is the how-to's pair, with one dead link.
func cluster() *state.Document {
	return &state.Document{Version: state.Version, Time: at("14:03:07"),
		Daemon: state.Daemon{Node: "lvsactive.gunnm.xyz", PID: 812, Generation: 1795217057, Status: "active", Failback: "on"},
		Resources: state.Resources{State: "local", Holds: "local", Since: at("10:51:12"), Peer: "none", Settled: true, Groups: []state.Group{
			{Owner: "lvsactive.gunnm.xyz", Words: []string{"ldirectord::ldirectord.cf", "IPaddr2::121.254.175.70/32/eth0"}, Holder: "lvsactive.gunnm.xyz"}}},
		Nodes: []state.Node{
			{Name: "lvsactive.gunnm.xyz", Self: true, Status: "active", Since: at("10:51:02")},
			{Name: "lvsstandby.gunnm.xyz", Status: "active", Systole: true, Since: at("10:51:02"), Age: 412, Paths: []state.Path{
				{Name: "eth0", Up: true, Age: 412, Interval: 2001, Jitter: 840}, {Name: "eth1", Age: 15231, Interval: 2001, Jitter: 912}},
				View: &state.Sight{Holds: "none", Nodes: []state.Seen{{Name: "lvsactive.gunnm.xyz", Status: "active",
					Paths: []state.SeenPath{{Name: "eth0", Up: true, Age: 380}, {Name: "eth1", Age: 15502}}}}}}},
		Pings:  []state.Node{{Name: "121.254.175.65", Status: "ping", Since: at("10:51:02"), Age: 1410, Paths: []state.Path{{Name: "121.254.175.65", Up: true, Age: 1410, Interval: 2000, Jitter: 120}}}},
		Events: []state.Event{{At: at("10:51:12"), Text: "holds local, held none"}, {At: at("14:02:58"), Text: "link lvsstandby.gunnm.xyz:eth1 dead"}},
	}
}

func past(n int, us ...int64) []int64 {
	var all []int64
	for i := range n {
		all = append(all, us[i%len(us)])
	}
	return all
}

// director has a server of every state.
func director() state.Director {
	real := func(name, is string, weight int, active uint32, took int64, last []int64) state.Real {
		return state.Real{Name: name, State: is, Up: is != "down", Listed: is != "down" && is != "disabled", Weight: weight, Configured: 10, Forward: "gate",
			Took: took, Past: last, Since: at("10:51:14"), Counters: state.Counters{Active: active, Inactive: 3 * active, CPS: uint64(active / 4), InBPS: uint64(active) * 1234, OutBPS: uint64(active) * 98765}}
	}
	return state.Director{Name: "ldirectord.cf", PID: 900, Running: true, Time: at("14:03:07"), Phase: "running", Counted: true,
		Virtuals: []state.Virtual{
			{Name: "121.254.175.70:80", ID: "tcp:121.254.175.70:80", Scheduler: "wlc", Check: "negotiate http", Interval: 5000, Persistent: 600,
				Counters: state.Counters{Active: 412, Inactive: 1236, CPS: 103}, Reals: []state.Real{
					real("121.254.175.71:80", "up", 10, 250, 1200, past(24, 1200, 1100, 1300, 2900)),
					real("121.254.175.72:80", "up", 3, 160, 1900, past(24, 1900, 1700)),
					real("121.254.175.73:80", "down", 0, 0, 4_000_000, past(12, 1800, 1900, -1, -1)),
					real("121.254.175.74:80", "draining", 0, 2, 1500, past(7, 1500)),
				}},
			{Name: "121.254.175.70:443", ID: "tcp:121.254.175.70:443", Scheduler: "wrr", Fallback: "127.0.0.1:443", FallbackUsed: true, Reals: []state.Real{
				real("121.254.175.71:443", "disabled", 0, 0, 12_000, past(3, 12_000)),
				{Name: "[2001:db8::71]:443", State: "maintenance", Forward: "ipip"},
			}},
		},
		Orders: []state.Order{{Kind: "drain", Real: "121.254.175.74", By: "root", Since: at("14:00:00")},
			{Kind: "disable", Real: "121.254.175.71:443", Virtual: "tcp:121.254.175.70:443", Since: at("14:01:00")}},
		Events: []state.Event{{At: at("14:03:01"), Text: "Deleted real server: 121.254.175.73:80 (121.254.175.70:80)"}},
	}
}

// lost is what a path check says of a server without the virtual's address.
const lost = "no answer for 121.254.175.70:25, sent to the MAC address of 121.254.175.74: see if it has 121.254.175.70 on lo"

// steadied is a director with all that systole_panic, _path_check, _flap_hold and _slow_start bring about.
func steadied() state.Director {
	real := func(name, is string, weight int, last ...int64) state.Real {
		return state.Real{Name: name, State: is, Up: is == "up", Listed: weight > 0, Weight: weight, Configured: 10, Forward: "gate", Since: at("14:02:41"),
			Checked: at("14:03:05"), Took: 1200, Past: past(10, last...), Said: "connection refused"}
	}
	slow, held, broken, unasked := real("121.254.175.71:25", "up", 3, 1200, 1100), real("121.254.175.73:25", "held", 0, 1200, -1),
		real("121.254.175.74:25", "down", 0, -1, 1200, -1), real("121.254.175.75:25", "up", 10, 900)
	slow.Growing, slow.Said = true, "Success"
	held.HeldUntil = at("14:12:41")
	broken.Path, broken.Said = lost, lost
	unasked.Path, unasked.Said = "no address of the interface eth0 to ask from", "Success"
	return state.Director{Name: "ldirectord.cf", PID: 900, Running: true, Time: at("14:03:07"), Phase: "running", Counted: true, Virtuals: []state.Virtual{
		{Name: "121.254.175.70:80", ID: "tcp:121.254.175.70:80", Scheduler: "wlc", Check: "negotiate http", Interval: 5000, Persistent: 600, Panic: true, Fallback: "127.0.0.1:80",
			Reals: []state.Real{real("121.254.175.71:80", "up", 10, 1200), real("121.254.175.72:80", "down", 10, 1300, -1, -1, -1), real("121.254.175.73:80", "disabled", 0, 1100)}},
		{Name: "121.254.175.70:25", ID: "tcp:121.254.175.70:25", Scheduler: "wrr", Check: "negotiate smtp", Interval: 5000, Reals: []state.Real{slow, held, broken, unasked}},
	}}
}

// showsSteadied is a view of that director alone, so that all of its rows have room.
func showsSteadied(m *Model, keys ...Key) {
	m.Show(Snapshot{At: at("14:03:07"), Why: "not running here", Directors: []state.Director{steadied()}})
	press(m, keys...)
}

func shown() *Model {
	m := New(Options{Zone: time.UTC})
	m.Show(Snapshot{At: at("14:03:07"), Cluster: cluster(), Directors: []state.Director{director()}})
	return m
}

func press(m *Model, keys ...Key) (last Effect) {
	for _, k := range keys {
		last = m.Press(k)
	}
	return last
}

func text(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.Text() + "\n")
	}
	return b.String()
}

func TestScreens(t *testing.T) {
	crowd := director()
	for i := range 60 {
		crowd.Virtuals[0].Reals = append(crowd.Virtuals[0].Reals, state.Real{Name: fmt.Sprintf("10.1.0.%d:80", i+1), Up: true, State: "up", Listed: true, Weight: 1, Configured: 1})
	}
	for _, c := range []struct {
		name string
		do   func(m *Model)
	}{
		{"80x24", func(m *Model) {}},
		{"132x40", func(m *Model) { m.Resize(132, 40) }},
		{"60x12", func(m *Model) { m.Resize(60, 12) }},
		{"ascii", func(m *Model) { m.ascii = true; press(m, "c") }},
		{"sorted", func(m *Model) { press(m, "c", "s", "s", "s") }},
		{"filtered", func(m *Model) { press(m, "/", "7", "3", Enter) }},
		{"filtering", func(m *Model) { press(m, "/", "x", Backspace, "f", "o") }},
		{"drain", func(m *Model) { press(m, Down, "d") }},
		{"help", func(m *Model) { press(m, "?") }},
		{"folded", func(m *Model) { press(m, "c", "e") }},
		{"old", func(m *Model) { m.Clock(at("14:03:20")) }},
		{"nothing", func(m *Model) { m.Show(Snapshot{At: at("14:03:09"), Why: "not running here"}) }},
		{"silent", func(m *Model) {
			m.Show(Snapshot{At: at("14:03:09"), Why: "not running here", Directors: []state.Director{{Name: "a", PID: 1}, {Name: "b", PID: 2, Running: true}}})
		}},
		{"crowd", func(m *Model) {
			m.Show(Snapshot{At: at("14:03:09"), Cluster: cluster(), Directors: []state.Director{crowd}})
			press(m, PageDown, PageDown)
		}},
		{"korean", func(m *Model) {
			d := director()
			d.Orders[0].Reason = "커널 교체 중, 오후 세 시까지: 문의는 운영팀"
			d.Virtuals[0].Reals[0].Name = "웹서버-하나.example.kr:80"
			d.Events[0].Text = "실제 서버가 빠졌습니다"
			m.Show(Snapshot{At: at("14:03:07"), Cluster: cluster(), Directors: []state.Director{d}})
			press(m, Down, Down, Down, Down)
		}},
		{"korean-ascii", func(m *Model) {
			m.ascii = true
			d := director()
			d.Virtuals[0].Reals[0].Name = "웹서버-하나.example.kr:80"
			m.Show(Snapshot{At: at("14:03:07"), Cluster: cluster(), Directors: []state.Director{d}})
		}},
		{"hostile", func(m *Model) {
			d := director()
			d.Virtuals[0].Reals[0].Name = "\x1b[2J\x1b[31m:80"
			d.Events[0].Text = "\u202etxet\r\n"
			m.Show(Snapshot{At: at("14:03:07"), Cluster: cluster(), Directors: []state.Director{d}})
		}},
		{"panic", func(m *Model) { showsSteadied(m) }},
		{"panic-real", func(m *Model) { showsSteadied(m, Down, Down) }},
		{"slow", func(m *Model) { showsSteadied(m, "/", "s", "l", "o", "w", Enter, Down) }},
		{"held", func(m *Model) { showsSteadied(m, Down, Down, Down, Down, Down, Down) }},
		{"path", func(m *Model) { showsSteadied(m, End, Up) }},
		{"path-unasked", func(m *Model) { showsSteadied(m, "/", "p", "a", "t", "h", Enter, End) }},
		{"path-60x16", func(m *Model) { m.ascii = true; m.Resize(60, 16); showsSteadied(m, End, Up) }},
		{"path-cluster", func(m *Model) {
			m.Show(Snapshot{At: at("14:03:07"), Cluster: cluster(), Directors: []state.Director{steadied()}})
			press(m, "s", "s", "s", "s", End, Up, Up, Up)
		}},
		{"paused", func(m *Model) {
			press(m, "p")
			m.Show(Snapshot{At: at("14:03:09"), Why: "not running here"})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := shown()
			c.do(m)
			for _, l := range m.Lines() {
				if cells.Width(l.Text()) > m.width || m.ascii && strings.ContainsFunc(l.Text(), func(r rune) bool { return r > '~' }) {
					t.Errorf("%d columns: %q", cells.Width(l.Text()), l.Text())
				}
			}
			golden.File(t, *update, "testdata/"+c.name+".txt", text(m.Lines()))
		})
	}
}

func TestPage(t *testing.T) {
	golden.File(t, *update, "testdata/page.txt", strings.Join(shown().Page(), "\n")+"\n")
}

// The selected server is drained after a question; anything but y is no.
func TestDrain(t *testing.T) {
	m := shown()
	if e := press(m, "d"); e.Order != nil || m.mode != browsing {
		t.Errorf("a virtual can be drained: %+v", e)
	}
	if e := press(m, Down, "d", "n"); e.Order != nil {
		t.Errorf("drained without consent: %+v", e)
	}
	e := press(m, "d", "y")
	want := &Order{"ldirectord.cf", state.Request{Order: state.Order{Kind: "drain", Real: "121.254.175.71:80", Virtual: "tcp:121.254.175.70:80", Reason: "from top"}}}
	if d := cmp.Diff(want, e.Order); d != "" {
		t.Error(d)
	}
}

// What holds a server is taken back as it was given: the drain of an address, the disable of one
// port in one virtual.
func TestUndo(t *testing.T) {
	m := shown()
	if e := press(m, Down, "u", "y"); e.Order != nil || m.note != "" {
		if e.Order != nil {
			t.Errorf("%+v", e.Order)
		}
	}
	e := press(m, Down, Down, Down, "u", "y")
	want := &Order{"ldirectord.cf", state.Request{Revoke: true, Order: state.Order{Kind: "drain", Real: "121.254.175.74"}}}
	if d := cmp.Diff(want, e.Order); d != "" {
		t.Error(d)
	}
	e = press(m, Down, Down, "u", "y")
	want = &Order{"ldirectord.cf", state.Request{Revoke: true, Order: state.Order{Kind: "disable", Real: "121.254.175.71:443", Virtual: "tcp:121.254.175.70:443"}}}
	if d := cmp.Diff(want, e.Order); d != "" {
		t.Error(d)
	}
}

// The selection stays with its server when the order changes, and moves when the server goes.
func TestSelection(t *testing.T) {
	m := shown()
	press(m, Down, Down)
	name := m.selected.real
	press(m, "s", "s", "s", "s")
	if m.selected.real != name {
		t.Errorf("selected %s, was %s", m.selected.real, name)
	}
	d := director()
	d.Virtuals = d.Virtuals[1:]
	m.Show(Snapshot{At: at("14:03:08"), Directors: []state.Director{d}})
	if row, ok := m.current(); !ok || row.real != nil || row.virtual.ID != "tcp:121.254.175.70:443" {
		t.Errorf("%+v", m.selected)
	}
}

// A text is broken at blanks, never within a width that has none, and its last line is the rest.
func TestWrapped(t *testing.T) {
	for _, c := range []struct {
		text        string
		width, most int
		want        []string
	}{
		{"one two three", 20, 3, []string{"one two three"}},
		{"one two three", 7, 3, []string{"one two", "  three"}},
		{"one two three", 8, 1, []string{"one two three"}},
		{"one two three four", 7, 2, []string{"one two", "  three four"}},
		{"onetwothree four", 5, 3, []string{"onetwothree four"}},
		{"서버 점검 중", 6, 3, []string{"서버", "  점검", "  중"}},
		{"a\x1bb c", 3, 2, []string{"a?b", "  c"}},
		{"one", 1, 3, []string{"one"}},
		{"", 1, 3, []string{""}},
	} {
		var got []string
		for _, l := range wrapped(Plain, c.text, c.width, c.most) {
			got = append(got, l.Text())
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%q in %d: %s", c.text, c.width, d)
		}
	}
}

// Who serves a virtual is told beside the longest of addresses.
func TestLongVirtual(t *testing.T) {
	d := steadied()
	d.Virtuals[0].ID = "tcp:[2001:db8:1111:2222:3333:4444:5555:6666]:65535"
	m := New(Options{Zone: time.UTC})
	m.Show(Snapshot{At: at("14:03:07"), Directors: []state.Director{d}})
	if screen := text(m.Lines()); !strings.Contains(screen, ">tcp [2001:db8:1111:2222:3333:44… panic  ") {
		t.Error(screen)
	}
}

// What the check found, what it failed at, and what it could not ask are different words.
func TestCheckCell(t *testing.T) {
	good, bad := []int64{900}, []int64{900, state.Failed}
	for _, c := range []struct {
		r    state.Real
		want string
	}{
		{state.Real{Past: good, Took: 900}, "0.9ms"},
		{state.Real{Past: bad, Said: "refused"}, "fail"},
		{state.Real{Past: bad, Said: lost, Path: lost}, "path"},
		{state.Real{Past: bad, Said: "refused", Path: lost}, "fail"}, // the path was asked before
		{state.Real{Past: good, Took: 900, Path: "cannot be asked"}, "path?"},
	} {
		if got := checkCell(nil, row{real: &c.r}); got.text != c.want {
			t.Errorf("%+v: %s, want %s", c.r, got.text, c.want)
		}
	}
}

// A slow start is told of servers that are up only: a weight of 0 of a drained one is an order's.
func TestGrowing(t *testing.T) {
	for is, want := range map[string]string{"up": "up, slow", "draining": "draining", "down": "down"} {
		r := &state.Real{State: is, Growing: true, Weight: 3, Configured: 10}
		if got := stateCell(nil, row{real: r}).text; got != want {
			t.Errorf("%s: %s", is, got)
		}
	}
}

// Whatever the size, the data and the keys: as many lines as the terminal has, none wider, and
// nothing that steers it.
func TestEverySize(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var keys []Key
	for _, b := range bindings() {
		keys = append(keys, b.keys...)
	}
	keys = append(keys, Enter, Escape, Backspace, "y", "ü")
	m := shown()
	for range 4000 {
		m.Resize(rnd.IntN(160), rnd.IntN(50))
		switch rnd.IntN(12) {
		case 0:
			m.Show(Snapshot{At: at("14:03:08"), Why: "a\x1b[2Jb\r\n"})
		case 1:
			m.Show(Snapshot{At: at("14:03:08"), Cluster: cluster(), Directors: []state.Director{director(), director()}})
		case 2:
			m.Show(Snapshot{At: at("14:03:08"), Cluster: cluster(), Directors: []state.Director{steadied(), director()}})
		default:
			m.Press(keys[rnd.IntN(len(keys))])
		}
		lines := m.Lines()
		if len(lines) != m.height {
			t.Fatalf("%d lines of %d", len(lines), m.height)
		}
		for _, l := range lines {
			if n := len([]rune(l.Text())); n > m.width {
				t.Fatalf("%d columns of %d: %s", n, m.width, l.Text())
			}
			if strings.ContainsAny(l.Text(), "\x1b\r\n") {
				t.Fatalf("control characters: %q", l.Text())
			}
		}
	}
}

// A line of 80 columns tells everything without colour.
func TestWords(t *testing.T) {
	screen := text(shown().Lines())
	for _, word := range []string{"! link lvsstandby.gunnm.xyz:eth1 is dead", "draining", "down", "fail", ">"} {
		if !strings.Contains(screen, word) {
			t.Errorf("%s is not told:\n%s", word, screen)
		}
	}
}

func TestAmount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 99999: "99999", 100_000: "100k", 999_499: "999k", 999_600: "1M", 1_234_567: "1.23M", 1 << 63: "9.22E"} {
		if got := amount(n); got != want || len(got) > 5 {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
