// Package status is the verb "systole status": it asks the daemon of this machine for its state
// document and shows it on a page of 80 columns, or as JSON.
//
//	/run/heartbeat/state ──one document──▶ + /run/ldirectord.*.pid ──▶ page | JSON
package status

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/proc"
	"systole/pkg/state"
	"systole/pkg/tool"
)

// Socket is where the daemon listens.
const Socket = "/run/heartbeat/state"

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
Lines with ! tell what is not as it should be. It reads one document from the
socket /run/heartbeat/state and may be run by root and group haclient.
`,
		Exits: []tool.Exit{
			{Code: exitWell, Meaning: "all is well"},
			{Code: exitDegraded, Meaning: "a node or link is dead, nobody holds a group, or resources are in transition"},
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
	flags.StringVar(&o.socket, "socket", Socket, "ask at `PATH`")
	flags.StringVar(&o.pids, "director-pids", "/run/ldirectord.*.pid", "`PATTERN` of the pid files of ldirectord")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "wait so long for the answer")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) > 0 {
		return c.Wrong("status", "it takes no arguments")
	}
	doc, err := Ask(o.socket, o.timeout)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return c.Failed("status", exitStopped, errors.New("heartbeat is not running here"))
	case errors.Is(err, fs.ErrPermission):
		return c.Failed("status", exitDenied, fmt.Errorf("%w; be root or of group haclient", err))
	case err != nil:
		return c.Failed("status", exitFailed, err)
	}
	doc.Directors = directors(o.pids)
	o.show(c.Stdout, doc)
	if len(doc.Degraded()) > 0 {
		return exitDegraded
	}
	return exitWell
}

func (o *options) show(w io.Writer, doc *state.Document) {
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		enc.Encode(doc)
		return
	}
	zone := time.Local
	if o.utc {
		zone = time.UTC
	}
	doc.Page(w, zone, max(0, o.events))
}

// maxDocument bounds what is read; a pair's document has a few kilobytes.
const maxDocument = 4 << 20

// Ask reads the document of the daemon at a socket. The error is that of the connection, or says
// what is wrong with the document.
func Ask(socket string, timeout time.Duration) (*state.Document, error) {
	conn, err := net.DialTimeout("unix", socket, timeout)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(timeout))
	text, err := io.ReadAll(io.LimitReader(conn, maxDocument))
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, errors.New("the daemon closed the connection without an answer")
	}
	return state.Decode(text)
}

// directors finds the instances of ldirectord by their pid files.
func directors(pattern string) []state.Director {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil
	}
	var all []state.Director
	for _, path := range paths {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "ldirectord."), ".pid")
		pid, err := proc.ReadPID(path)
		all = append(all, state.Director{Name: name, PID: pid, Running: err == nil && proc.Runs(pid, "ldirectord")})
	}
	return all
}
