package decision

import (
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// Chart is a record as bars and marks on a line of time. Offsets are from the beginning of the
// record. A row may begin before From: silence is long and would leave no room for the rest.
type Chart struct {
	Head     string // number and time
	Title    string
	Moved    string // what this node held and then held; "" if nothing moved
	From, To time.Duration
	Rows     []Row
}

// Row is one line of a chart.
type Row struct {
	Label    string
	From, To time.Duration // equal: a moment
	Mark     Mark
	Note     string // how long it took, or what came of it
}

// Mark is what a row shows.
type Mark rune

// The marks, as they are drawn.
const (
	Silence Mark = '.' // nothing was heard of a node
	Work    Mark = '#'
	Failed  Mark = '!' // work that failed
	Said    Mark = '>'
	Heard   Mark = '<'
	Moment  Mark = '*'
	Running Mark = '~' // work whose end is not known
)

// Chart returns the picture of a record: the silence of the node it is about, what began it, the
// work, and what was said to the cluster. Lines of the log are left to Text.
func (r *Record) Chart(zone *time.Location) Chart {
	c := Chart{Head: fmt.Sprintf("%d  %s", r.ID, r.Begun.In(zone).Format("2006-01-02 15:04:05")), Title: r.Title()}
	if r.Before != r.After && r.Done {
		c.Moved = fmt.Sprintf("%s → %s", r.Before, r.After)
	}
	for _, in := range r.Inputs {
		if in.Node == r.Subject && in.Silent > 0 && r.Cause == Death {
			ms := time.Duration(in.Silent) * time.Millisecond
			c.add(Row{"silence of " + in.Node, -ms, 0, Silence, long(ms)})
		}
	}
	began := r.Cause
	if r.Follows != nil && r.Follows.ID == r.ID {
		began = r.Follows.Cause
	}
	c.add(Row{string(began), 0, 0, Moment, ""})
	end := r.lastly()
	for _, s := range r.Steps {
		if row, there := s.row(r.Begun, end); there {
			c.add(row)
		}
	}
	if r.Done {
		c.add(Row{"at rest", r.Ended.Sub(r.Begun), r.Ended.Sub(r.Begun), Moment, long(r.Ended.Sub(r.Begun))})
	}
	c.From = max(c.From, -c.To/2)
	return c
}

// lastly is the last moment that is known.
func (r *Record) lastly() time.Duration {
	last := time.Duration(0)
	if !r.Ended.IsZero() {
		last = r.Ended.Sub(r.Begun)
	}
	for _, s := range r.Steps {
		last = max(last, s.At.Sub(r.Begun)+time.Duration(s.Took)*time.Millisecond)
	}
	return last
}

func (c *Chart) add(row Row) {
	c.Rows = append(c.Rows, row)
	c.From, c.To = min(c.From, row.From), max(c.To, row.To)
}

func (s *Step) row(begun time.Time, end time.Duration) (Row, bool) {
	at, took := s.At.Sub(begun), time.Duration(s.Took)*time.Millisecond
	switch {
	case s.Kind == StepJob && s.Took == 0:
		return Row{brief(s.Text), at, max(at, end), Running, "not ended"}, true
	case s.Took > 0 && s.Code != 0:
		return Row{brief(s.Text), at, at + took, Failed, fmt.Sprintf("exit %d", s.Code)}, true
	case s.Took > 0:
		return Row{brief(s.Text), at, at + took, Work, long(took)}, true
	case s.Kind == StepSend:
		return Row{"said " + brief(s.Text), at, at, Said, ""}, true
	case s.Kind == StepHear:
		return Row{"heard " + brief(s.Text), at, at, Heard, ""}, true
	case s.Kind == StepCause:
		return Row{s.Text, at, at, Moment, ""}, true
	}
	return Row{}, false
}

// brief leaves out of a step what says little: a chart has narrow labels.
func brief(text string) string {
	if _, rest, found := strings.Cut(text, " script "); found {
		text = rest
	}
	return strings.NewReplacer("rsc_hold=", "", " rtype=full", "").Replace(text)
}

// long is a time with as many digits as say something.
func long(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 100*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Truncate(time.Second).String()
}

// The columns of a chart in text.
const (
	labelColumns = 34
	chartColumns = 32
)

// Text draws the chart in 80 columns. Nothing in it depends on colour.
func (c Chart) Text(w io.Writer) {
	head := c.Head
	if c.Moved != "" {
		head += "  " + c.Moved
	}
	fmt.Fprintln(w, head)
	wrap(w, "  ", c.Title)
	from, to := c.span(c.From), c.span(c.To)
	fmt.Fprintf(w, "  %-*s%s%s%s\n", labelColumns, "", from, strings.Repeat(" ", max(1, chartColumns-len(from)-len(to))), to)
	for _, row := range c.Rows {
		line := fmt.Sprintf("  %-*s%s %s", labelColumns, short(row.Label, labelColumns-1), c.bar(row), row.Note)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// bar is the chart's part of a row. What is shorter than a column is one.
func (c Chart) bar(row Row) string {
	from := max(c.column(row.From), 0)
	to := min(max(c.column(row.To), from+1), chartColumns)
	from = min(from, to-1)
	drawn := strings.Repeat(string(row.Mark), to-from)
	if row.From < c.From {
		drawn = "…" + drawn[1:]
	}
	return strings.Repeat(" ", from) + drawn + strings.Repeat(" ", chartColumns-to)
}

func (c Chart) column(at time.Duration) int {
	whole := c.To - c.From
	if whole <= 0 {
		return 0
	}
	return int(math.Round(float64(at-c.From) / float64(whole) * chartColumns))
}

// span is an end of the axis; milliseconds on one that is shorter than a second.
func (c Chart) span(d time.Duration) string {
	if c.To-c.From < time.Second {
		return fmt.Sprintf("%+d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%+.2f s", d.Seconds())
}

func short(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
