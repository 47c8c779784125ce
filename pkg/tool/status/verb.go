// Package status is the verb "systole status": it asks the daemon of this machine for its state
// document and shows it on a page of 80 columns, or as JSON.
//
//	/run/heartbeat/state ──one document──▶ + /run/ldirectord.*.state ──▶ page | JSON
package status

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/state"
	"systole/pkg/tool"
	"systole/pkg/tool/here"
)

// The exit codes.
const (
	exitWell     = 0
	exitDegraded = 1
	exitFailed   = 2
	exitStopped  = 3
	exitDenied   = 4
)

// Verb describes "systole status".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "status", Summary: "show nodes, links, resources and the last events", Setup: setup,
		About: `Shows what the heartbeat daemon of this machine knows: the nodes and the paths to
them with the age, the interval and the jitter of their heartbeats, the groups
and who holds them, ping nodes, clients, running work, and what happened last.
Of each ldirectord it shows the virtual and real servers with their state, weight,
connections and last check, and what operators ordered. Lines with ! tell what is
not as it should be. It reads /run/heartbeat/state and /run/ldirectord.*.state and
may be run by root and group haclient.
`,
		Exits: []tool.Exit{
			{Code: exitWell, Meaning: "all is well"},
			{Code: exitDegraded, Meaning: "something is dead or down, held by nobody, or in transition"},
			{Code: exitFailed, Meaning: "the daemon does not answer as it should"},
			{Code: exitStopped, Meaning: "the daemon is not running"},
			{Code: exitDenied, Meaning: "this user may not ask"},
		},
	}
}

// options are those of the command line.
type options struct {
	socket  string
	pids    string
	json    bool
	utc     bool
	events  int
	timeout time.Duration
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.BoolVar(&o.json, "json", false, "print the document as JSON")
	flags.IntVar(&o.events, "events", 5, "show the last `N` events")
	flags.BoolVar(&o.utc, "utc", false, "print times in UTC, not in the local zone")
	flags.StringVar(&o.socket, "socket", here.Socket, "ask at `PATH`")
	flags.StringVar(&o.pids, "director-pids", here.PIDs, "`PATTERN` of the pid files of ldirectord")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "wait so long for the answer")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) > 0 {
		return c.Wrong("status", "it takes no arguments")
	}
	doc, err := here.Heartbeat(o.socket, o.timeout)
	directors := here.Directors(o.pids, o.timeout)
	switch {
	case errors.Is(err, here.ErrNotRunning):
		o.showDirectors(c.Stdout, directors)
		return c.Failed("status", exitStopped, err)
	case errors.Is(err, fs.ErrPermission):
		return c.Failed("status", exitDenied, err)
	case err != nil:
		return c.Failed("status", exitFailed, err)
	}
	doc.Directors = directors
	o.show(c.Stdout, doc)
	if len(doc.Degraded()) > 0 {
		return exitDegraded
	}
	return exitWell
}

// showDirectors shows what there is on a machine without heartbeat.
func (o *options) showDirectors(w io.Writer, all []state.Director) {
	if o.json {
		o.show(w, &state.Document{Version: state.Version, Time: time.Now(), Directors: all})
		return
	}
	for i := range all {
		all[i].Page(tool.Readable(w), o.zone())
	}
}

func (o *options) show(w io.Writer, doc *state.Document) {
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		enc.Encode(doc)
		return
	}
	doc.Page(tool.Readable(w), o.zone(), max(0, o.events))
}

func (o *options) zone() *time.Location {
	if o.utc {
		return time.UTC
	}
	return time.Local
}
