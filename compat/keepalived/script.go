package keepalived

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"systole/compat/conversion"
)

// systolePath is where the command is installed.
const systolePath = "/usr/sbin/systole"

// quote makes a word of the shell.
func quote(w string) string {
	plain := w != "" && !strings.ContainsFunc(w, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._:+@/-,=%", r))
	})
	if plain {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

// commandLine is a command for the shell, as another user if one is named.
func commandLine(argv []string, user string) string {
	if user != "" && user != "root" {
		argv = append([]string{"runuser", "-u", user, "--"}, argv...)
	}
	var words []string
	for _, w := range argv {
		words = append(words, quote(w))
	}
	return strings.Join(words, " ")
}

// remark keeps a text from the file inside a comment.
func remark(text string) string { return strings.Join(strings.Fields(text), " ") }

// script makes the check script of a virtual. ldirectord calls it with the address and port of
// the virtual and those of the server.
func (e *emitter) script(v *virtual) []byte {
	e.note(v.line, "virtual_server "+v.name, conversion.Approximated, "its checks are more than a section can say: a script makes them (checktype=external)")
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# The checks of virtual_server %s. ldirectord calls this with the address and port of\n", remark(v.name))
	fmt.Fprintf(&b, "# the service and those of a server; exit code 0 is up.\nset -e\nserver=${3#[}\ncase \"${server%%]} $4\" in\n")
	seen := map[string]bool{}
	for _, r := range v.reals {
		pattern := quote(fmt.Sprintf("%s %d", r.addr, r.port))
		if r.port == 0 {
			pattern = quote(r.addr.String()+" ") + "*"
		}
		if len(r.checks) == 0 || seen[pattern] {
			continue
		}
		seen[pattern] = true
		fmt.Fprintf(&b, "%s)\n", pattern)
		for _, c := range r.checks {
			for _, line := range e.commands(c, r, v) {
				fmt.Fprintf(&b, "\t%s\n", line)
			}
		}
		fmt.Fprintf(&b, "\t;;\n")
	}
	fmt.Fprintf(&b, "esac >/dev/null\n")
	return []byte(b.String())
}

// commands are the commands of one check; each must succeed.
func (e *emitter) commands(c *check, r *real, v *virtual) []string {
	host, port := r.addr.String(), strconv.Itoa(int(e.checkPort(c, r, v)))
	if c.addr.IsValid() {
		host = c.addr.String()
	}
	t := c.timing.merge(r.timing).merge(v.timing)
	if t.timeout == 0 {
		t.timeout = defaultTimeout
	}
	limit := strconv.Itoa(ceil(t.timeout))
	switch c.kind {
	case "MISC_CHECK":
		return []string{commandLine(c.command, c.user)}
	case "PING_CHECK":
		return []string{commandLine([]string{systolePath, "monitor", "ping.monitor", host}, "")}
	case "DNS_CHECK":
		e.note(c.line, c.kind, conversion.Lost, "beside other checks, or without a name, it has no counterpart: the server counts as up")
		return []string{"true"}
	case "SMTP_CHECK":
		e.note(c.line, c.kind, conversion.Approximated, "beside other checks it is a connection only")
	case "HTTP_GET", "SSL_GET":
		return e.requests(c, r, v, host, port, limit)
	}
	return []string{commandLine([]string{systolePath, "monitor", "tcp.monitor", "-p", port, "-t", limit, host}, "")}
}

// checkPort is where a check connects to: by gate and ipip a packet keeps the port of the service,
// but keepalived checks the port of the server.
func (e *emitter) checkPort(c *check, r *real, v *virtual) uint16 {
	for _, p := range []uint16{c.port, r.port} {
		if p != 0 {
			return p
		}
	}
	if len(v.members) > 0 {
		return v.members[0].port
	}
	return 0
}

// requests are the pages of an http check.
func (e *emitter) requests(c *check, r *real, v *virtual, host, port, limit string) []string {
	pages := c.urls
	if len(pages) == 0 {
		pages = []*page{{path: "/"}}
	}
	var lines []string
	for _, u := range pages {
		argv := []string{systolePath, "genhash", "-s", host, "-p", port, "-u", u.path, "-t", limit}
		if c.kind == "SSL_GET" {
			argv = append(argv, "-S")
		}
		if h := u.host(c, r, v); h != "" {
			argv = append(argv, "-V", h)
		}
		if codes := strings.Join(u.status, ","); codes != "" {
			argv = append(argv, "--status", codes)
		} else {
			argv = append(argv, "--status", "200-299")
		}
		if u.digest != "" {
			argv = append(argv, "--digest", u.digest)
		}
		if u.regex != "" {
			argv = append(argv, map[bool]string{false: "--regex", true: "--not-regex"}[u.without], u.regex)
		}
		lines = append(lines, commandLine(argv, ""))
	}
	return lines
}

func routesScript(name string) string { return "kroutes-" + fileName(name) }
func notifyScript(name string) string { return "knotify-" + fileName(name) }

// scripts are the resources that are made, and startstop, which the init script of heartbeat calls.
func (e *emitter) scripts() []conversion.File {
	var files []conversion.File
	used := map[string]bool{}
	add := func(name, text string) {
		if used[name] {
			e.report.Fail(0, "two sections would both be resource.d/%s: rename one", name)
		}
		used[name] = true
		files = append(files, conversion.File{Path: "resource.d/" + name, Mode: 0o755, Text: []byte(text)})
	}
	for _, g := range e.groups {
		for _, i := range g.instances {
			if len(i.routes)+len(i.rules) > 0 {
				add(routesScript(i.name), routesText(i))
			}
		}
		if len(g.notify) > 0 {
			add(notifyScript(g.name), e.notifyText(g))
		}
	}
	if text := e.startStop(); text != "" {
		add("startstop", text)
		e.note(0, "resource.d/startstop", conversion.Approximated, "the init script of heartbeat calls it; with systemd, add ExecStartPre= and ExecStopPost= lines that do")
	}
	return files
}

// routesText is a resource for virtual_routes and virtual_rules.
func routesText(i *instance) string {
	var add, del []string
	for _, r := range i.rules {
		add, del = append(add, "ip rule add "+r), append(del, "ip rule del "+r)
	}
	for _, r := range i.routes {
		add, del = append(add, "ip route replace "+r), append(del, "ip route del "+r)
	}
	slices.Reverse(del)
	return resource("The routes and rules of vrrp_instance "+remark(i.name)+".", routesScript(i.name), add, del)
}

// resource is a script for resource.d: start and stop do something, status is what was done last.
func resource(about, name string, start, stop []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# %s\n# haresources: %s\nmark=/run/resource-agents/%s\n", about, name, name)
	fmt.Fprintf(&b, "case $1 in\nstart)\n")
	for _, line := range start {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	fmt.Fprintf(&b, "\tmkdir -p /run/resource-agents && : >$mark\n\t;;\nstop)\n")
	for _, line := range stop {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	fmt.Fprintf(&b, "\trm -f $mark\n\t;;\nstatus | monitor)\n\tif [ -e $mark ]; then\n\t\techo running\n\telse\n\t\techo stopped\n\t\texit 3\n\tfi\n\t;;\n")
	fmt.Fprintf(&b, "*)\n\techo \"usage: $0 (start|stop|status)\" >&2\n\texit 1\n\t;;\nesac\n")
	return b.String()
}

// called are the commands of a group's scripts of a kind, and notify with keepalived's arguments.
func (e *emitter) called(g *group, kind, state string) []string {
	var lines []string
	for _, n := range g.notify {
		if n.kind == kind {
			lines = append(lines, commandLine(n.argv, n.user))
		}
	}
	what, name := "INSTANCE", g.instances[0].name
	if len(e.conf.groups) > 0 && g.name != name {
		what, name = "GROUP", g.name
	}
	for _, n := range g.notify {
		if n.kind == "notify" {
			argv := append(slices.Clone(n.argv), what, name, state, strconv.Itoa(g.instances[0].priority))
			lines = append(lines, commandLine(argv, n.user))
		}
	}
	return lines
}

// notifyText is a resource that runs the scripts of a group. A script that adds something must not
// be called twice for the same state, so the resource remembers it: startstop asks for backup at
// each start of heartbeat, and the group may have been stopped just before.
func (e *emitter) notifyText(g *group) string {
	var b strings.Builder
	name := notifyScript(g.name)
	fmt.Fprintf(&b, "#!/bin/sh\n# The notify scripts of %s, each once for a change of state.\n# haresources: %s\n", remark(g.name), name)
	fmt.Fprintf(&b, "state=/run/resource-agents/%s\nmkdir -p /run/resource-agents\nlast=$(cat $state 2>/dev/null)\n", name)
	fmt.Fprintf(&b, "case \"$1 $last\" in\n\"start MASTER\" | \"stop BACKUP\" | \"backup BACKUP\") ;;\n")
	for _, c := range []struct{ pattern, kind, state string }{
		{"start\\ *", "notify_master", "MASTER"}, {"stop\\ * | backup\\ *", "notify_backup", "BACKUP"},
	} {
		fmt.Fprintf(&b, "%s)\n\techo %s >$state\n", c.pattern, c.state)
		for _, line := range e.called(g, c.kind, c.state) {
			fmt.Fprintf(&b, "\t%s\n", line)
		}
		fmt.Fprintf(&b, "\t;;\n")
	}
	fmt.Fprintf(&b, "\"status MASTER\" | \"monitor MASTER\") echo running ;;\nstatus\\ * | monitor\\ *)\n\techo stopped\n\texit 3\n\t;;\n")
	fmt.Fprintf(&b, "*)\n\techo \"usage: $0 (start|stop|backup|status)\" >&2\n\texit 1\n\t;;\nesac\nexit 0\n")
	return b.String()
}

// startStop is what keepalived does at its start and end, whoever is master.
func (e *emitter) startStop() string {
	var before, after []string
	if len(e.conf.timeouts) > 0 {
		before = append(before, "ipvsadm --set "+strings.Join(e.conf.timeouts, " "))
	}
	for _, g := range e.groups {
		for _, i := range g.instances {
			if i.promote {
				before = append(before, "sysctl -q -w net.ipv4.conf."+i.iface+".promote_secondaries=1")
			}
		}
		if s := e.syncOf(g); s != nil {
			before = append(before, fmt.Sprintf("/%sresource.d/ipvs-sync %s %d stop", haDir, s.iface, s.id))
		}
		if len(g.notify) > 0 {
			before = append(before, "/"+haDir+"resource.d/"+notifyScript(g.name)+" backup")
		}
		after = append(after, e.called(g, "notify_stop", "STOP")...)
	}
	if len(before)+len(after) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# What keepalived does before it knows who is master, and at its end.\ncase $1 in\n")
	for _, c := range []struct {
		word  string
		lines []string
	}{{"pre-start", before}, {"post-stop", after}} {
		if len(c.lines) > 0 {
			fmt.Fprintf(&b, "%s)\n\t%s\n\t;;\n", c.word, strings.Join(c.lines, "\n\t"))
		}
	}
	return b.String() + "esac\n"
}
