package keepalived

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/compat/conversion"
)

// What VRRP says where a file says nothing (keepalived.conf(5)).
const (
	defaultAdvert   = time.Second
	minAdvert       = 10 * time.Millisecond
	defaultPriority = 100
	vrrpPassword    = 8 // letters that count
)

// finish looks at what only the whole file can tell.
func (b *builder) finish() {
	b.finishInstances()
	b.finishGroups()
	for _, v := range b.conf.virtuals {
		b.finishVirtual(v)
	}
	b.conf.virtuals = slices.DeleteFunc(b.conf.virtuals, func(v *virtual) bool { return v.protocol == "sctp" })
	if len(b.conf.instances) == 0 && len(b.conf.virtuals) == 0 && !b.report.Failed() {
		b.fail(0, "neither a vrrp_instance nor a virtual_server: is it a keepalived.conf?")
	}
}

func (b *builder) finishInstances() {
	seen := map[string]bool{}
	for _, i := range b.conf.instances {
		switch {
		case seen[i.name]:
			b.fail(i.line, "vrrp_instance %s stands twice", i.name)
		case i.iface == "":
			b.fail(i.line, "vrrp_instance %s has no interface", i.name)
		case len(i.addresses) == 0:
			b.report.Add(conversion.Entry{Line: i.line, Text: "vrrp_instance " + i.name, Grade: conversion.Approximated, Note: "it has no address"})
		}
		seen[i.name] = true
		if i.syncDaemon != nil && i.syncDaemon.id < 0 {
			i.syncDaemon.id = max(i.id, 0)
			b.report.Add(conversion.Entry{Line: i.line, Text: "vrrp_instance " + i.name, Grade: conversion.Equal,
				Note: "sync id " + strconv.Itoa(i.syncDaemon.id) + ", as its virtual_router_id"})
		}
	}
}

func (b *builder) finishGroups() {
	taken := map[string]string{}
	for _, g := range b.conf.groups {
		g.members = slices.DeleteFunc(g.members, func(name string) bool {
			_, found := b.conf.instance(name)
			switch {
			case !found:
				b.fail(g.line, "vrrp_sync_group %s: there is no vrrp_instance %s", g.name, name)
			case taken[name] != "":
				b.fail(g.line, "vrrp_sync_group %s: %s is in %s already", g.name, name, taken[name])
			default:
				taken[name] = g.name
				return false
			}
			return true
		})
	}
}

// instance finds a vrrp_instance by name.
func (c *config) instance(name string) (*instance, bool) {
	i := slices.IndexFunc(c.instances, func(i *instance) bool { return i.name == name })
	if i < 0 {
		return nil, false
	}
	return c.instances[i], true
}

func (b *builder) finishVirtual(v *virtual) {
	if name, isGroup := strings.CutPrefix(v.name, "group "); isGroup {
		members, found := b.conf.sets[name]
		if !found {
			b.fail(v.line, "virtual_server %s: there is no virtual_server_group of that name", v.name)
		}
		v.members = members
	}
	v.members = slices.Clone(v.members)
	for i := range v.members {
		if m := &v.members[i]; m.mark != 0 && (v.six || len(v.reals) > 0 && v.reals[0].addr.Is6()) {
			m.six = true
		}
	}
	six := len(v.members) > 0 && v.members[0].is6()
	v.reals = slices.DeleteFunc(v.reals, func(r *real) bool { return b.foreign(r, six) })
	if s := v.sorry; s != nil && (!s.addr.IsValid() || s.addr.Is6() != six) {
		b.report.Add(conversion.Entry{Line: v.line, Text: "sorry_server", Grade: conversion.Lost, Note: "no address, or one of another family than the service"})
		v.sorry = nil
	}
}

// foreign tells of a real server of another family, which ldirectord has not.
func (b *builder) foreign(r *real, six bool) bool {
	if r.addr.Is6() == six {
		return false
	}
	b.report.Add(conversion.Entry{Line: r.line, Text: "real_server " + r.service(), Grade: conversion.Lost,
		Note: "of another family than the service, which ldirectord has not"})
	return true
}

// merge fills in from the outer block what a timing leaves open.
func (t timing) merge(outer timing) timing {
	if t.loop == 0 {
		t.loop = outer.loop
	}
	if t.timeout == 0 {
		t.timeout = outer.timeout
	}
	if t.delay == 0 {
		t.delay = outer.delay
	}
	if t.retry < 0 {
		t.retry = outer.retry
	}
	return t
}

// duration writes a time as ha.cf does.
func duration(t time.Duration) string {
	if t%time.Second == 0 {
		return strconv.Itoa(int(t / time.Second))
	}
	return fmt.Sprintf("%dms", t.Milliseconds())
}
