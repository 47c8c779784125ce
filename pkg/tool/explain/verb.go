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
		Name: "explain", Args: "[EVENT]", Summary: "tell why resources moved", Setup: setup, Takes: tool.Records, Words: append([]string{"last"}, kinds()...),
		About: `Tells what happened on this node and why, from the records that heartbeat keeps in
/var/lib/heartbeat/decisions: what began it (a crash, a stop, a dead link, a ping
node, a command, a stall), what was known of the other node at that moment, the
rule that followed, the work that was done with its times, and the log lines.
Each node records its own side, so ask both.

EVENT is last, a number of --list, a time (14:03, 2026-11-21 14:03:07; the record
nearest to it), or a cause, of which it is the last:
  start, stop, reload, peer-stop, death, return, partition, link, ping-loss,
  standby, takeover, failback, failed-start, ipfail, stall
`,
		Exits: []tool.Exit{
			{Code: exitTold, Meaning: "told"},
			{Code: exitNone, Meaning: "there is no such record"},
			{Code: exitFailed, Meaning: "the record, or one of the list, cannot be read"},
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
	if o.list && len(c.Args) > 0 {
		return c.Wrong("explain", "--list takes no event")
	}
	wanted, err := parseEvent(c.Args, time.Now().In(o.zone()))
	if err != nil {
		return c.Wrong("explain", "%v", err)
	}
	ids, err := ring.List(o.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(ids) == 0:
		return c.Failed("explain", exitNone, errors.New("there are no decision records"))
	case err != nil:
		return c.Failed("explain", exitFailed, err)
	case wanted.id != 0:
		ids = []int{wanted.id}
	}
	records, err := ring.ReadAll(o.dir, ids)
	code := exitTold
	if err != nil { // those that can be read are told all the same
		code = c.Failed("explain", exitFailed, err)
	}
	if o.list {
		o.all(c, records)
		return code
	}
	return o.one(c, wanted.pick(records), err)
}

// one tells a record, or why there is none.
func (o *options) one(c tool.Call, rec *decision.Record, err error) int {
	switch {
	case rec != nil:
		o.tell(c, rec)
		return exitTold
	case errors.Is(err, fs.ErrNotExist):
		return exitNone
	case err != nil:
		return exitFailed
	}
	return c.Failed("explain", exitNone, errors.New("there is no such record"))
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

func (o *options) all(c tool.Call, records []*decision.Record) {
	for _, rec := range records {
		fmt.Fprintln(c.Stdout, rec.Line(o.zone()))
	}
}
