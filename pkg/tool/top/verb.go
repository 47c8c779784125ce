// Package top is the verb "systole top": it asks the daemons of this machine again and again, and
// shows what they tell on the terminal. What is shown is decided by package view.
//
//	asker ──Snapshot──▶ ┌──────┐ ──Lines──▶ screen
//	keys, sizes ──────▶ │ loop │
//	answers ──────────▶ └──────┘ ──Order──▶ a goroutine, one at a time
//
// On a pipe or a terminal that can do nothing it writes the same as lines, once an interval.
package top

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"systole/pkg/tool"
	"systole/pkg/tool/here"
	"systole/pkg/view"
)

// The exit codes.
const (
	exitQuit   = 0
	exitFailed = 2
)

// Verb describes "systole top".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "top", Summary: "watch the cluster and the virtual servers on the terminal", Setup: setup,
		About: `Shows, again and again, what heartbeat and ldirectord of this machine know: nodes and
paths, who holds what, the virtual server table with connections, rates, the last
checks and how long they took, and what happened. Keys sort, filter, pause, and
drain a real server; ? explains them. Everything is told in words: colour is not
needed, and NO_COLOR turns it off. Without a terminal, or on one that cannot move
its cursor, it writes lines.
`,
		Exits: []tool.Exit{
			{Code: exitQuit, Meaning: "it was told to quit"},
			{Code: exitFailed, Meaning: "the terminal cannot be used"},
		},
	}
}

// options are those of the command line.
type options struct {
	socket, pids string
	interval     time.Duration
	timeout      time.Duration
	lines, utc   bool
	count        int
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.DurationVar(&o.interval, "interval", time.Second, "ask so often")
	flags.BoolVar(&o.lines, "lines", false, "write lines, also on a terminal")
	flags.IntVar(&o.count, "count", 0, "end after `N` times; with lines only")
	flags.BoolVar(&o.utc, "utc", false, "show times in UTC, not in the local zone")
	flags.StringVar(&o.socket, "socket", here.Socket, "ask heartbeat at `PATH`")
	flags.StringVar(&o.pids, "director-pids", here.PIDs, "`PATTERN` of the pid files of ldirectord")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "wait so long for an answer")
	return func(c tool.Call) int { return o.run(c) }
}

// leastInterval keeps a watcher from being a load.
const leastInterval = 100 * time.Millisecond

func (o *options) run(c tool.Call) int {
	switch {
	case len(c.Args) > 0:
		return c.Wrong("top", "it takes no arguments")
	case o.interval < leastInterval:
		return c.Wrong("top", "--interval is at least %v", leastInterval)
	}
	if o.lines || !canMove(c) {
		return o.writeLines(c)
	}
	err := o.watch()
	if err != nil {
		return c.Failed("top", exitFailed, err)
	}
	return exitQuit
}

// canMove says whether there is a terminal that can draw: on both ends, and not a dumb one.
func canMove(c tool.Call) bool {
	for _, end := range []any{c.Stdin, c.Stdout} {
		if f, ok := end.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
			return false
		}
	}
	kind := os.Getenv("TERM")
	return kind != "" && kind != "dumb" && kind != "unknown"
}

// snapshot asks everybody once.
func (o *options) snapshot() view.Snapshot {
	var s view.Snapshot
	doc, err := here.Heartbeat(o.socket, o.timeout)
	if err != nil {
		s.Why = strings.TrimPrefix(err.Error(), "heartbeat is ")
	}
	s.Cluster, s.Directors = doc, here.Directors(o.pids, o.timeout)
	s.At = time.Now()
	return s
}

func (o *options) model() *view.Model {
	zone := time.Local
	if o.utc {
		zone = time.UTC
	}
	return view.New(view.Options{Zone: zone, ASCII: !tool.UTF8()})
}

// writeLines writes a page each interval. Who reads no more ends it.
func (o *options) writeLines(c tool.Call) int {
	m := o.model()
	tick := time.NewTicker(o.interval)
	defer tick.Stop()
	for n := 1; ; n++ {
		m.Show(o.snapshot())
		if _, err := fmt.Fprintln(c.Stdout, strings.Join(m.Page(), "\n")); err != nil || n == o.count {
			return exitQuit
		}
		<-tick.C
		fmt.Fprintln(c.Stdout)
	}
}
