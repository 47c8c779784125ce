package keepalived

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/compat/conversion"
)

// checking is how the servers of a virtual are checked: directives of the section, or a script.
type checking struct {
	interval int // seconds
	settings [][2]string
	script   []byte
}

func (c *checking) set(name, value string) { c.settings = append(c.settings, [2]string{name, value}) }

func (c *checking) quote(name, value string) {
	if value != "" {
		c.set(name, `"`+value+`"`)
	}
}

// checking chooses. ldirectord has one check for all servers of a virtual, so a script stands in
// when they differ, and for what only a script can do.
func (e *emitter) checking(v *virtual) *checking {
	c := &checking{}
	first := e.common(v)
	switch {
	case first == nil && e.unchecked(v):
		c.set("checktype", "on")
	case first == nil || !native(v, first):
		c.script = e.script(v)
	default:
		c.native(v, first)
	}
	e.timing(c, v)
	return c
}

// unchecked says whether no server has a check.
func (e *emitter) unchecked(v *virtual) bool {
	return !slices.ContainsFunc(v.reals, func(r *real) bool { return len(r.checks) > 0 })
}

// common returns the check that every server has, and has alone, or nil.
func (e *emitter) common(v *virtual) *check {
	var first *check
	for i, r := range v.reals {
		if len(r.checks) != 1 {
			return nil
		}
		if i == 0 {
			first = r.checks[0]
		} else if r.checks[0].asks(r, v) != first.asks(v.reals[0], v) {
			return nil
		}
	}
	return first
}

// asks is what a check does, as text to compare.
func (c *check) asks(r *real, v *virtual) string {
	text := fmt.Sprintf("%s %v %q %q %q", c.kind, c.addr, c.name, c.command, c.user)
	if c.port != r.port || c.port == 0 {
		text += " port " + strconv.Itoa(int(c.port))
	}
	for _, u := range c.urls {
		text += fmt.Sprintf(" %+v %s", *u, u.host(c, r, v))
	}
	return text
}

// host is the virtual host of a request, from the innermost block that has one.
func (p *page) host(c *check, r *real, v *virtual) string {
	for _, h := range []string{p.virtualHost, c.virtualHost, r.virtualHost} {
		if h != "" {
			return h
		}
	}
	return v.virtualHost
}

// native says whether ldirectord has the check.
func native(v *virtual, c *check) bool {
	if c.addr.IsValid() {
		return false
	}
	switch c.kind {
	case "MISC_CHECK":
		return false
	case "HTTP_GET", "SSL_GET":
		if len(c.urls) != 1 {
			return false
		}
		u := c.urls[0]
		return u.digest == "" && !u.without && anySuccess(u.status) && !strings.Contains(u.regex, `"`)
	case "DNS_CHECK":
		return c.name != ""
	}
	return true
}

// native writes the directives of a check that ldirectord has.
func (c *checking) native(v *virtual, k *check) {
	switch k.kind {
	case "TCP_CHECK":
		c.set("checktype", "connect")
	case "PING_CHECK":
		c.set("checktype", "ping")
	case "HTTP_GET", "SSL_GET":
		u := k.urls[0]
		c.negotiate(map[string]string{"HTTP_GET": "http", "SSL_GET": "https"}[k.kind])
		c.quote("request", u.path)
		c.quote("receive", u.regex)
		c.quote("virtualhost", u.host(k, v.reals[0], v))
	case "SMTP_CHECK":
		c.negotiate("smtp")
	case "DNS_CHECK":
		c.negotiate("dns")
		c.quote("request", k.name)
		c.quote("receive", ".")
	}
	if k.port != 0 && k.port != v.reals[0].port {
		c.set("checkport", strconv.Itoa(int(k.port)))
	}
}

func (c *checking) negotiate(service string) {
	c.set("checktype", "negotiate")
	c.set("service", service)
}

// defaultRetry is how often keepalived tries again.
func (c *check) defaultRetry() int {
	switch c.kind {
	case "DNS_CHECK":
		return 3
	case "MISC_CHECK":
		return 0
	}
	return 1
}

// timing writes how often the servers are checked and how patiently: one answer for the section
// where keepalived has one for each check.
func (e *emitter) timing(c *checking, v *virtual) {
	all := e.timings(v)
	var loops, delays, timeouts []time.Duration
	var retries []int
	for _, t := range all {
		loops, delays, timeouts, retries = append(loops, t.loop), append(delays, t.delay), append(timeouts, t.timeout), append(retries, t.retry)
	}
	interval := slices.Min(loops)
	e.differ(v, "delay_loop", loops)
	switch delay := slices.Min(delays); {
	case delay != slices.Max(delays):
		e.differ(v, "delay_before_retry", delays)
	case delay > 0 && delay < interval:
		e.note(v.line, "virtual_server "+v.name, conversion.Approximated, fmt.Sprintf("checkinterval=%d is its delay_before_retry, not its delay_loop of %d: a failing server is found out as fast",
			ceil(delay), ceil(interval)))
		interval = delay
	}
	c.interval = ceil(interval)
	if e.unchecked(v) {
		return
	}
	e.differ(v, "connect_timeout", timeouts)
	timeout := strconv.Itoa(ceil(slices.Max(timeouts)))
	c.set("checktimeout", timeout)
	c.set("negotiatetimeout", timeout)
	if slices.Min(retries) != slices.Max(retries) {
		e.note(v.line, "virtual_server "+v.name, conversion.Approximated, "retry differs between its servers: the most patient one holds for all")
	}
	c.set("failurecount", strconv.Itoa(slices.Max(retries)+1))
}

// differ tells of values that are one in ldirectord.
func (e *emitter) differ(v *virtual, name string, values []time.Duration) {
	if slices.Min(values) != slices.Max(values) {
		e.note(v.line, "virtual_server "+v.name, conversion.Approximated, name+" differs between its servers, and ldirectord has one for all")
	}
}

// timings are those of all checks of a virtual, completed; of a virtual without checks, its own.
func (e *emitter) timings(v *virtual) []timing {
	var all []timing
	for _, r := range v.reals {
		for _, c := range r.checks {
			t := c.timing.merge(r.timing).merge(v.timing)
			if t.retry < 0 {
				t.retry = c.defaultRetry()
			}
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		all = []timing{v.timing}
	}
	for i := range all {
		if all[i].loop == 0 {
			all[i].loop = defaultLoop
		}
		if all[i].timeout == 0 {
			all[i].timeout = defaultTimeout
		}
	}
	return all
}
