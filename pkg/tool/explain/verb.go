// Package explain is the verb "systole explain": it tells from the decision records of this node
// why something happened.
//
//	/var/lib/heartbeat/decisions/00000042.json ──▶ a paragraph, then what was done, said and logged
package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/decision"
	"systole/pkg/decision/ring"
	"systole/pkg/tool"
)

// The exit codes.
const (
	exitTold   = 0
	exitNone   = 1
	exitFailed = 2
)

// Verb describes "systole explain".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "explain", Args: "[last|N]", Summary: "tell why resources moved", Setup: setup,
		About: `Tells what happened on this node and why, from the records that heartbeat keeps in
/var/lib/heartbeat/decisions: what began it (a crash, a stop, a dead link, a ping
node, a command, a stall), what was known of the other node at that moment, the
rule that followed, the work that was done with its times, and the log lines.
Each node records its own side. Without an argument it tells the last one.
`,
		Exits: []tool.Exit{
			{Code: exitTold, Meaning: "told"},
			{Code: exitNone, Meaning: "there is no such record"},
			{Code: exitFailed, Meaning: "the records cannot be read"},
		},
	}
}

// options are those of the command line.
type options struct {
	dir             string
	list, json, utc bool
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.BoolVar(&o.list, "list", false, "list the records, the newest last")
	flags.BoolVar(&o.json, "json", false, "print the record as JSON")
	flags.BoolVar(&o.utc, "utc", false, "print times in UTC, not in the local zone")
	flags.StringVar(&o.dir, "dir", ring.Dir, "read the records in `DIR`")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) > 1 || o.list && len(c.Args) > 0 {
		return c.Wrong("explain", "name one record")
	}
	ids, err := ring.List(o.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(ids) == 0:
		return c.Failed("explain", exitNone, errors.New("there are no decision records"))
	case err != nil:
		return c.Failed("explain", exitFailed, err)
	case o.list:
		return o.all(c, ids)
	}
	id, err := number(c.Args, ids)
	if err != nil {
		return c.Wrong("explain", "%v", err)
	}
	rec, err := ring.Read(o.dir, id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.Failed("explain", exitNone, err)
	case err != nil:
		return c.Failed("explain", exitFailed, err)
	}
	o.tell(c, rec)
	return exitTold
}

// number is the record asked for.
func number(args []string, ids []int) (int, error) {
	if len(args) == 0 || args[0] == "last" {
		return ids[len(ids)-1], nil
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is no number of a record", args[0])
	}
	return n, nil
}

func (o *options) tell(c tool.Call, rec *decision.Record) {
	if o.json {
		enc := json.NewEncoder(c.Stdout)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		enc.Encode(rec)
		return
	}
	rec.Text(c.Stdout, o.zone())
}

func (o *options) zone() *time.Location {
	if o.utc {
		return time.UTC
	}
	return time.Local
}

// all lists the records. One that cannot be read is told of and does not hide the others.
func (o *options) all(c tool.Call, ids []int) int {
	code := exitTold
	for _, id := range ids {
		rec, err := ring.Read(o.dir, id)
		if err != nil {
			code = c.Failed("explain", exitFailed, err)
			continue
		}
		fmt.Fprintln(c.Stdout, rec.Line(o.zone()))
	}
	return code
}
