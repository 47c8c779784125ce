package mon

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/pkg/diag"
	"systole/pkg/monitor"
)

// Options are how to read a file.
type Options struct {
	Lenient bool // indented lines after a blank one belong to the record before it
}

// Where mon looks unless it is told (agents spec 7.3).
const (
	baseDir   = "/usr/lib/mon"
	cfBaseDir = "/etc/mon"
	localDir  = "/usr/local/lib/mon"
	logDir    = "/var/log/mon"
	stateDir  = "/var/lib/mon"
)

// Defaults returns the configuration of an empty file.
func Defaults() monitor.Config {
	return monitor.Config{BaseDir: baseDir, CFBaseDir: cfBaseDir, LogDir: logDir, StateDir: stateDir, Facility: "daemon",
		AlertDirs: []string{localDir + "/alert.d", "alert.d"}, MonDirs: []string{localDir + "/mon.d", "mon.d"}}
}

// Read reads the text of a mon.cf. The Config is usable if diag.Failed of the findings is false.
func Read(file string, text []byte, o Options) (*monitor.Config, []diag.Diagnostic) {
	r := &reader{file: file, o: o, groups: map[string][]string{}}
	cfg := Defaults()
	r.cfg = &cfg
	for n, line := range joined(string(text)) {
		r.line(n, line)
	}
	r.finish()
	return r.cfg, r.found
}

// record is what the reader is in.
type record uint8

const (
	outside record = iota
	inHostgroup
	inWatch
	inOther // view, alias: nothing of them matters here
)

// reader is a file being read.
type reader struct {
	file   string
	o      Options
	cfg    *monitor.Config
	found  []diag.Diagnostic
	groups map[string][]string

	in      record
	blank   bool // a blank line came, and the record may go on after it
	at      int
	group   string // of inHostgroup
	watch   *monitor.Watch
	service *monitor.Service
	period  *monitor.Period
}

// joined yields the lines by number, those that end in a backslash with the next.
func joined(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		whole, first, n := "", 0, 0
		for line := range strings.Lines(text) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if first == 0 {
				first = n
			} else {
				line = strings.TrimLeft(line, " \t")
			}
			part, more := strings.CutSuffix(strings.TrimRight(line, " \t"), "\\")
			if more {
				whole += part
				continue
			}
			if !yield(first, whole+line) {
				return
			}
			whole, first = "", 0
		}
		if first != 0 {
			yield(first, whole)
		}
	}
}

func (r *reader) add(s diag.Severity, text, remedy string) {
	r.found = append(r.found, diag.Diagnostic{File: r.file, Line: r.at, Severity: s, Text: text, Remedy: remedy})
}

// fail is what mon refuses the file for, in its words.
func (r *reader) fail(text, remedy string) {
	r.add(diag.Error, "cf error: "+text+", line "+strconv.Itoa(r.at), remedy)
}

func (r *reader) warn(remedy string) { r.add(diag.Warning, "", remedy) }

// line takes one line.
func (r *reader) line(n int, raw string) {
	r.at = n
	line := strings.Trim(raw, " \t\f\v\u00a0")
	switch {
	case line == "":
		r.blank = true
		return
	case strings.HasPrefix(line, "#"):
		return
	}
	if r.blank {
		r.blank = false
		if !r.o.Lenient || r.in != inWatch || strings.TrimLeft(raw, " \t") == raw && !r.belongs(line) {
			r.in = outside
		}
	}
	r.dashes(line)
	switch word, rest := cut(line); {
	case word == "hostgroup":
		r.hostgroup(rest)
	case word == "watch":
		r.watchGroup(rest)
	case word == "view" || word == "alias":
		r.in = inOther
	case r.in == inHostgroup:
		r.groups[r.group] = append(r.groups[r.group], strings.Fields(line)...)
	case r.in == inWatch:
		r.inWatch(line)
	case r.in == inOther:
	default:
		r.outside(line)
	}
}

// belongs says whether a line that is not indented is a keyword of a watch nevertheless.
func (r *reader) belongs(line string) bool {
	word, _ := cut(line)
	if word == "service" || word == "period" {
		return true
	}
	_, service := keywordOf(serviceKeywords(), word)
	_, period := keywordOf(periodKeywords(), word)
	return service || period
}

// cut parts the first word from the rest.
func cut(line string) (word, rest string) {
	i := strings.IndexAny(line, " \t")
	if i < 0 {
		return line, ""
	}
	return line[:i], strings.TrimLeft(line[i:], " \t")
}

// outside is a line that is in no record: a variable, or nothing that mon would look at.
func (r *reader) outside(line string) {
	name, value, ok := strings.Cut(line, "=")
	if name = strings.TrimSpace(name); !ok || strings.ContainsAny(name, " \t") {
		r.warn("ignored, as a blank line has ended the record that it belongs to (--lenient reads on): " + line)
		return
	}
	value = strings.TrimSpace(value)
	v, known := variableOf(name)
	if !known {
		r.fail("unknown variable '"+name+"'", "the variables are "+variableNames())
		return
	}
	if v.set == nil {
		r.add(diag.Note, "", name+" has no effect here")
		return
	}
	if err := v.set(r.cfg, value); err != nil {
		r.fail(name+": "+err.Error(), "")
	}
}

func (r *reader) hostgroup(rest string) {
	name, hosts := cut(rest)
	if !isName(name) {
		r.fail("invalid hostgroup [hostgroup "+rest+"]", "a name has letters, digits, dots, - and _")
		r.in = inOther
		return
	}
	if _, twice := r.groups[name]; twice {
		r.warn("hostgroup " + name + " stands twice; the second counts")
	}
	r.in, r.group = inHostgroup, name
	r.groups[name] = strings.Fields(hosts)
}

func isName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_.-", c))
	})
}

func (r *reader) watchGroup(name string) {
	r.in, r.service, r.period = inWatch, nil, nil
	switch {
	case name == "" || strings.ContainsAny(name, " \t"):
		r.fail("invalid watch [watch "+name+"]", "one name of a hostgroup is wanted")
		name = "?"
	case slices.ContainsFunc(r.cfg.Watches, func(w monitor.Watch) bool { return w.Group == name }):
		r.fail("watch '"+name+"' already defined", "put its services into one watch")
	}
	r.cfg.Watches = append(r.cfg.Watches, monitor.Watch{Group: name})
	r.watch = &r.cfg.Watches[len(r.cfg.Watches)-1]
}

// inWatch is a line of a watch: a service, a keyword of it, or one of its period.
func (r *reader) inWatch(line string) {
	word, rest := cut(line)
	switch {
	case word == "service":
		r.newService(rest)
		return
	case r.service == nil && isVariable(line):
		r.fail("environment variable defined without a service", "put it below the service line")
		return
	case r.service == nil:
		r.fail("need to specify service in watch record", "a service line comes first")
		return
	case isVariable(line):
		r.service.Env = append(r.service.Env, line)
		return
	case word == "period":
		r.newPeriod(rest)
		return
	}
	if k, ok := keywordOf(periodKeywords(), word); ok && r.period != nil {
		r.keyword(k, word, rest)
		return
	}
	if k, ok := keywordOf(serviceKeywords(), word); ok {
		r.keyword(k, word, rest)
		return
	}
	if _, ok := keywordOf(periodKeywords(), word); ok {
		r.fail("need to specify period before "+word, "a period line comes first: period wd {Sun-Sat}")
		return
	}
	r.fail("unknown syntax ["+line+"]", "")
}

func (r *reader) keyword(k keyword, word, rest string) {
	if k.set == nil {
		r.warn(word + " has no effect here: " + k.why)
		return
	}
	if err := k.set(r, rest); err != nil {
		r.fail("invalid "+word+" ["+rest+"]", err.Error())
	}
}

// isVariable says whether a line is NAME=value of the environment.
func isVariable(line string) bool {
	name, _, ok := strings.Cut(line, "=")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && !(name[0] >= '0' && name[0] <= '9')
}

func (r *reader) newService(name string) {
	switch {
	case name == "" || strings.ContainsAny(name, " \t"):
		r.fail("invalid service [service "+name+"]", "one word is wanted")
	case slices.ContainsFunc(r.watch.Services, func(s monitor.Service) bool { return s.Name == name }):
		r.fail("service '"+name+"' already defined", "")
	}
	r.watch.Services = append(r.watch.Services, monitor.Service{Name: name, Line: r.at})
	r.service, r.period = &r.watch.Services[len(r.watch.Services)-1], nil
}

func (r *reader) newPeriod(text string) {
	p := monitor.Period{}
	if label, rest, ok := strings.Cut(text, ":"); ok && isName(label) {
		p.Label, text = label, strings.TrimSpace(rest)
	}
	when, err := monitor.ParseSchedule(text)
	if err != nil {
		r.fail("malformed period ["+text+"]", err.Error())
	}
	p.When = when
	r.service.Periods = append(r.service.Periods, p)
	r.period = &r.service.Periods[len(r.service.Periods)-1]
}

// finish looks at what only the whole file can tell.
func (r *reader) finish() {
	for i := range r.cfg.Watches {
		r.at = 0
		w := &r.cfg.Watches[i]
		hosts, known := r.groups[w.Group]
		if !known {
			r.warn("watch " + w.Group + ": there is no hostgroup of that name; the name is its only host")
			hosts = []string{w.Group}
		}
		w.Hosts = slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return strings.HasPrefix(h, "*") })
		for j := range w.Services {
			r.finishService(&w.Services[j])
		}
		if len(w.Services) == 0 {
			r.warn("watch " + w.Group + " has no service")
		}
	}
	r.at = 0
	if len(r.cfg.Watches) == 0 {
		r.add(diag.Error, "", "there is no watch in it")
	}
}

func (r *reader) finishService(s *monitor.Service) {
	r.at = s.Line
	switch {
	case s.Interval == 0 && s.Monitor.Name != "":
		r.fail("no interval for service "+s.Name, "interval 30s, for example")
	case s.Monitor.Name == "":
		r.warn("service " + s.Name + " has no monitor: nothing is run for it, and traps are not received")
	case len(s.Periods) == 0:
		r.warn("service " + s.Name + " has no period: nobody is alerted")
	}
	for i := range s.Periods {
		if p := &s.Periods[i]; p.After > 1 && p.AfterWithin > 0 && time.Duration(p.After-1)*s.Interval > p.AfterWithin {
			r.fail(" interval & alertafter not sensible. No alerts can be generated with those parameters", "")
		}
	}
}

// dashes tells of words that begin with what only looks like a minus sign.
func (r *reader) dashes(line string) {
	var odd []string
	for _, w := range strings.Fields(line) {
		if dash, rest, ok := cutDash(w); ok {
			odd = append(odd, fmt.Sprintf("%q begins with %s, not with a minus sign: write -%s", w, dash, rest))
		}
	}
	if len(odd) > 0 {
		r.warn(strings.Join(odd, "; ") + ". mon passes it on as it is, and programs do not know it; the lvs.alert of Systole reads it as a minus sign")
	}
}

// cutDash parts a look-alike of the minus sign from a word.
func cutDash(w string) (name, rest string, ok bool) {
	for _, d := range []struct{ sign, name string }{
		{"\u2013", "an en dash (U+2013)"}, {"\u2014", "an em dash (U+2014)"}, {"\u2212", "a mathematical minus (U+2212)"},
	} {
		if rest, ok := strings.CutPrefix(w, d.sign); ok && rest != "" {
			return d.name, rest, true
		}
	}
	return "", "", false
}
