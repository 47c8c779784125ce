package director

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"systole/pkg/golden"
	"systole/pkg/ipvs"
)

var update = flag.Bool("update", false, "rewrite testdata/*.txt")

// TestScripts runs testdata/*.txt: lines that begin with ">" are commands, the lines below each
// are what the machine did, with seconds since the start.
func TestScripts(t *testing.T) {
	golden.Each(t, runScript)
}

func runScript(t *testing.T, file string) {
	ar := golden.Read(t, file)
	w := newWorld()
	var got strings.Builder
	for _, line := range strings.Split(strings.TrimSuffix(string(ar.Comment), "\n"), "\n") {
		switch {
		case strings.HasPrefix(line, "#"), line == "":
			fmt.Fprintln(&got, line)
		case strings.HasPrefix(line, ">"):
			fmt.Fprintln(&got, line)
			w.command(t, ar, strings.Fields(line[1:]))
			for _, l := range w.trace {
				fmt.Fprintln(&got, l)
			}
			w.trace = nil
		}
	}
	for _, p := range w.problems {
		t.Error(p)
	}
	ar.Comment = []byte(got.String())
	golden.File(t, *update, file, string(txtar.Format(ar)))
}

// command carries out one line of a script.
func (w *world) command(t *testing.T, ar *txtar.Archive, f []string) {
	switch f[0] {
	case "file":
		w.config = fileOf(t, ar, f[1])
	case "start":
		w.start(t)
		w.advance(2 * time.Millisecond)
	case "reload":
		w.step(Hangup{})
		w.advance(3 * time.Millisecond)
	case "changed":
		w.step(FileChanged{})
		w.advance(3 * time.Millisecond)
	case "stop":
		w.step(Stop{f[1]})
	case "advance":
		d, err := time.ParseDuration(f[1])
		if err != nil {
			t.Fatal(err)
		}
		w.advance(d)
	case "server":
		w.servers[f[1]] = server{f[2], strings.Join(f[3:], " ")}
	case "path":
		w.paths[f[1]] = Path{pathStates[f[2]], strings.Join(f[3:], " ")}
	case "view":
		w.trace = viewLines(w.m.View())
	case "maintenance":
		var m Maintenance
		for _, a := range f[1:] {
			m.Reals = append(m.Reals, netip.MustParseAddrPort(a))
		}
		w.step(m)
	case "order", "revoke":
		w.order(t, f[1:], f[0] == "revoke")
	case "refuse":
		w.refuse = strings.Join(f[1:], " ")
	case "unreadable":
		w.unread = errors.New(strings.Join(f[1:], " "))
	case "deaf":
		w.deaf = true
	case "all":
		w.all = true
	case "hand":
		w.hand(t, f[1:])
	case "table":
		w.trace = strings.Split(strings.TrimSuffix(w.kernel.String(), "\n"), "\n")
		if len(w.kernel) == 0 {
			w.trace = []string{"(empty)"}
		}
	default:
		t.Fatalf("unknown command %q", f[0])
	}
}

var pathStates = map[string]PathState{"good": PathGood, "refused": PathRefused, "broken": PathBroken, "unknown": PathUnknown}

// viewLines shows what is told of virtuals and reals beyond the table.
func viewLines(view View) (lines []string) {
	for _, v := range view.Virtuals {
		lines = append(lines, fmt.Sprintf("%s fallback=%v panic=%v", v.Config.Name, v.Fallback, v.Panic))
		for _, r := range v.Reals {
			line := fmt.Sprintf("  %s %s weight=%d growing=%v", netip.AddrPortFrom(r.Config.Addr, r.Config.Port), r.State, r.Weight, r.Growing)
			if !r.Held.IsZero() {
				line += fmt.Sprintf(" held=%.3f", r.Held.Sub(began).Seconds())
			}
			if r.Path != (Path{}) {
				line += fmt.Sprintf(" path=%d %s", r.Path.State, r.Path.Text)
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func fileOf(t *testing.T, ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	t.Fatalf("no file %s", name)
	return ""
}

// hand changes the kernel's table behind the machine's back:
// add VIP:P [scheduler], del VIP:P, add VIP:P RIP:P weight, del VIP:P RIP:P.
func (w *world) hand(t *testing.T, f []string) {
	c := ipvs.Change{Service: ipvs.Service{ServiceID: ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(f[1])), Scheduler: "wlc"}}
	switch {
	case len(f) == 2 && f[0] == "add":
		c.Op = ipvs.AddService
	case len(f) == 2:
		c.Op = ipvs.DelService
	default:
		c.Op, c.Dest.Addr, c.Dest.Forward = ipvs.DelDest, netip.MustParseAddrPort(f[2]), ipvs.Route
		if f[0] == "add" {
			c.Op = ipvs.AddDest
			fmt.Sscan(f[3], &c.Dest.Weight)
		}
	}
	var err error
	if w.kernel, err = w.kernel.Apply([]ipvs.Change{c}); err != nil {
		t.Fatal(err)
	}
}
