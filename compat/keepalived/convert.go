package keepalived

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"systole/compat/conversion"
	"systole/pkg/diag"
)

// Node is one of the pair.
type Node struct {
	Name string     // as uname -n says
	Addr netip.Addr // where it gets heartbeats; not valid: as the file says, else by multicast
}

// Options are what no keepalived.conf says.
type Options struct {
	Node, Peer Node      // the node whose file it is, and the other one
	PeerFile   string    // name of the other node's keepalived.conf
	PeerText   []byte    // its text; nil: not given
	Rand       io.Reader // of a key, if the file has no password
}

// haDir is where the files belong.
const haDir = "etc/ha.d/"

// Convert makes the files of both nodes: NODE/etc/ha.d/…, and report.txt. The tree is nil if the
// report has failed, and if the error says that the files could not be made.
func Convert(file string, text []byte, o Options) (conversion.Tree, *conversion.Report, error) {
	conf, report := read(file, text)
	e := &emitter{conf: conf, report: report, o: o, file: file, nodes: [2]Node{o.Node, o.Peer}}
	e.readPeer(text)
	e.checkNames()
	if report.Failed() {
		return nil, report, nil
	}
	e.group()
	tree, err := e.tree()
	if err != nil || report.Failed() {
		return nil, report, err
	}
	return tree, report, nil
}

// emitter writes the files.
type emitter struct {
	conf   *config
	other  *config // of the peer's file, or nil
	report *conversion.Report
	o      Options
	file   string
	nodes  [2]Node
	groups []*group
	secret string
}

// group is a line of haresources: a sync group, or an instance that is in none.
type group struct {
	name      string
	line      int
	owner     int // of nodes
	instances []*instance
	notify    []notice
	mail      bool
	virtuals  []*virtual
	director  string // name of its ldirectord.cf; "" without virtuals
}

// note adds an entry about the whole.
func (e *emitter) note(line int, text string, grade conversion.Grade, note string) {
	e.report.Add(conversion.Entry{Line: line, Text: text, Grade: grade, Note: note})
}

func (e *emitter) checkNames() {
	for _, n := range e.nodes {
		if !isPlain(n.Name) || strings.ContainsAny(n.Name, "/@:+") {
			e.report.Fail(0, "%q is no name of a node", n.Name)
		}
	}
	if e.nodes[0].Name == e.nodes[1].Name {
		e.report.Fail(0, "both nodes are called %s", e.nodes[0].Name)
	}
}

// group sorts instances and services into lines of haresources.
func (e *emitter) group() {
	grouped := map[string]bool{}
	for _, s := range e.conf.groups {
		g := &group{name: s.name, line: s.line, notify: s.notify, mail: e.mails(s.mail)}
		for _, name := range s.members {
			i, _ := e.conf.instance(name)
			g.instances = append(g.instances, i)
			grouped[name] = true
		}
		if len(g.instances) > 0 {
			e.groups = append(e.groups, g)
		}
	}
	for _, i := range e.conf.instances {
		if !grouped[i.name] {
			e.groups = append(e.groups, &group{name: i.name, line: i.line, instances: []*instance{i}})
		}
	}
	slices.SortStableFunc(e.groups, func(x, y *group) int { return cmp.Compare(x.line, y.line) })
	for _, g := range e.groups {
		e.complete(g)
	}
	e.assign()
}

// mails says whether a section sends mails when it moves.
func (e *emitter) mails(own *bool) bool {
	if own == nil {
		own = e.conf.mailVRRP
	}
	return own != nil && *own
}

// complete takes over from the instances what the group has of them.
func (e *emitter) complete(g *group) {
	for n, i := range g.instances {
		g.notify = append(g.notify, i.notify...)
		g.mail = g.mail || e.mails(i.mail)
		if owner := e.owner(i); n == 0 {
			g.owner = owner
		} else if owner != g.owner {
			e.note(i.line, "vrrp_instance "+i.name, conversion.Approximated, "its preferred node is that of the group: "+e.nodes[g.owner].Name)
		}
	}
	if g.mail && len(e.conf.emails) == 0 {
		e.note(g.line, "smtp_alert", conversion.Lost, "there is no notification_email")
		g.mail = false
	}
}

// owner is the node with the higher priority; with one file only, what its state says.
func (e *emitter) owner(i *instance) int {
	if e.other != nil {
		if p := e.counterpart(i); p != nil && p.priority != i.priority {
			return map[bool]int{true: 1}[p.priority > i.priority]
		}
	}
	if i.state == "" && e.other == nil {
		e.note(i.line, "vrrp_instance "+i.name, conversion.Approximated,
			"no state, and no file of "+e.nodes[1].Name+" to compare priorities with: "+e.nodes[0].Name+" is preferred")
	}
	if i.state == "BACKUP" {
		return 1
	}
	return 0
}

// assign gives each service to the group that has its address, else to the first.
func (e *emitter) assign() {
	if len(e.groups) == 0 {
		return
	}
	for _, v := range e.conf.virtuals {
		g := e.home(v)
		if g == nil {
			g = e.groups[0]
			if len(e.groups) > 1 {
				e.note(v.line, "virtual_server "+v.name, conversion.Approximated, "no instance has its address: it goes with "+g.name)
			}
		}
		g.virtuals = append(g.virtuals, v)
	}
	var with []*group
	for _, g := range e.groups {
		if len(g.virtuals) > 0 {
			with = append(with, g)
		}
	}
	for _, g := range with {
		g.director = "ldirectord.cf"
		if len(with) > 1 {
			g.director = "ldirectord-" + fileName(g.name) + ".cf"
		}
	}
}

func (e *emitter) home(v *virtual) *group {
	for _, g := range e.groups {
		for _, i := range g.instances {
			for _, a := range i.addresses {
				if slices.ContainsFunc(v.members, func(m member) bool { return m.addr == a.prefix.Addr() }) {
					return g
				}
			}
		}
	}
	return nil
}

// tree makes the files.
func (e *emitter) tree() (conversion.Tree, error) {
	if err := e.key(); err != nil {
		return nil, err
	}
	var shared []conversion.File
	if len(e.groups) > 0 {
		shared = append(shared, conversion.File{Path: "haresources", Mode: 0o644, Text: e.haresources()},
			conversion.File{Path: "authkeys", Mode: 0o600, Text: []byte(e.secret)})
	}
	shared = append(shared, e.directors()...)
	shared = append(shared, e.scripts()...)
	var tree conversion.Tree
	for n, node := range e.nodes {
		own := shared
		if len(e.groups) > 0 {
			own = append([]conversion.File{{Path: "ha.cf", Mode: 0o644, Text: e.hacf(n)}}, shared...)
		}
		for _, f := range own {
			f.Path = node.Name + "/" + haDir + f.Path
			tree = append(tree, f)
		}
	}
	e.verify(tree)
	var report strings.Builder
	if _, err := e.report.WriteTo(&report); err != nil {
		return nil, err
	}
	return append(tree, conversion.File{Path: conversion.ReportName, Mode: 0o644, Text: []byte(report.String())}), nil
}

// key makes the text of authkeys: the password of the first instance that has one, else a random key.
func (e *emitter) key() error {
	secret := ""
	for _, i := range e.conf.instances {
		switch {
		case i.pass == "":
		case secret == "":
			secret = i.pass
		case i.pass != secret:
			e.note(i.line, "auth_pass of "+i.name, conversion.Lost, "heartbeat has one key for all: that of the first instance")
		}
	}
	if secret == "" && len(e.groups) > 0 {
		random := make([]byte, 20)
		if _, err := io.ReadFull(e.o.Rand, random); err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
		secret = hex.EncodeToString(random)
		e.note(0, "authentication", conversion.Approximated, "there is no auth_pass; heartbeat wants a key, and a random one was made")
	}
	e.secret = "# The same file on both nodes, readable by root alone.\nauth 1\n1 sha1 " + secret + "\n"
	return nil
}

// verify has the readers of the daemons read what was made. What they refuse comes of a value that
// nobody looked at before: nothing is written then. Warnings go into the report.
func (e *emitter) verify(tree conversion.Tree) {
	for n, node := range e.nodes {
		for _, d := range findings(tree, node.Name, node.Name) {
			switch {
			case d.Severity == diag.Error:
				d.File = node.Name + "/" + haDir + d.File
				e.report.Errors = append(e.report.Errors, d)
			case d.Severity == diag.Warning && n == 0:
				d.Severity = diag.Note
				e.note(0, d.Where(), conversion.Approximated, strings.TrimSpace(d.Text+" "+d.Remedy))
			}
		}
	}
}
