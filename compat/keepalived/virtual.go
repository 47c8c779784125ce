package keepalived

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"systole/pkg/ipvs"
)

func virtualServer() grammar {
	g := grammar{
		{name: "lvs_sched", min: 1, max: 1, set: (*builder).scheduler},
		{name: "lb_algo", min: 1, max: 1, set: (*builder).scheduler},
		{name: "lvs_method", min: 1, max: rest, set: (*builder).method},
		{name: "lb_kind", min: 1, max: rest, set: (*builder).method},
		{name: "ops", set: (*builder).onePacket},
		{name: "persistence_timeout", max: 1, set: (*builder).persistence},
		{name: "persistence_granularity", min: 1, max: 1, set: (*builder).granularity},
		{name: "persistence_engine", min: 1, max: 1, set: lost("ldirectord sets no persistence engine")},
		{name: "protocol", min: 1, max: 1, set: (*builder).protocol},
		{name: "ip_family", min: 1, max: 1, set: (*builder).family},
		{name: "virtualhost", min: 1, max: 1, set: (*builder).virtualHost},
		{name: "sorry_server", min: 1, max: 2, set: (*builder).sorryServer},
		{name: "sorry_server_lvs_method", min: 1, max: rest, set: (*builder).sorryMethod},
		{name: "sorry_server_inhibit", set: lost("the fallback is removed when it is not needed")},
		{name: "quorum", min: 1, max: 1, set: (*builder).quorum},
		{name: "quorum_up", min: 1, max: 3, set: (*builder).quorumScript},
		{name: "quorum_down", min: 1, max: 3, set: (*builder).quorumScript},
		{name: "real_server", min: 1, max: 2, block: mayBlock, in: realServer, set: (*builder).realServer},
	}
	g = append(g, each(0, 0, (*builder).schedulerFlag, "sh-port", "sh-fallback", "mh-port", "mh-fallback", "flag-1", "flag-2", "flag-3")...)
	g = append(g, each(0, 0, lost("ldirectord checks whether or not the address is here"), "ha_suspend")...)
	g = append(g, each(0, 1, lost("quorums above 1 have no counterpart"), "hysteresis", "omega")...)
	g = append(g, each(1, 1, lost("a name for SNMP"), "snmp_name")...)
	return append(g, inherited()...)
}

// inherited are the directives that virtual servers, real servers and checks have alike.
func inherited() grammar {
	return grammar{
		{name: "delay_loop", min: 1, max: 1, set: (*builder).delayLoop},
		{name: "connect_timeout", min: 1, max: 1, set: (*builder).connectTimeout},
		{name: "retry", min: 1, max: 1, set: (*builder).retry},
		{name: "nb_get_retry", min: 1, max: 1, set: (*builder).retry},
		{name: "delay_before_retry", min: 1, max: 1, set: (*builder).delayBeforeRetry},
		{name: "inhibit_on_failure", max: 1, set: (*builder).inhibit},
		{name: "smtp_alert", max: 1, set: (*builder).checkMail},
		{name: "warmup", min: 1, max: 1, set: lost("first checks are spread over the interval anyway")},
		{name: "alpha", max: 1, set: lost("ldirectord adds a server after its first good check: this is always so")},
		{name: "log_all_failures", max: 1, set: lost(property)},
	}
}

func realServer() grammar {
	g := grammar{
		{name: "weight", min: 1, max: 1, set: (*builder).weight},
		{name: "lvs_method", min: 1, max: rest, set: (*builder).method},
		{name: "lb_kind", min: 1, max: rest, set: (*builder).method},
		{name: "uthreshold", min: 1, max: 1, set: (*builder).threshold},
		{name: "lthreshold", min: 1, max: 1, set: (*builder).threshold},
		{name: "virtualhost", min: 1, max: 1, set: (*builder).virtualHost},
		{name: "snmp_name", min: 1, max: 1, set: lost("a name for SNMP")},
	}
	g = append(g, each(1, 3, lost("ldirectord has no hooks for a server"), "notify_up", "notify_down")...)
	g = append(g, checkers()...)
	return append(g, inherited()...)
}

// virtualServer is a section of ldirectord.cf, or several for a group.
func (b *builder) virtualServer(d *directive) {
	v := &virtual{line: d.line, name: strings.Join(d.args, " "), protocol: "tcp", scheduler: "wlc", timing: timing{retry: -1}}
	b.virt = v
	switch d.arg(0) {
	case "fwmark":
		v.members = []member{{mark: b.mark(d.line, d.arg(1))}}
	case "group":
		v.members = nil
	default:
		v.members = []member{{addr: b.addr(d.line, d.arg(0)), port: b.port(d.line, d.arg(1))}}
	}
	b.header(d, "a virtual= of ldirectord.cf")
	b.each(d.block)
	b.conf.virtuals = append(b.conf.virtuals, v)
	b.virt = nil
}

func (b *builder) scheduler(d *directive) {
	b.virt.scheduler = b.plain(d)
	b.equal(d, "scheduler="+b.virt.scheduler)
}

func (b *builder) schedulerFlag(d *directive) {
	b.virt.flags = append(b.virt.flags, d.name)
	b.equal(d, "schedflags="+strings.Join(b.virt.flags, ","))
}

// methods are the forwarding methods.
var methods = []struct {
	name string
	ipvs.Forward
	word string
}{{"NAT", ipvs.Masq, "masq"}, {"DR", ipvs.Route, "gate"}, {"TUN", ipvs.Tunnel, "ipip"}}

func (b *builder) forward(d *directive) (ipvs.Forward, string) {
	for _, m := range methods {
		if m.name == strings.ToUpper(d.arg(0)) {
			return m.Forward, m.word
		}
	}
	b.fail(d.line, "%s: NAT, DR or TUN is wanted", d.text())
	return ipvs.Masq, "masq"
}

func (b *builder) method(d *directive) {
	f, text := b.forward(d)
	if b.server != nil {
		b.server.forward = &f
	} else {
		b.virt.forward = f
	}
	b.gradeMethod(d, text)
}

func (b *builder) gradeMethod(d *directive, text string) {
	if len(d.args) > 1 && !slices.Equal(d.args[1:], []string{"type", "ipip"}) {
		b.approximated(d, text+": ldirectord knows no kinds of tunnels but ipip")
		return
	}
	b.equal(d, text)
}

func (b *builder) onePacket(d *directive) {
	b.virt.ops = true
	b.equal(d, "ops=yes")
}

func (b *builder) persistence(d *directive) {
	b.virt.persistent = 360 * time.Second
	if len(d.args) > 0 {
		b.virt.persistent = time.Duration(b.number(d, 0, 31*24*3600)) * time.Second
	}
	b.equal(d, "persistent")
}

func (b *builder) granularity(d *directive) {
	b.virt.granularity = b.plain(d)
	b.equal(d, "netmask="+b.virt.granularity)
}

func (b *builder) protocol(d *directive) {
	switch p := strings.ToLower(d.arg(0)); p {
	case "tcp", "udp":
		b.virt.protocol = p
		b.equal(d, "protocol="+p)
	case "sctp":
		b.virt.protocol = p
		b.lost(d, "ldirectord has no sctp: this service is left out")
	default:
		b.fail(d.line, "%s: TCP or UDP is wanted", d.text())
	}
}

func (b *builder) family(d *directive) {
	b.virt.six = d.arg(0) == "inet6"
	b.equal(d, "virtual or virtual6")
}

func (b *builder) virtualHost(d *directive) {
	host := d.arg(0)
	if strings.ContainsAny(host, "\"'\r\n") {
		b.fail(d.line, "%s: no host name", d.text())
		return
	}
	switch {
	case b.url != nil:
		b.url.virtualHost = host
	case b.checker != nil:
		b.checker.virtualHost = host
	case b.server != nil:
		b.server.virtualHost = host
	default:
		b.virt.virtualHost = host
	}
	b.equal(d, "the Host of http checks")
}

func (b *builder) sorryServer(d *directive) {
	b.virt.sorry = &real{addr: b.addr(d.line, d.arg(0)), port: b.port(d.line, d.arg(1))}
	b.equal(d, "fallback")
}

func (b *builder) sorryMethod(d *directive) {
	f, text := b.forward(d)
	if b.virt.sorry == nil {
		b.virt.sorry = &real{}
	}
	b.virt.sorry.forward = &f
	b.gradeMethod(d, "fallback ... "+text)
}

func (b *builder) quorum(d *directive) {
	if b.number(d, 1, 1<<30) > 1 {
		b.lost(d, "the fallback takes over when no server is left, not before")
		return
	}
	b.equal(d, "the fallback takes over when no server is left")
}

// quorumScript is quorum_up and quorum_down: ldirectord's fallbackcommand has "start" and "stop"
// for them.
func (b *builder) quorumScript(d *directive) {
	argv := fields(d.arg(0))
	if len(argv) == 0 {
		b.fail(d.line, "%s: a command is wanted", d.text())
		return
	}
	if d.name == "quorum_up" {
		b.virt.upCommand = argv
	} else {
		b.virt.downCommand = argv
	}
	b.approximated(d, "fallbackcommand, when the last server goes and the first one comes")
}

func (b *builder) realServer(d *directive) {
	r := &real{line: d.line, addr: b.addr(d.line, d.arg(0)), port: b.port(d.line, d.arg(1)), weight: 1, timing: timing{retry: -1}}
	b.server = r
	b.header(d, "a real= of the section")
	b.each(d.block)
	b.virt.reals = append(b.virt.reals, r)
	b.server = nil
}

func (b *builder) weight(d *directive) {
	b.server.weight = b.number(d, 0, 65535)
	b.equal(d, "the weight of real=")
}

func (b *builder) threshold(d *directive) {
	n := uint32(b.number(d, 0, 1<<31-1))
	if d.name == "uthreshold" {
		b.server.upper = n
		b.equal(d, "u: of real=")
		return
	}
	b.server.lower = n
	b.equal(d, "l: of real=")
}

func (b *builder) inhibit(d *directive) {
	on := b.boolean(d)
	if b.server != nil {
		b.server.inhibit = on
	} else {
		b.virt.inhibit = on
	}
	b.equal(d, "quiescent")
}

// checkMail is smtp_alert below a virtual server.
func (b *builder) checkMail(d *directive) {
	if b.boolean(d) {
		b.equal(d, "emailalert")
		return
	}
	b.approximated(d, "emailalert is for all servers or for none")
}

// timing returns that of the innermost block.
func (b *builder) timing() *timing {
	switch {
	case b.checker != nil:
		return &b.checker.timing
	case b.server != nil:
		return &b.server.timing
	}
	return &b.virt.timing
}

func (b *builder) delayLoop(d *directive) {
	t := b.seconds(d)
	b.timing().loop = max(t, time.Millisecond)
	if t%time.Second != 0 || t == 0 {
		b.approximated(d, "checkinterval, whole seconds")
		return
	}
	b.equal(d, "checkinterval")
}

func (b *builder) connectTimeout(d *directive) {
	t := b.seconds(d)
	b.timing().timeout = max(t, time.Millisecond)
	if t%time.Second != 0 || t == 0 {
		b.approximated(d, "checktimeout and negotiatetimeout, whole seconds")
		return
	}
	b.equal(d, "checktimeout and negotiatetimeout")
}

func (b *builder) retry(d *directive) {
	b.timing().retry = b.number(d, 0, 1000)
	b.approximated(d, "failurecount, one more than retries: each check after the first failure counts")
}

func (b *builder) delayBeforeRetry(d *directive) {
	b.timing().delay = max(b.seconds(d), time.Millisecond)
	b.approximated(d, "checkinterval: ldirectord checks a failing server as often as any other")
}

// is6 says whether the virtual server is of the IPv6 family.
func (m member) is6() bool { return m.six || m.addr.Is6() }

// service is the address and port of a real server as check scripts are told them.
func (r *real) service() string {
	return netip.AddrPortFrom(r.addr, r.port).String()
}
