package ipvsadm

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/compat/conversion"
	"systole/pkg/diag"
	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// entry is a service with its servers, in the order in which they were added.
type entry struct {
	service
	dests []ipvs.Dest
}

// importer carries out commands on a table of its own.
type importer struct {
	report  *conversion.Report
	table   []*entry
	calls   int
	lastAdd int // line of the last -A
}

// Convert makes ldirectord.cf and report.txt. The tree is nil if the report has failed.
func Convert(file string, text []byte) (conversion.Tree, *conversion.Report, error) {
	im := &importer{report: &conversion.Report{File: file}}
	for n, line := range joined(string(text)) {
		if w := words(line); slices.Contains(w, "-A") || slices.Contains(w, "--add-service") {
			im.lastAdd = n
		}
	}
	for n, line := range joined(string(text)) {
		im.line(n, line)
	}
	switch {
	case strings.Contains(string(text), "IP Virtual Server version") && im.calls == 0:
		im.report.Fail(0, "this is a listing: save the table with ipvsadm -Sn and import that")
	case im.calls == 0:
		im.report.Fail(0, "there is no command of ipvsadm in it")
	case len(im.table) == 0:
		im.report.Fail(0, "the commands leave no service behind")
	}
	if im.report.Failed() {
		return nil, im.report, nil
	}
	cf := im.director(path.Base(file))
	if im.report.Failed() {
		return nil, im.report, nil
	}
	var report strings.Builder
	_, err := im.report.WriteTo(&report)
	return conversion.Tree{
		{Path: "ldirectord.cf", Mode: 0o644, Text: cf},
		{Path: conversion.ReportName, Mode: 0o644, Text: []byte(report.String())},
	}, im.report, err
}

// joined yields the lines by the number of their first one; a line that ends with a backslash goes
// on with the next.
func joined(text string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		whole, first := "", 0
		n := 0
		for line := range strings.Lines(text) {
			n++
			line = strings.TrimRight(line, "\r\n")
			if whole == "" {
				first = n
			}
			part, more := strings.CutSuffix(line, "\\")
			whole += part + " "
			if more {
				continue
			}
			if !yield(first, whole) {
				return
			}
			whole = ""
		}
		if strings.TrimSpace(whole) != "" {
			yield(first, whole)
		}
	}
}

// line accounts for one line.
func (im *importer) line(n int, line string) {
	text := strings.TrimSpace(line)
	w := words(text)
	switch {
	case text == "" || w == nil && strings.HasPrefix(text, "#"):
		return
	case w == nil:
		im.add(n, text, conversion.Lost, "no command of ipvsadm")
		return
	}
	im.calls++
	if variable.MatchString(strings.Join(w, " ")) {
		im.report.Fail(n, "%s: variables of the shell are not expanded: run it, and import what ipvsadm -Sn prints", text)
		return
	}
	c, err := parse(n, w)
	if err != nil {
		im.report.Fail(n, "%s: %v", text, err)
		return
	}
	if strings.HasPrefix(text, "#") {
		c.notes = append(c.notes, "# read as a prompt")
	}
	im.run(c)
}

func (im *importer) add(n int, text string, g conversion.Grade, note string) {
	im.report.Add(conversion.Entry{Line: n, Text: text, Grade: g, Note: note})
}

// grade tells what became of a command; notes make it less than equal, unless they only tell how
// it was read.
func (im *importer) grade(c command, note string) {
	g := conversion.Equal
	for _, n := range c.notes {
		note += "; " + n
		if !strings.Contains(n, " read as ") {
			g = conversion.Approximated
		}
	}
	im.add(c.line, c.text, g, note)
}

// find returns the entry of a service.
func (im *importer) find(id ipvs.ServiceID) *entry {
	for _, e := range im.table {
		if e.ServiceID == id {
			return e
		}
	}
	return nil
}

// run carries out one command, with the kernel's answers.
func (im *importer) run(c command) {
	switch c.verb {
	case "add-service", "edit-service", "delete-service":
		im.runService(c)
	case "add-server", "edit-server", "delete-server":
		im.runServer(c)
	case "clear":
		if c.line > im.lastAdd {
			c.notes = append(c.notes, "it is taken for the stop of a script, and not carried out")
			im.grade(c, "nothing is added after it")
			return
		}
		im.table = nil
		im.grade(c, "the services before it are not there")
	case "set":
		im.add(c.line, c.text, conversion.Lost, "the timeouts of the kernel: leave the command in a start script")
	case "start-daemon", "stop-daemon":
		im.add(c.line, c.text, conversion.Lost, "the resource LVSSyncDaemonSwap or ipvs-sync of haresources does it")
	default:
		im.add(c.line, c.text, conversion.Equal, "it changes no table")
	}
}

func (im *importer) runService(c command) {
	old := im.find(c.service.ServiceID)
	switch {
	case c.sctp:
		im.add(c.line, c.text, conversion.Lost, "ldirectord has no sctp")
	case c.verb == "add-service" && old != nil:
		im.add(c.line, c.text, conversion.Lost, "the service is there already, since line "+strconv.Itoa(old.line))
	case c.verb == "add-service":
		im.table = append(im.table, &entry{service: c.service})
		im.grade(c, "a virtual=")
	case old == nil:
		im.add(c.line, c.text, conversion.Lost, "there is no such service")
	case c.verb == "edit-service":
		old.Service = c.service.Service
		im.grade(c, "the virtual= of line "+strconv.Itoa(old.line)+", changed")
	default:
		im.table = slices.DeleteFunc(im.table, func(e *entry) bool { return e == old })
		im.grade(c, "the virtual= is not there")
	}
}

func (im *importer) runServer(c command) {
	e := im.find(c.service.ServiceID)
	switch {
	case c.sctp:
		im.add(c.line, c.text, conversion.Lost, "ldirectord has no sctp")
		return
	case e == nil:
		im.add(c.line, c.text, conversion.Lost, "there is no such service: -A comes first")
		return
	case c.server.Addr.Addr().Is6() != e.Is6():
		im.add(c.line, c.text, conversion.Lost, "a server of another family than its service, which ldirectord has not")
		return
	}
	at := slices.IndexFunc(e.dests, func(d ipvs.Dest) bool { return e.normal(d) == e.normal(c.server) })
	switch {
	case c.verb == "add-server" && at >= 0:
		im.add(c.line, c.text, conversion.Lost, "the server is there already")
	case c.verb == "add-server":
		e.dests = append(e.dests, c.server)
		im.grade(c, "a real=")
	case at < 0:
		im.add(c.line, c.text, conversion.Lost, "there is no such server")
	case c.verb == "edit-server":
		e.dests[at] = c.server
		im.grade(c, "the real=, changed")
	default:
		e.dests = slices.Delete(e.dests, at, at+1)
		im.grade(c, "the real= is not there")
	}
}

// normal is the address under which the kernel has a server.
func (e *entry) normal(d ipvs.Dest) netip.AddrPort { return ipvs.Normalise(e.Service, d).Addr }

// director writes ldirectord.cf.
func (im *importer) director(name string) []byte {
	d := &conversion.Director{}
	d.Comment("Made by systole import ipvsadm of " + name + ".")
	d.Global("quiescent", "no")
	for _, e := range im.table {
		e.write(d)
	}
	im.add(0, "checks", conversion.Approximated,
		"a table by hand stays as it is; ldirectord connects to tcp servers every 10 s and takes out those that do not answer (checktype=connect); all others stay (checktype=on)")
	_, found := ldirectorcf.Load(ldirectorcf.Env{}, "ldirectord.cf", d.Text())
	for _, f := range found {
		switch f.Severity {
		case diag.Error:
			im.report.Errors = append(im.report.Errors, f)
		case diag.Warning:
			im.add(0, f.Where(), conversion.Approximated, strings.TrimSpace(f.Text+" "+f.Remedy))
		}
	}
	return d.Text()
}

// write writes a section.
func (e *entry) write(d *conversion.Director) {
	six := ""
	if e.Is6() {
		six = "6"
	}
	protocol := e.Protocol.String()
	if e.FWMark != 0 {
		protocol = "fwm"
		d.Virtual("virtual"+six, strconv.FormatUint(uint64(e.FWMark), 10))
	} else {
		d.Virtual("virtual"+six, conversion.Place(e.Addr.Addr(), 0)+":"+strconv.Itoa(int(e.Addr.Port())))
	}
	for _, r := range e.dests {
		d.Set("real"+six, realLine(r))
	}
	d.Set("protocol", protocol)
	d.Set("scheduler", e.Scheduler)
	if len(e.SchedFlags) > 0 {
		d.Set("schedflags", strings.Join(e.SchedFlags, ","))
	}
	d.Number("persistent", int(e.Persistent/time.Second))
	if e.Netmask > 0 && six == "" {
		d.Set("netmask", quad(e.Netmask))
	} else {
		d.Number("netmask", e.Netmask)
	}
	if e.OnePacket {
		d.Set("ops", "yes")
	}
	if protocol == "tcp" && e.Addr.Port() != 0 {
		d.Set("checktype", "connect")
	} else {
		d.Set("checktype", "on")
	}
}

func realLine(r ipvs.Dest) string {
	text := fmt.Sprintf("%s %s %d", conversion.Place(r.Addr.Addr(), r.Addr.Port()), ldirectorcf.ForwardWord(r.Forward), r.Weight)
	if r.Lower != 0 {
		text += fmt.Sprintf(" l:%d", r.Lower)
	}
	if r.Upper != 0 {
		text += fmt.Sprintf(" u:%d", r.Upper)
	}
	return text
}

func quad(bits int) string {
	if bits > 32 {
		return strconv.Itoa(bits) // refused when the file is read
	}
	m := ^uint32(0) << (32 - bits)
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)}).String()
}
