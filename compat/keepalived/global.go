package keepalived

import (
	"net/netip"
	"strconv"
	"strings"

	"systole/compat/conversion"
)

func (b *builder) notificationEmail(d *directive) {
	b.header(d, "emailalert, and MailTo for groups with smtp_alert")
	for _, r := range d.rows {
		for _, w := range r.words {
			if !isPlain(w) || !strings.Contains(w, "@") && strings.ContainsAny(w, ":/") {
				b.fail(r.line, "%s: a mail address is wanted", w)
				continue
			}
			b.conf.emails = append(b.conf.emails, w)
		}
		b.row(r, conversion.Equal, "gets the mails")
	}
}

func (b *builder) emailFrom(d *directive) {
	b.conf.emailFrom = b.plain(d)
	b.equal(d, "emailalertfrom")
}

func (b *builder) smtpServer(d *directive) {
	b.conf.smtp = b.plain(d)
	b.approximated(d, "smtp="+b.conf.smtp+": only the host is used, with port 25; MailTo sends by the local mailer")
}

// smtpDefault is smtp_alert and its two kinds in global_defs: the kind wins over the general one.
func (b *builder) smtpDefault(d *directive) {
	on := b.boolean(d)
	for _, t := range []struct {
		kind string
		to   **bool
	}{{"smtp_alert_vrrp", &b.conf.mailVRRP}, {"smtp_alert_checker", &b.conf.mailChecks}} {
		if d.name == t.kind || d.name == "smtp_alert" && *t.to == nil {
			*t.to = &on
		}
	}
	b.equal(d, "decides over mails where nothing else is said")
}

// syncDaemon is lvs_sync_daemon INTERFACE [INSTANCE] [id N] [maxlen N] [port N] [ttl N] [group A].
func (b *builder) syncDaemon(d *directive) {
	s := &syncDaemon{iface: b.plain(d)}
	dropped := ""
	for i := 1; i < len(d.args); i++ {
		switch w := d.args[i]; w {
		case "id", "syncid":
			i++
			s.id = b.syncID(d, d.arg(i))
		case "inst":
			i++
			s.instance = d.arg(i)
		case "maxlen", "port", "ttl", "group":
			dropped += " " + w
			i++
		default:
			s.instance = w
		}
	}
	b.conf.sync = s
	if dropped != "" {
		b.approximated(d, "ipvs-sync::"+s.words()+"; without"+dropped)
		return
	}
	b.equal(d, "ipvs-sync::"+s.words())
}

func (b *builder) syncID(d *directive, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 255 {
		b.fail(d.line, "%s: a sync id from 0 to 255 is wanted", d.text())
	}
	return n
}

// words are the arguments of the agent ipvs-sync.
func (s *syncDaemon) words() string { return s.iface + "::" + strconv.Itoa(s.id) }

// lvsTimeouts is lvs_timeouts [tcp N] [tcpfin N] [udp N].
func (b *builder) lvsTimeouts(d *directive) {
	at := map[string]int{"tcp": 0, "tcpfin": 1, "udp": 2}
	values := []string{"0", "0", "0"}
	for i := 0; i < len(d.args); i += 2 {
		k, known := at[d.args[i]]
		n, err := strconv.Atoi(d.arg(i + 1))
		if !known || err != nil || n < 0 {
			b.fail(d.line, "%s: tcp, tcpfin and udp with seconds are wanted", d.text())
			return
		}
		values[k] = strconv.Itoa(n)
	}
	b.conf.timeouts = values
	b.approximated(d, "ipvsadm --set "+strings.Join(values, " ")+" in resource.d/startstop, before heartbeat starts")
}

// serverGroup is virtual_server_group NAME: lines of "ADDRESS|RANGE [PORT]" and "fwmark N [inet6]".
func (b *builder) serverGroup(d *directive) {
	b.header(d, "a virtual= for each member")
	rows := split(d.rows, func(words []string, i int) bool {
		return words[i-1] != "fwmark" && (words[i] == "fwmark" || strings.ContainsAny(words[i], ".:"))
	})
	var all []member
	for _, r := range rows {
		all = append(all, b.memberLine(r)...)
		b.row(r, conversion.Equal, "a virtual= of its own")
	}
	if len(all) > maxMembers {
		b.fail(d.line, "%s: more than %d services", d.text(), maxMembers)
		return
	}
	b.conf.sets[d.arg(0)] = all
}

// maxMembers bounds a group: ldirectord.cf has a section for each.
const maxMembers = 4096

// memberLine reads one line of a group.
func (b *builder) memberLine(r row) []member {
	if r.words[0] == "fwmark" {
		if len(r.words) < 2 {
			b.fail(r.line, "fwmark needs a number")
			return nil
		}
		return []member{{mark: b.mark(r.line, r.words[1]), six: len(r.words) > 2 && r.words[2] == "inet6"}}
	}
	port := uint16(0)
	if len(r.words) > 1 {
		port = b.port(r.line, r.words[1])
	}
	var all []member
	for _, a := range b.span(r.line, r.words[0]) {
		all = append(all, member{addr: a, port: port})
	}
	return all
}

func (b *builder) mark(line int, text string) uint32 {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 {
		b.fail(line, "%s: a firewall mark is wanted", text)
	}
	return uint32(n)
}

// span reads an address, A.B.C.D-E, A.B.C.D-E.F.G.H or A.B.C.D/N.
func (b *builder) span(line int, text string) []netip.Addr {
	first, last := netip.Addr{}, netip.Addr{}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		first, last = prefix.Masked().Addr(), prefix.Addr()
		for a := last; a.IsValid() && prefix.Contains(a) && distance(first, a) <= maxMembers; a = a.Next() {
			last = a
		}
	} else if from, to, ok := strings.Cut(text, "-"); ok {
		first = b.addr(line, from)
		last = b.addr(line, endOf(from, to))
	} else {
		first = b.addr(line, text)
		last = first
	}
	if first.Is4() != last.Is4() || distance(first, last) >= maxMembers || last.Less(first) {
		b.fail(line, "%s: no range of at most %d addresses", text, maxMembers)
		return nil
	}
	var all []netip.Addr
	for a := first; a.IsValid() && !last.Less(a); a = a.Next() {
		all = append(all, a)
	}
	return all
}

// endOf completes the end of a range: -10 and -ff replace the last part of the address.
func endOf(from, to string) string {
	if strings.ContainsAny(to, ".:") {
		return to
	}
	if i := strings.LastIndexAny(from, ".:"); i >= 0 {
		return from[:i+1] + to
	}
	return to
}

// distance counts the steps from one address to another of its family, as far as it matters.
func distance(from, to netip.Addr) int {
	a, b := from.As16(), to.As16()
	n := 0
	for i := range a {
		n = n*256 + int(b[i]) - int(a[i])
		if n > 1<<20 || n < -(1<<20) {
			return n
		}
	}
	return n
}
