package keepalived

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/compat/conversion"
	"systole/pkg/ldirectorcf"
)

// What keepalived does where a file says nothing (keepalived.conf(5)).
const (
	defaultLoop    = 60 * time.Second
	defaultTimeout = 5 * time.Second
)

// directors makes an ldirectord.cf for each group that has services, and the scripts of checks
// that ldirectord has not.
func (e *emitter) directors() []conversion.File {
	groups := e.groups
	if len(groups) == 0 && len(e.conf.virtuals) > 0 {
		e.note(0, "vrrp_instance", conversion.Approximated, "there is none: no files for heartbeat are made, and ldirectord is to be started by itself")
		groups = []*group{{director: "ldirectord.cf", virtuals: e.conf.virtuals}}
	}
	var files []conversion.File
	used := map[string]bool{}
	for _, g := range groups {
		if g.director == "" {
			continue
		}
		d := &conversion.Director{}
		d.Comment("Made by systole import keepalived of " + path.Base(e.file) + ".")
		e.globals(d)
		checks := e.checks(d, g.virtuals)
		for n, v := range g.virtuals {
			files = append(files, e.service(d, v, checks[n], used)...)
		}
		files = append(files, conversion.File{Path: g.director, Mode: 0o644, Text: d.Text()})
	}
	return files
}

func (e *emitter) globals(d *conversion.Director) {
	d.Global("quiescent", "no")
	on := e.conf.mailChecks
	if len(e.conf.emails) == 0 || on != nil && !*on {
		return
	}
	d.Global("emailalert", `"`+strings.Join(e.conf.emails, ",")+`"`)
	d.Global("emailalertstatus", "running")
	if e.conf.emailFrom != "" {
		d.Global("emailalertfrom", e.conf.emailFrom)
	}
	if e.conf.smtp != "" {
		d.Global("smtp", e.conf.smtp)
	}
}

// checks chooses the checks of all services and writes their interval: one for all, as ldirectord
// wants it, or with fork=yes one for each section.
func (e *emitter) checks(d *conversion.Director, all []*virtual) []*checking {
	var out []*checking
	same := true
	for _, v := range all {
		c := e.checking(v)
		out = append(out, c)
		same = same && c.interval == out[0].interval
	}
	if same {
		d.Global("checkinterval", strconv.Itoa(out[0].interval))
		return out
	}
	d.Global("fork", "yes")
	e.note(0, "delay_loop", conversion.Equal, "differs between services: fork=yes, without which a section has no interval of its own")
	for _, c := range out {
		c.set("checkinterval", strconv.Itoa(c.interval))
	}
	return out
}

// service writes the sections of a virtual server and returns its check script, if it needs one.
func (e *emitter) service(d *conversion.Director, v *virtual, c *checking, used map[string]bool) []conversion.File {
	var files []conversion.File
	if len(c.script) > 0 {
		name := unused("check-"+fileName(v.name), used)
		c.set("checktype", "external")
		c.set("checkcommand", `"/`+haDir+name+`"`)
		files = append(files, conversion.File{Path: name, Mode: 0o755, Text: c.script})
	}
	command := e.fallbackCommand(v, used)
	if command != nil {
		files = append(files, *command)
	}
	for _, m := range v.members {
		e.section(d, v, m)
		for _, s := range c.settings {
			d.Set(s[0], s[1])
		}
		if command != nil {
			d.Quote("fallbackcommand", "/"+haDir+command.Path)
		}
	}
	return files
}

func unused(name string, used map[string]bool) string {
	for n, base := 2, name; used[name]; n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	used[name] = true
	return name
}

// section writes what goes to the kernel.
func (e *emitter) section(d *conversion.Director, v *virtual, m member) {
	six := ""
	if m.is6() {
		six = "6"
	}
	protocol := v.protocol
	if m.mark != 0 {
		protocol = "fwm"
		d.Virtual("virtual"+six, strconv.FormatUint(uint64(m.mark), 10))
	} else {
		d.Virtual("virtual"+six, conversion.Place(m.addr, 0)+":"+strconv.Itoa(int(m.port)))
	}
	for _, r := range v.reals {
		d.Set("real"+six, realLine(v, r))
	}
	if v.sorry != nil {
		d.Set("fallback"+six, conversion.Place(v.sorry.addr, v.sorry.port)+" "+forwardWord(v, v.sorry))
	}
	d.Set("protocol", protocol)
	d.Set("scheduler", v.scheduler)
	if len(v.flags) > 0 {
		d.Set("schedflags", strings.Join(v.flags, ","))
	}
	d.Number("persistent", int(v.persistent/time.Second))
	if v.granularity != "" {
		d.Set("netmask", v.granularity)
	}
	if v.ops {
		d.Set("ops", "yes")
	}
	if e.quiescent(v) {
		d.Set("quiescent", "yes")
	}
}

// quiescent says whether all servers are kept with weight 0 when they fail.
func (e *emitter) quiescent(v *virtual) bool {
	return v.inhibit || len(v.reals) > 0 && !slices.ContainsFunc(v.reals, func(r *real) bool { return !r.inhibit })
}

func forwardWord(v *virtual, r *real) string {
	f := v.forward
	if r.forward != nil {
		f = *r.forward
	}
	return ldirectorcf.ForwardWord(f)
}

func realLine(v *virtual, r *real) string {
	port := r.port
	text := fmt.Sprintf("%s %s %d", conversion.Place(r.addr, port), forwardWord(v, r), r.weight)
	if r.lower != 0 {
		text += fmt.Sprintf(" l:%d", r.lower)
	}
	if r.upper != 0 {
		text += fmt.Sprintf(" u:%d", r.upper)
	}
	return text
}

// fallbackCommand makes the script of quorum_up and quorum_down. ldirectord calls it with start or
// stop, and the service, when the fallback comes and goes (ldirectord spec 6).
func (e *emitter) fallbackCommand(v *virtual, used map[string]bool) *conversion.File {
	if len(v.upCommand)+len(v.downCommand) == 0 {
		return nil
	}
	text := "#!/bin/sh\n# quorum_up and quorum_down of virtual_server " + v.name + ", for ldirectord: start is when no server is left.\ncase $1 in\n"
	for _, c := range []struct {
		word string
		argv []string
	}{{"start", v.downCommand}, {"stop", v.upCommand}} {
		if len(c.argv) > 0 {
			text += c.word + ") " + commandLine(c.argv, "") + " ;;\n"
		}
	}
	return &conversion.File{Path: unused("quorum-"+fileName(v.name), used), Mode: 0o755, Text: []byte(text + "esac\n")}
}
