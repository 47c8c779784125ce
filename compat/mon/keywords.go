package mon

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"systole/pkg/monitor"
)

// variable is a global variable; without set it is read and has no effect.
type variable struct {
	name string
	set  func(c *monitor.Config, value string) error
}

// variables are those of mon 1.3.
func variables() []variable {
	text := func(at func(c *monitor.Config) *string) func(*monitor.Config, string) error {
		return func(c *monitor.Config, value string) error { *at(c) = value; return nil }
	}
	list := func(at func(c *monitor.Config) *[]string) func(*monitor.Config, string) error {
		return func(c *monitor.Config, value string) error { *at(c) = strings.Split(value, ":"); return nil }
	}
	all := []variable{
		{"alertdir", list(func(c *monitor.Config) *[]string { return &c.AlertDirs })},
		{"mondir", list(func(c *monitor.Config) *[]string { return &c.MonDirs })},
		{"basedir", text(func(c *monitor.Config) *string { return &c.BaseDir })},
		{"cfbasedir", text(func(c *monitor.Config) *string { return &c.CFBaseDir })},
		{"logdir", text(func(c *monitor.Config) *string { return &c.LogDir })},
		{"statedir", text(func(c *monitor.Config) *string { return &c.StateDir })},
		{"pidfile", text(func(c *monitor.Config) *string { return &c.PIDFile })},
		{"syslog_facility", text(func(c *monitor.Config) *string { return &c.Facility })},
		{"maxprocs", func(c *monitor.Config, value string) (err error) { c.MaxProcs, err = count(value, 0); return err }},
		{"randstart", func(c *monitor.Config, value string) (err error) { c.RandStart, err = Interval(value); return err }},
	}
	for _, name := range []string{"histlength", "serverport", "trapport", "serverbind", "clientallow", "trapbind", "authfile", "authtype",
		"pamservice", "userfile", "historicfile", "historictime", "cltimeout", "monerrfile", "dtlogfile", "dtlogging", "dep_recur_limit",
		"dep_behavior", "dep_memory", "unack_summary", "startupalerts_on_reset", "monremote", "exclude_period"} {
		all = append(all, variable{name: name})
	}
	return all
}

func variableOf(name string) (variable, bool) {
	for _, v := range variables() {
		if v.name == name {
			return v, true
		}
	}
	return variable{}, false
}

func variableNames() string {
	var names []string
	for _, v := range variables() {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
}

// keyword is a directive inside a watch; without set it has no effect, and why says the reason.
type keyword struct {
	name string
	set  func(r *reader, rest string) error
	why  string
}

func keywordOf(table []keyword, name string) (keyword, bool) {
	for _, k := range table {
		if k.name == name {
			return k, true
		}
	}
	return keyword{}, false
}

const (
	noTraps   = "traps are not received"
	noDepends = "dependencies are not looked at, so alerts come in spite of them"
	noClients = "there is no client port"
)

// serviceKeywords are those of a service.
func serviceKeywords() []keyword {
	return []keyword{
		{name: "interval", set: func(r *reader, v string) (err error) { r.service.Interval, err = positive(v); return err }},
		{name: "failure_interval", set: func(r *reader, v string) (err error) { r.service.FailureInterval, err = positive(v); return err }},
		{name: "randskew", set: func(r *reader, v string) (err error) { r.service.RandSkew, err = positive(v); return err }},
		{name: "monitor", set: (*reader).setMonitor},
		{name: "allow_empty_group", set: func(r *reader, _ string) error { r.service.AllowEmpty = true; return nil }},
		{name: "description", set: func(r *reader, v string) error { r.service.Description = v; return nil }},
		{name: "exclude_hosts", set: func(r *reader, v string) error { r.service.ExcludeHosts = strings.Fields(v); return nil }},
		{name: "exclude_period", set: func(r *reader, v string) error {
			s, err := monitor.ParseSchedule(v)
			r.service.ExcludePeriod = &s
			return err
		}},
		{name: "redistribute", why: "it is for other mon servers"},
		{name: "unack_summary", why: noClients},
		{name: "traptimeout", why: noTraps},
		{name: "trapduration", why: noTraps},
		{name: "depend", why: noDepends},
		{name: "alertdepend", why: noDepends},
		{name: "monitordepend", why: noDepends},
		{name: "hostdepend", why: noDepends},
		{name: "dep_behavior", why: noDepends},
		{name: "dep_memory", why: noDepends},
	}
}

// periodKeywords are those of a period.
func periodKeywords() []keyword {
	alerts := func(at func(p *monitor.Period) *[]monitor.Alert) func(*reader, string) error {
		return func(r *reader, v string) error {
			a, err := r.alert(v)
			*at(r.period) = append(*at(r.period), a)
			return err
		}
	}
	return []keyword{
		{name: "alert", set: alerts(func(p *monitor.Period) *[]monitor.Alert { return &p.Alerts })},
		{name: "upalert", set: alerts(func(p *monitor.Period) *[]monitor.Alert { return &p.UpAlerts })},
		{name: "startupalert", set: alerts(func(p *monitor.Period) *[]monitor.Alert { return &p.Startup })},
		{name: "alertevery", set: (*reader).setEvery},
		{name: "alertafter", set: (*reader).setAfter},
		{name: "upalertafter", set: func(r *reader, v string) (err error) { r.period.UpAlertAfter, err = Interval(v); return err }},
		{name: "numalerts", set: func(r *reader, v string) (err error) { r.period.NumAlerts, err = count(v, 1); return err }},
		{name: "no_comp_alerts", set: func(r *reader, _ string) error { r.period.NoComp = true; return nil }},
		{name: "ackalert", why: noClients},
		{name: "disablealert", why: noClients},
		{name: "alerts_dont_count", why: "an alert that was called counts"},
		{name: "alertexitrange", why: "write alert exit=N-M"},
	}
}

// Interval reads a time of mon: a number, which may have a fraction, and s, m, h or d.
func Interval(text string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if text == "" {
		return 0, errors.New("a time such as 30s is wanted")
	}
	unit, ok := units[text[len(text)-1]]
	n, err := strconv.ParseFloat(text[:len(text)-1], 64)
	if !ok || err != nil || !(n >= 0 && n <= 1e6) {
		return 0, fmt.Errorf("a number with s, m, h or d is wanted, such as %ss, not %s", strings.TrimRight(text, "smhd"), text)
	}
	return time.Duration(n * float64(unit)), nil
}

func positive(text string) (time.Duration, error) {
	d, err := Interval(text)
	if err == nil && d < 10*time.Millisecond {
		err = errors.New("it is too short")
	}
	return d, err
}

func count(text string, least int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > 1<<20 {
		return 0, fmt.Errorf("a number from %d is wanted", least)
	}
	return n, nil
}

func (r *reader) setMonitor(rest string) error {
	c, err := r.call(rest)
	if n := len(c.Args); n > 0 && c.Args[n-1] == ";;" {
		c.Args = c.Args[:n-1]
		r.service.WithoutHosts = true
	}
	r.service.Monitor = c
	return err
}

// call reads a program and its arguments, with quotes as in a shell.
func (r *reader) call(rest string) (monitor.Call, error) {
	name, args := cut(rest)
	c := monitor.Call{Name: name, Text: args, Line: r.at}
	if name == "" || strings.ContainsAny(name, "/\x00") && !strings.HasPrefix(name, "/") {
		return c, errors.New("a program is wanted")
	}
	var err error
	c.Args, err = shellWords(args)
	return c, err
}

// alert reads "[exit=N[-M]] PROGRAM ARGUMENTS".
func (r *reader) alert(rest string) (monitor.Alert, error) {
	var a monitor.Alert
	if codes, ok := strings.CutPrefix(rest, "exit="); ok {
		var text string
		text, rest = cut(codes)
		low, high, span := strings.Cut(text, "-")
		if !span {
			high = low
		}
		var err1, err2 error
		a.Low, err1 = count(low, 0)
		a.High, err2 = count(high, 1)
		if err1 != nil || err2 != nil || a.Low > a.High {
			return a, errors.New("exit=N or exit=N-M is wanted")
		}
	}
	c, err := r.call(rest)
	a.Call = c
	return a, err
}

// setEvery reads "TIME [observe_detail|strict|summary|ignore_summary]".
func (r *reader) setEvery(rest string) error {
	words := strings.Fields(rest)
	if len(words) == 0 || len(words) > 2 {
		return errors.New("a time and perhaps strict or observe_detail are wanted")
	}
	if len(words) == 2 {
		modes := map[string]monitor.EveryMode{"summary": monitor.BySummary, "observe_detail": monitor.ByDetail,
			"strict": monitor.Strict, "ignore_summary": monitor.Strict}
		mode, ok := modes[words[1]]
		if !ok {
			return fmt.Errorf("what is %s?", words[1])
		}
		r.period.EveryMode = mode
	}
	var err error
	r.period.Every, err = positive(words[0])
	return err
}

// setAfter reads "NUM", "NUM TIME" or "TIME".
func (r *reader) setAfter(rest string) error {
	words := strings.Fields(rest)
	p := r.period
	var err error
	switch {
	case len(words) == 0 || len(words) > 2:
		return errors.New("a number, a time, or both are wanted")
	case len(words) == 1 && strings.TrimRight(rest, "smhd") != rest:
		p.AfterFor, err = positive(rest)
		return err
	}
	if p.After, err = count(words[0], 1); err == nil && len(words) == 2 {
		p.AfterWithin, err = positive(words[1])
	}
	return err
}

// shellWords splits as a shell does: blanks, quotes, backslashes; nothing is expanded.
func shellWords(text string) ([]string, error) {
	var out []string
	var w strings.Builder
	inside, quote, escaped := false, rune(0), false
	for _, c := range text {
		switch {
		case escaped:
			w.WriteRune(c)
			escaped = false
		case c == '\\' && quote != '\'':
			escaped, inside = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			w.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inside = c, true
		case c == ' ' || c == '\t':
			if inside {
				out = append(out, w.String())
				w.Reset()
			}
			inside = false
		default:
			w.WriteRune(c)
			inside = true
		}
	}
	if quote != 0 || escaped {
		return nil, errors.New("a quote is not closed")
	}
	if inside {
		out = append(out, w.String())
	}
	return out, nil
}
