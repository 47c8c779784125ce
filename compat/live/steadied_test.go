package live

import (
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/pkg/state"
)

// The servers of a director with the directives that are off by default: one is down and serves in a panic, one
// comes back slowly, one fell too often, one does not have the virtual's address.
const (
	panicking = "192.0.2.81:25"
	growing   = "192.0.2.82:80"
	held      = "192.0.2.83:80"
	pathless  = "192.0.2.84:80"
	pathSays  = "no answer for 192.0.2.10:80, sent to the MAC address of 192.0.2.84: see if it has 192.0.2.10 on lo"
)

// steadied is what such a director tells.
func steadied() []byte {
	now := time.Now()
	good, bad := []int64{900, 1100, 900, 1000}, []int64{900, 1100, state.Failed, state.Failed}
	doc := state.DirectorDocument{Version: state.Version, Director: state.Director{Name: "steady.cf", Running: true, Phase: "running", Started: now, Time: now,
		Virtuals: []state.Virtual{
			{Name: "192.0.2.10:25", ID: "tcp:192.0.2.10:25", Scheduler: "wlc", Check: "negotiate smtp", Interval: 5000, Panic: true, Reals: []state.Real{
				{Name: panicking, State: "down", Listed: true, Weight: 10, Configured: 10, Since: now, Checked: now, Past: bad, Said: "connection refused"}}},
			{Name: "192.0.2.10:80", ID: "tcp:192.0.2.10:80", Scheduler: "wlc", Check: "negotiate http", Interval: 5000, Reals: []state.Real{
				{Name: growing, State: "up", Up: true, Growing: true, Listed: true, Weight: 3, Configured: 10, Since: now, Checked: now, Past: good, Took: 1000, Said: "Success"},
				{Name: held, State: "held", HeldUntil: now.Add(10 * time.Minute), Configured: 10, Since: now, Checked: now, Past: good, Took: 1000, Said: "Success"},
				{Name: pathless, State: "down", Path: pathSays, Configured: 10, Since: now, Checked: now, Past: bad, Said: pathSays}}}}}}
	return doc.Encode()
}

// A terminal without colours tells of panic, hold, slow start and broken path in its rows, and what is to be done
// below them: on 80 columns all of it.
func TestSteadied(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	h := newDesk(t, l, "desk", nil)
	if err := h.WriteFile("/root/steady.json", steadied(), 0o644); err != nil {
		t.Fatal(err)
	}
	const run = "/run/ldirectord.steady.cf."
	lab.OK(h.Start("sh", "-c", "echo $$ > "+run+"pid; exec "+lab.Self+" lab:told "+run+"state /root/steady.json"))(t)
	for _, c := range []struct {
		name       string
		cols, rows int
		env        string
		words      []string // of the detail of the server without a path
	}{
		{"steadied", 80, 24, "LANG=C.UTF-8 NO_COLOR=1", []string{"path: no answer for 192.0.2.10:80, sent to the MAC", "see if it has 192.0.2.10 on lo"}},
		{"steadied-ascii", 80, 24, "LC_ALL=C NO_COLOR=1", []string{"path: no answer for 192.0.2.10:80, sent to the MAC", "see if it has 192.0.2.10 on lo"}},
		{"steadied-60x18", 60, 18, "LANG=C.UTF-8 NO_COLOR=1", []string{"path: no answer for 192.0.2.10:80"}},
	} {
		p := openPane(t, h, c.name, c.cols, c.rows, "env "+c.env+" systole top --interval 200ms")
		p.shows("tcp 192.0.2.10:25 wlc panic", panicking, growing, "up, slow", held, "held ")
		p.press("/", "8", "4", "Enter", "G")
		screen := p.shows(append(c.words, pathless, "down since ")...)
		t.Logf("%s\n%s", c.name, screen)
		if c.cols >= 80 && !strings.Contains(screen, "    path ") {
			t.Errorf("%s: the check does not say that it failed at the path\n%s", c.name, screen)
		}
		if colours := p.tmux("capture-pane", "-p", "-e"); colour.MatchString(colours) {
			t.Errorf("%s: colours: %q", c.name, colours)
		}
		p.tmux("kill-server")
	}
}
