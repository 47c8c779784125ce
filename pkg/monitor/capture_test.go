package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"systole/compat/mon"
	"systole/pkg/diag"
	"systole/pkg/monitor"
)

// block is a call of a monitor or of an alert as captured.
type block struct {
	monitor bool
	run     int
	at      int64
	args    []string
	env     []string
	stdin   []string
}

var argument = regexp.MustCompile(`\[([^]]*)\]`)

func blocks(t *testing.T, log string) []block {
	t.Helper()
	var out []block
	for line := range strings.Lines(log) {
		line = strings.TrimRight(line, "\n")
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "== M "):
			_, args, _ := strings.Cut(line, "args=")
			out = append(out, block{monitor: true, run: number(t, words[2]), at: int64(number(t, words[3])), args: strings.Fields(args)})
		case strings.HasPrefix(line, "== A "):
			b := block{at: int64(number(t, words[2]))}
			for _, m := range argument.FindAllStringSubmatch(line, -1) {
				b.args = append(b.args, m[1])
			}
			out = append(out, b)
		case strings.HasPrefix(line, "   |"):
			b := &out[len(out)-1]
			b.stdin = append(b.stdin, line[4:])
		default:
			b := &out[len(out)-1]
			b.env = append(b.env, strings.TrimSpace(line))
		}
	}
	return out
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// result is what m.sh did in its n-th run.
func result(n int) (output string, exit int) {
	switch n {
	case 1, 2:
		return "\nfine\n", 0
	case 3, 4:
		return fmt.Sprintf("h1\ndetail%d\n", n), 1
	case 5, 6:
		return "h1 h2\n", 2
	case 7, 8:
		return "\n", 0
	case 9:
		return "\n", 1
	case 10:
		return "ok\n", 0
	case 11:
		return "", 3
	}
	return "", 0
}

// ended is when the run before a block ended, as its variables tell.
func ended(t *testing.T, b block) int64 {
	last := 0
	for _, v := range b.env {
		for _, name := range []string{"MON_LAST_SUCCESS=", "MON_LAST_FAILURE="} {
			if text, ok := strings.CutPrefix(v, name); ok {
				last = max(last, number(t, text))
			}
		}
	}
	return int64(last)
}

// shown is an environment as the capture has it: first lines, in order.
func shown(env []string) []string {
	var out []string
	for _, v := range env {
		first, _, _ := strings.Cut(v, "\n")
		out = append(out, first)
	}
	slices.Sort(out)
	return out
}

func alertsOf(actions []monitor.Action) []block {
	var out []block
	for _, a := range actions {
		if a, ok := a.(monitor.RunAlert); ok {
			stdin := strings.Split(strings.TrimRight(a.Stdin, "\n"), "\n")
			out = append(out, block{args: a.Args, env: shown(a.Env), stdin: stdin})
		}
	}
	return sorted(out)
}

// sorted puts the alerts of one moment into an order: mon's own is that of a hash.
func sorted(all []block) []block {
	slices.SortFunc(all, func(a, b block) int { return slices.Compare(a.args, b.args) })
	return all
}

func read(t *testing.T, text []byte) *monitor.Config {
	t.Helper()
	cfg, found := mon.Read("mon.cf", text, mon.Options{})
	if diag.Failed(found) {
		t.Fatal(found)
	}
	return cfg
}

// The machine calls what mon 1.3.6 called, with the same arguments, variables and input.
func TestAsMon(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/mon-1.3.6.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := blocks(t, string(archive.Files[1].Data))
	begun := time.Unix(all[0].at, 0)
	m := monitor.New(read(t, archive.Files[0].Data), begun, rand.New(rand.NewPCG(1, 2)))
	pending := m.Step(begun, monitor.Started{})
	got := alertsOf(pending)
	for i := 0; i < len(all); {
		from := i
		for i < len(all) && !all[i].monitor {
			i++
		}
		var want []block
		for _, b := range all[from:i] {
			want = append(want, block{args: b.args, env: b.env, stdin: b.stdin})
		}
		if diff := cmp.Diff(sorted(want), got, cmp.AllowUnexported(block{})); diff != "" {
			t.Errorf("before block %d: -mon +machine\n%s", i, diff)
		}
		if i+1 >= len(all) {
			break
		}
		b := all[i]
		run, ok := runOf(append(pending, m.Step(time.Unix(b.at, 0), monitor.Tick{})...))
		if !ok {
			t.Fatalf("run %d is not begun", b.run)
		}
		ours := block{args: strings.Fields(strings.Join(run.Args, " ")), env: shown(run.Env)}
		if diff := cmp.Diff(block{args: b.args, env: b.env}, ours, cmp.AllowUnexported(block{})); diff != "" {
			t.Errorf("run %d: -mon +machine\n%s", b.run, diff)
		}
		i++
		next := slices.IndexFunc(all[i:], func(b block) bool { return b.monitor })
		if next < 0 {
			break
		}
		output, exit := result(b.run)
		pending = m.Step(time.Unix(ended(t, all[i+next]), 0), monitor.Finished{Service: run.Service, Exit: exit, Output: output})
		got = alertsOf(pending)
	}
}

// runOf finds the run that is begun.
func runOf(actions []monitor.Action) (monitor.RunMonitor, bool) {
	for _, a := range actions {
		if r, ok := a.(monitor.RunMonitor); ok {
			return r, true
		}
	}
	return monitor.RunMonitor{}, false
}
