package hacf

import (
	"fmt"
	"time"
)

const timeRemedy = "write seconds (2, 0.5) or a unit ms or us without a blank (500ms); 2s is no time"

// setTime returns the handler of a time directive whose value must be at least least.
func setTime(field func(*Config) *time.Duration, least time.Duration) func(*Reading, Directive, string) {
	return func(r *Reading, d Directive, v string) {
		t, ok := parseTime(v)
		if !ok || t < least {
			r.fail(d, "", fmt.Sprintf("%s [%s] is not valid: %s", d.Name, v, timeRemedy))
			return
		}
		*field(r.Config) = t
	}
}

// warntime complains on stderr where the other times are silent.
func warntime(r *Reading, d Directive, v string) {
	t, ok := parseTime(v)
	if !ok || t <= 0 {
		r.failRaw(d, fmt.Sprintf("Warn time [%s] is invalid.", v), timeRemedy)
		return
	}
	r.Config.Warntime = t
}

// connLogdTime is read for its faults only: there is no logging daemon to reconnect to.
func connLogdTime(r *Reading, d Directive, v string) {
	if t, ok := parseTime(v); !ok || t <= 0 {
		r.fail(d, "", fmt.Sprintf("%s [%s] is not valid: %s", d.Name, v, timeRemedy))
		return
	}
	r.noEffect(d)
}

func maxRexmitDelay(r *Reading, d Directive, v string) {
	n := leadingInt(v)
	if n <= 0 {
		r.fail(d, fmt.Sprintf("Invalid max_rexmit_delay time(%s)", v), "write milliseconds, a number above 0 without a unit")
		return
	}
	r.Config.MaxRexmitDelay = time.Duration(n) * time.Millisecond
}

// settleTimes fills in the times that follow from deadtime (wire spec 8.2).
func (r *Reading) settleTimes() {
	c := r.Config
	if !r.has("deadping") {
		c.Deadping = c.Deadtime
	}
	if !r.has("warntime") {
		c.Warntime = c.Deadtime / 2
	}
	if !r.has("initdead") {
		c.Initdead = defaultInitdead(c.Deadtime)
	}
}

func defaultInitdead(deadtime time.Duration) time.Duration {
	switch {
	case deadtime > 10*time.Second:
		return deadtime
	case deadtime < 6*time.Second:
		return 12 * time.Second
	}
	return 2 * deadtime
}

// checkTimes compares the times with each other. A deadping that was not given is not judged,
// though it equals deadtime.
func (r *Reading) checkTimes() {
	c := r.Config
	if c.Deadtime <= 2*c.Keepalive {
		r.tooSmall("deadtime", "Dead time [%d] is too small compared to keeplive [%d]", c.Deadtime)
	}
	r.checkInitdead()
	if r.has("deadping") && c.Deadping <= 2*c.Keepalive {
		r.tooSmall("deadping", "Ping dead time [%d] is too small compared to keeplive [%d]", c.Deadping)
	}
	if c.Warntime > c.Deadtime {
		r.warn(r.given["warntime"], "warntime is above deadtime: nothing is ever late before it is dead")
	}
}

func (r *Reading) tooSmall(name, format string, value time.Duration) {
	keepalive := r.Config.Keepalive
	r.fail(r.at(name), fmt.Sprintf(format, value.Milliseconds(), keepalive.Milliseconds()),
		fmt.Sprintf("%s must exceed twice keepalive, so more than %dms", name, 2*keepalive.Milliseconds()))
}

func (r *Reading) checkInitdead() {
	c := r.Config
	switch {
	case c.Initdead < c.Deadtime:
		r.fail(r.at("initdead"), fmt.Sprintf("Initial dead time [%d] is smaller than deadtime [%d]",
			c.Initdead.Milliseconds(), c.Deadtime.Milliseconds()), "remove initdead, or raise it to deadtime at least")
	case c.Initdead < 10*time.Second:
		r.say("WARN", fmt.Sprintf("Initial dead time [%d ms] may be too small!", c.Initdead.Milliseconds()))
		r.sayAll("info", "Initial dead time accounts for slow network startup time",
			"It should be >= deadtime and >= 10 seconds")
	}
}

func (r *Reading) has(name string) bool {
	_, ok := r.given[name]
	return ok
}

// at returns where a directive stands, or the file as a whole when it is not there.
func (r *Reading) at(name string) Directive {
	if d, ok := r.given[name]; ok {
		return d
	}
	return Directive{Name: name, Pos: Pos{File: r.Config.File}}
}

func (r *Reading) wholeFile() Directive { return r.at("") }
