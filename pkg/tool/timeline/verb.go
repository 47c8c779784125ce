// Package timeline is the verb "systole timeline": it draws what happened on this node lately, from
// its decision records.
//
//	/var/lib/heartbeat/decisions/*.json ──since──▶ charts ──▶ text | an SVG picture
package timeline

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/decision"
	"systole/pkg/decision/ring"
	"systole/pkg/tool"
)

// The exit codes.
const (
	exitDrawn  = 0
	exitNone   = 1
	exitFailed = 2
)

// Verb describes "systole timeline".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "timeline", Summary: "draw what happened lately", Setup: setup,
		About: `Draws each occasion since a time on a line of time: how long a dead node had been
silent, the work that was done and how long it took, what was said to the other
node, and when this node was at rest again. The marks are
  .  silence        #  work          !  work that failed
  >  said           <  heard         ~  work that has not ended
  *  a moment
The records are those that systole explain tells.
`,
		Exits: []tool.Exit{
			{Code: exitDrawn, Meaning: "drawn"},
			{Code: exitNone, Meaning: "there is no record since then"},
			{Code: exitFailed, Meaning: "the records cannot be read, or the picture cannot be written"},
		},
	}
}

// options are those of the command line.
type options struct {
	dir, svg string
	since    time.Duration
	utc      bool
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.DurationVar(&o.since, "since", 24*time.Hour, "go so far back (90s, 10m, 48h)")
	flags.StringVar(&o.svg, "svg", "", "write a picture into `FILE`, - is standard output")
	flags.BoolVar(&o.utc, "utc", false, "print times in UTC, not in the local zone")
	flags.StringVar(&o.dir, "dir", ring.Dir, "read the records in `DIR`")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) > 0 {
		return c.Wrong("timeline", "it takes no arguments")
	}
	code := exitDrawn
	records, err := o.records(time.Now())
	if err != nil {
		code = c.Failed("timeline", exitFailed, err)
	}
	if len(records) == 0 {
		if code == exitDrawn {
			code = c.Failed("timeline", exitNone, fmt.Errorf("there is no record of the last %v", o.since))
		}
		return code
	}
	if err := o.draw(c, records); err != nil {
		return c.Failed("timeline", exitFailed, err)
	}
	return code
}

// records are those since then, oldest first. One that cannot be read does not hide the others.
func (o *options) records(now time.Time) (found []*decision.Record, err error) {
	ids, err := ring.List(o.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	all, err := ring.ReadAll(o.dir, ids)
	return slices.DeleteFunc(all, func(r *decision.Record) bool { return r.Begun.Before(now.Add(-o.since)) }), err
}

func (o *options) draw(c tool.Call, records []*decision.Record) error {
	zone := time.Local
	if o.utc {
		zone = time.UTC
	}
	var charts []decision.Chart
	for _, rec := range records {
		charts = append(charts, rec.Chart(zone))
	}
	if o.svg != "" {
		var b bytes.Buffer
		decision.SVG(&b, charts)
		if o.svg == "-" {
			_, err := c.Stdout.Write(b.Bytes())
			return err
		}
		return os.WriteFile(o.svg, b.Bytes(), 0o644)
	}
	for i, chart := range charts {
		if i > 0 {
			fmt.Fprintln(c.Stdout)
		}
		chart.Text(c.Stdout)
	}
	return nil
}
