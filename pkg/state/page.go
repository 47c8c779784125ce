package state

import (
	"fmt"
	"io"
	"strings"
	"time"

	"systole/pkg/cells"
)

// Page writes the document for a terminal of 80 columns: the last events of it. Nothing in it
// depends on colour. Times are shown in the given zone.
func (d *Document) Page(w io.Writer, zone *time.Location, events int) {
	p := page{w: w, d: d, zone: zone}
	p.head()
	p.nodes()
	p.groups()
	p.rest()
	for i := range d.Directors {
		p.director(&d.Directors[i])
	}
	p.events(events)
}

type page struct {
	w    io.Writer
	d    *Document
	zone *time.Location
}

// width is the terminal's; longer lines are cut.
const width = 80

func (p *page) line(format string, args ...any) {
	text := strings.TrimRight(cells.Clean(fmt.Sprintf(format, args...)), " ")
	fmt.Fprintln(p.w, cells.Cut(text, width))
}

func (p *page) head() {
	a := &p.d.Daemon
	p.line("%s: %s, generation %d, pid %d, up %s", a.Node, a.Status, a.Generation, a.PID, span(p.d.Time.Sub(a.Started)))
	r := &p.d.Resources
	state := "at rest"
	switch {
	case a.Stopping:
		state = "stopping"
	case !r.Settled:
		state = "in transition"
	}
	p.line("holds %s since %s, %s; auto_failback %s", r.Holds, p.clock(r.Since), state, a.Failback)
	for _, text := range p.d.Degraded() {
		p.line("! %s", text)
	}
}

func (p *page) nodes() {
	p.line("")
	p.line("%-34s%-8s%-9s%9s%9s%10s", "NODE, PATH", "STATUS", "SINCE", "HEARD", "EVERY", "JITTER")
	for _, n := range p.d.Nodes {
		p.node(n)
	}
	for _, n := range p.d.Pings {
		p.ping(n)
	}
}

func (p *page) node(n Node) {
	name := n.Name
	if n.Systole {
		name += " (systole)"
	}
	if n.Self {
		p.line("%s%-8s%s", cell(n.Name+" (here)", 34), n.Status, p.clock(n.Since))
		return
	}
	p.line("%s%-8s%-9s%9s", cell(name, 34), n.Status, p.clock(n.Since), age(n.Age))
	for _, way := range n.Paths {
		status := "dead"
		if way.Up {
			status = "up"
		}
		p.line("  %s%-8s%-9s%9s%9s%10s", cell(way.Name, 32), status, "", age(way.Age), millis(way.Interval), micros(way.Jitter))
	}
	if n.View != nil {
		p.wrapped("  its view: ", n.View.Words(p.d.Daemon.Node))
	}
}

// wrapped writes a text on as many lines as it needs, indented by its head.
func (p *page) wrapped(head, text string) {
	line := head
	for i, word := range strings.Fields(text) {
		if i > 0 && cells.Width(line)+cells.Width(word) > width {
			p.line("%s", line)
			line = strings.Repeat(" ", len(head))
		}
		line += word + " "
	}
	p.line("%s", line)
}

// ping shows a ping node, which has one path.
func (p *page) ping(n Node) {
	var way Path
	if len(n.Paths) > 0 {
		way = n.Paths[0]
	}
	p.line("%s%-8s%-9s%9s%9s%10s", cell(n.Name, 34), n.Status, p.clock(n.Since), age(n.Age), millis(way.Interval), micros(way.Jitter))
}

func (p *page) groups() {
	if len(p.d.Resources.Groups) == 0 {
		return
	}
	p.line("")
	p.line("%-40s%-20s%s", "GROUP", "OWNER", "HOLDER")
	for _, g := range p.d.Resources.Groups {
		holder := g.Holder
		if holder == "" {
			holder = "-"
		}
		p.line("%s%s%s", cell(strings.Join(g.Words, " "), 40), cell(g.Owner, 20), holder)
	}
}

func (p *page) rest() {
	var clients []string
	for _, c := range p.d.Clients {
		clients = append(clients, c.Name)
	}
	p.line("")
	p.line("clients: %s", orNone(clients))
	for _, j := range p.d.Jobs {
		p.line("job #%d since %s: %s", j.ID, p.clock(j.At), j.What)
	}
}

func (p *page) events(most int) {
	all := p.d.Events
	all = all[max(0, len(all)-most):]
	if len(all) > 0 {
		p.line("")
	}
	for _, e := range all {
		p.line("%s  %s", p.clock(e.At), e.Text)
	}
}

// clock is the time of the day, or the date of another day.
func (p *page) clock(at time.Time) string {
	at, now := at.In(p.zone), p.d.Time.In(p.zone)
	switch {
	case at.Year() <= 1:
		return "-"
	case at.YearDay() == now.YearDay() && at.Year() == now.Year():
		return at.Format("15:04:05")
	}
	return at.Format("Jan _2")
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// cell is a text in the left of so many columns, with a blank after it.
func cell(text string, width int) string { return cells.Fit(text, width-1, false) + " " }

func age(ms int64) string {
	if ms < 0 {
		return "never"
	}
	return fmt.Sprintf("%.1fs", float64(ms)/1000)
}

func millis(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fs", float64(ms)/1000)
}

func micros(us int64) string { return fmt.Sprintf("%.1fms", float64(us)/1000) }

// span is a long time in its two largest units.
func span(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
