package keepalived

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"

	"systole/compat/conversion"
)

// instance is a vrrp_instance: a group of resources.
func (b *builder) instance(d *directive) {
	b.inst = &instance{name: d.arg(0), line: d.line, advert: defaultAdvert, priority: defaultPriority, id: -1}
	b.header(d, "a line of haresources")
	b.each(d.block)
	b.conf.instances = append(b.conf.instances, b.inst)
	b.inst = nil
}

func (b *builder) state(d *directive) {
	switch strings.ToUpper(d.arg(0)) {
	case "MASTER", "BACKUP":
		b.inst.state = strings.ToUpper(d.arg(0))
		b.equal(d, "together with priority decides which node is preferred")
	default:
		b.lost(d, "neither MASTER nor BACKUP")
	}
}

func (b *builder) iface(d *directive) {
	b.inst.iface = b.plain(d)
	b.equal(d, "the interface of heartbeats, and of the addresses that name none")
}

func (b *builder) routerID(d *directive) {
	b.inst.id = b.number(d, 1, 255)
	b.lost(d, "heartbeat has nothing to tell apart: its key and port are the cluster's own")
}

func (b *builder) priority(d *directive) {
	b.inst.priority = b.number(d, 0, 255)
	b.equal(d, "the higher one is the preferred node")
}

func (b *builder) advert(d *directive) {
	b.inst.advert = b.seconds(d)
	if b.inst.advert < minAdvert {
		b.fail(d.line, "%s: 0.01 seconds at least are wanted", d.text())
		return
	}
	b.equal(d, "keepalive "+duration(b.inst.advert)+"; deadtime, warntime and initdead follow from it")
}

func (b *builder) noPreempt(d *directive) {
	b.inst.noPreempt = true
	b.equal(d, "auto_failback off")
}

func (b *builder) authType(d *directive) {
	if d.arg(0) == "PASS" {
		b.equal(d, "a key in authkeys")
		return
	}
	b.approximated(d, "sha1 signs each message; nothing is encapsulated")
}

func (b *builder) authPass(d *directive) {
	pass := d.arg(0)
	b.inst.pass = pass
	switch {
	case pass == "":
		b.fail(d.line, "auth_pass: a word is wanted")
	case strings.ContainsFunc(pass, unfit):
		b.inst.pass = hex.EncodeToString([]byte(pass))
		b.approximated(d, "the secret of a sha1 key, in hex: a key holds no blanks")
	case len(pass) > vrrpPassword:
		b.approximated(d, "the secret of a sha1 key: all of it counts, not only eight letters")
	default:
		b.equal(d, "the secret of a sha1 key")
	}
}

// unfit are letters that cannot stand in authkeys.
func unfit(r rune) bool { return r <= ' ' || r > '~' || r == '#' }

func (b *builder) unicastSource(d *directive) {
	b.inst.source = b.addr(d.line, d.arg(0))
	b.equal(d, "the address of this node: where the other node's ucast sends to")
}

func (b *builder) unicastPeer(d *directive) {
	b.header(d, "ucast")
	for _, r := range split(d.rows, func(words []string, i int) bool { return isAddress(words[i]) }) {
		a := b.addr(r.line, r.words[0])
		b.inst.peers = append(b.inst.peers, a)
		grade, note := conversion.Equal, "ucast"
		if len(r.words) > 1 {
			grade, note = conversion.Approximated, "ucast; without "+strings.Join(r.words[1:], " ")
		}
		b.row(r, grade, note)
	}
}

// addressOptions are the options of an address that have a value.
var addressOptions = []string{"brd", "dev", "scope", "label", "peer", "preferred_lft"}

// addresses reads virtual_ipaddress and virtual_ipaddress_excluded.
func (b *builder) addresses(d *directive) {
	b.header(d, "IPaddr2 or IPv6addr for each address")
	rows := split(d.rows, func(words []string, i int) bool {
		return isAddress(words[i]) && !slices.Contains(addressOptions, words[i-1])
	})
	for _, r := range rows {
		b.address(r)
	}
}

func isAddress(text string) bool {
	a, _, _ := strings.Cut(text, "/")
	_, err := netip.ParseAddr(a)
	return err == nil
}

// address reads ADDRESS[/MASK] and its options.
func (b *builder) address(r row) {
	a := address{prefix: b.prefix(r)}
	var dropped []string
	for i := 1; i < len(r.words); i++ {
		value := ""
		if slices.Contains(addressOptions, r.words[i]) && i+1 < len(r.words) {
			value = r.words[i+1]
		}
		switch w := r.words[i]; {
		case value != "" && !isPlain(value) && value != "+":
			b.fail(r.line, "%s %q cannot stand in haresources", w, value)
		case w == "brd" && value != "":
			a.broadcast = value
		case w == "dev" && value != "":
			a.dev = value
		case w == "label" && value != "":
			a.label = value
		default:
			dropped = append(dropped, strings.TrimSpace(w+" "+value))
		}
		if value != "" {
			i++
		}
	}
	b.inst.addresses = append(b.inst.addresses, a)
	b.gradeAddress(r, a, dropped)
}

func (b *builder) gradeAddress(r row, a address, dropped []string) {
	resource := a.word(b.inst.iface)
	switch {
	case len(dropped) > 0:
		b.row(r, conversion.Approximated, resource+"; without "+strings.Join(dropped, ", "))
	case a.prefix.Addr().Is4() && a.broadcast == "":
		b.row(r, conversion.Equal, resource+"; it gets the broadcast address of its network, where keepalived sets none")
	default:
		b.row(r, conversion.Equal, resource)
	}
}

// prefix reads the address of a row; without a mask it is alone in its network.
func (b *builder) prefix(r row) netip.Prefix {
	text := r.words[0]
	if !strings.Contains(text, "/") {
		a := b.addr(r.line, text)
		return netip.PrefixFrom(a, a.BitLen())
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() || p.Bits() == 0 {
		b.fail(r.line, "%s: an address with a mask is wanted", text)
		return netip.PrefixFrom(netip.IPv4Unspecified(), 32)
	}
	return p
}

// routes and ipRules keep what follows "ip route add" and "ip rule add".
func (b *builder) routes(d *directive) {
	b.header(d, "resource.d/"+routesScript(b.inst.name)+": ip route add and del")
	rows := split(d.rows, func(words []string, i int) bool {
		return strings.Contains(words[i], "/") && isAddress(words[i]) && !slices.Contains([]string{"src", "to", "via", "gw", "or"}, words[i-1])
	})
	for _, r := range rows {
		b.inst.routes = append(b.inst.routes, b.ipWords(r))
	}
}

func (b *builder) ipRules(d *directive) {
	b.header(d, "resource.d/"+routesScript(b.inst.name)+": ip rule add and del")
	for _, r := range d.rows {
		b.inst.rules = append(b.inst.rules, b.ipWords(r))
	}
}

// ipWords turns a route or rule into words for ip(8), quoted for the shell.
func (b *builder) ipWords(r row) string {
	var words []string
	note := "as a word of ip(8)"
	for i, w := range r.words {
		switch {
		case w == "no_track" || w == "track_group":
			note += "; without " + w
			continue
		case w == "gw":
			w = "via"
		case w == "to" && i > 0 && r.words[0] == "src":
			continue
		}
		words = append(words, quote(w))
	}
	b.row(r, conversion.Approximated, note)
	return strings.Join(words, " ")
}

func (b *builder) promote(d *directive) {
	b.inst.promote = true
	b.approximated(d, "sysctl in resource.d/startstop, before heartbeat starts")
}

func (b *builder) syncInterface(d *directive) {
	b.inst.syncDaemon = &syncDaemon{iface: b.plain(d), id: -1}
	b.equal(d, "ipvs-sync")
}

// vrrpMail is smtp_alert of an instance or sync group.
func (b *builder) vrrpMail(d *directive) {
	on := b.boolean(d)
	if b.group != nil {
		b.group.mail = &on
	} else {
		b.inst.mail = &on
	}
	if on {
		b.equal(d, "MailTo, last in the group: a mail at each start and stop of it")
		return
	}
	b.equal(d, "no MailTo")
}

// notify keeps a notify script: one string with a command line, then a user and a group.
func (b *builder) notify(d *directive) {
	n := notice{kind: d.name, argv: fields(d.arg(0)), user: d.arg(1)}
	if len(n.argv) == 0 || n.user != "" && !isPlain(n.user) {
		b.fail(d.line, "%s: a command is wanted", d.text())
		return
	}
	name := ""
	if b.group != nil {
		b.group.notify = append(b.group.notify, n)
		name = b.group.name
	} else {
		b.inst.notify = append(b.inst.notify, n)
		name = b.inst.name
	}
	when := map[string]string{
		"notify_master": "when the group starts",
		"notify_backup": "when the group stops, and before heartbeat starts",
		"notify_stop":   "after heartbeat has stopped",
		"notify":        "at each of these, with the arguments of keepalived",
	}[d.name]
	b.approximated(d, "resource.d/"+notifyScript(name)+" runs it "+when)
}

// fields splits a command line as keepalived does: at blanks, with quotes around words that have some.
func fields(line string) []string {
	var words []string
	var w strings.Builder
	inside, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			w.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case strings.ContainsRune(" \t\r\n", r):
			if inside {
				words = append(words, w.String())
				w.Reset()
			}
			inside = false
		default:
			w.WriteRune(r)
			inside = true
		}
	}
	if inside {
		words = append(words, w.String())
	}
	return words
}

// syncGroup is a vrrp_sync_group: its instances are one group of resources.
func (b *builder) syncGroup(d *directive) {
	b.group = &syncGroup{name: d.arg(0), line: d.line}
	b.header(d, "one line of haresources for its instances")
	b.each(d.block)
	b.conf.groups = append(b.conf.groups, b.group)
	b.group = nil
}

func (b *builder) members(d *directive) {
	b.group.members = append(b.group.members, d.list()...)
	b.equal(d, "on one line of haresources")
}
