package state

import (
	"fmt"
	"io"
	"time"
)

// Page writes what one director tells for a terminal of 80 columns. Times are shown in the given
// zone.
func (d *Director) Page(w io.Writer, zone *time.Location) {
	p := page{w: w, d: &Document{Time: d.Time}, zone: zone}
	for _, text := range d.Degraded() {
		p.line("! %s", text)
	}
	p.director(d)
}

func (p *page) director(d *Director) {
	running := "not running"
	switch {
	case d.Running && d.Phase != "":
		running = fmt.Sprintf("%s, pid %d, up %s", d.Phase, d.PID, span(d.Time.Sub(d.Started)))
	case d.Running:
		running = fmt.Sprintf("running, pid %d", d.PID)
	}
	p.line("ldirectord %s: %s", d.Name, running)
	for i := range d.Orders {
		p.line("order: %s", d.Orders[i].Words(p.zone))
	}
	if len(d.Virtuals) > 0 {
		p.line("")
		p.line("%-31s%-12s%6s%8s%8s%7s%8s", "VIRTUAL, REAL", "STATE", "WEIGHT", "ACTIVE", "INACT", "NEW/S", "CHECK")
	}
	for i := range d.Virtuals {
		p.virtual(&d.Virtuals[i])
	}
}

func (p *page) virtual(v *Virtual) {
	state := ""
	if v.FallbackUsed && v.Fallback != "" {
		state = "fallback"
	}
	if v.Panic {
		state = "panic"
	}
	c := &v.Counters
	p.line("%s%-12s%6s%8d%8d%7d", cell(v.ID+" "+v.Scheduler, 31), state, "", c.Active, c.Inactive, c.CPS)
	for i := range v.Reals {
		r := &v.Reals[i]
		c := &r.Counters
		p.line("  %s%-12s%6s%8d%8d%7d%8s", cell(r.Name+" "+r.Forward, 29), r.State, r.WeightWord(), c.Active, c.Inactive, c.CPS, r.CheckWord())
	}
}

// WeightWord is the weight in the kernel's table, or - for a server that is not in it.
func (r *Real) WeightWord() string {
	if !r.Listed {
		return "-"
	}
	return fmt.Sprint(r.Weight)
}

// CheckWord is how long the last check took; fail for one that failed, - for none.
func (r *Real) CheckWord() string {
	switch {
	case len(r.Past) == 0:
		return "-"
	case r.Past[len(r.Past)-1] == Failed:
		return "fail"
	}
	return micros(r.Took)
}
