package ldirectorcf

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Text returns the configuration as a file that loads to the same Config, but for line numbers:
// names resolved, ranges written out, values that are defaults left out, one blank line between
// sections. A value that a section takes from the globals is written with the globals only.
func (c *Config) Text() []byte { return c.AppendText(nil) }

// AppendText appends what Text returns.
func (c *Config) AppendText(dst []byte) []byte {
	w := &writer{buf: dst}
	w.global(&c.Global)
	for i := range c.Virtuals {
		if len(w.buf) > len(dst) {
			w.buf = append(w.buf, '\n')
		}
		w.indent = "\t"
		w.virtual(&c.Virtuals[i])
	}
	return w.buf
}

// writer collects directives; those with the zero value are left out.
type writer struct {
	buf    []byte
	indent string
}

func (w *writer) line(name, value string) {
	w.buf = append(w.buf, w.indent+name+"="+value+"\n"...)
}

func (w *writer) text(name, value string) {
	if value != "" {
		w.line(name, value)
	}
}

// quote is safe for any text: a reader takes everything up to the last quote.
func (w *writer) quote(name, value string) {
	if value != "" {
		w.line(name, `"`+value+`"`)
	}
}

func (w *writer) number(name string, n int) {
	if n != 0 {
		w.line(name, strconv.Itoa(n))
	}
}

func (w *writer) seconds(name string, d time.Duration) { w.number(name, int(d/time.Second)) }

func (w *writer) yesNo(name string, write, value bool) {
	if write && value {
		w.line(name, "yes")
	} else if write {
		w.line(name, "no")
	}
}

func (w *writer) global(g *Global) {
	d := defaults()
	w.seconds("checktimeout", g.CheckTimeout)
	w.seconds("negotiatetimeout", g.NegotiateTimeout)
	if g.CheckInterval != d.CheckInterval {
		w.seconds("checkinterval", g.CheckInterval)
	}
	if g.CheckCount != d.CheckCount {
		w.number("checkcount", g.CheckCount)
	}
	if g.FailureCount != d.FailureCount {
		w.number("failurecount", g.FailureCount)
	}
	w.yesNo("autoreload", g.AutoReload, g.AutoReload)
	w.quote("callback", g.Callback)
	w.fallback("fallback", g.Fallback)
	w.fallback("fallback6", g.Fallback6)
	w.text("fallbackcommand", g.FallbackCommand)
	if g.LogFile != d.LogFile {
		w.line("logfile", `"`+g.LogFile+`"`)
	}
	for _, name := range g.Execute {
		w.text("execute", name)
	}
	w.yesNo("supervised", g.Supervised, g.Supervised)
	w.yesNo("fork", g.Fork, g.Fork)
	w.yesNo("quiescent", g.Quiescent, g.Quiescent)
	w.yesNo("readdquiescent", g.ReaddQuiescent, g.ReaddQuiescent)
	w.yesNo("cleanstop", !g.CleanStop, g.CleanStop)
	w.mail(g.Mail, given{mailAlert: g.Mail.Alert != "", mailEvery: g.Mail.Every != 0,
		mailStatus: !slices.Equal(g.Mail.Status, d.Mail.Status), smtp: g.Mail.SMTP != ""})
	w.text("emailalertfrom", g.Mail.From)
	w.text("maintenancedir", g.MaintenanceDir)
	w.ours(g)
}

// mail writes what was given.
func (w *writer) mail(m Mail, g given) {
	if g.mailAlert {
		w.quote("emailalert", m.Alert)
	}
	if g.mailEvery {
		w.line("emailalertfreq", strconv.Itoa(int(m.Every/time.Second)))
	}
	if g.mailStatus {
		w.line("emailalertstatus", mailWords(m.Status))
	}
	if g.smtp {
		w.line("smtp", m.SMTP)
	}
}

func mailWords(states []MailStatus) string {
	switch {
	case len(states) == 0:
		return "none"
	case slices.Equal(states, mailStates):
		return "all"
	}
	return strings.Join(wordsOf(states), ",")
}

func (w *writer) fallback(name string, fb *Fallback) {
	if fb != nil {
		w.line(name, place(fb.Addr, fb.Port)+" "+ForwardWord(fb.Forward))
	}
}

// place writes an address and, unless it is 0, a port. The grammar of IPv6 addresses knows hex
// digits and colons only, so a mapped IPv4 address is written in hex.
func place(a netip.Addr, port uint16) string {
	text := a.String()
	if a.Is6() {
		text = "[" + hexIPv6(a) + "]"
	}
	if port != 0 {
		text += ":" + strconv.Itoa(int(port))
	}
	return text
}

func hexIPv6(a netip.Addr) string {
	if !a.Is4In6() {
		return a.String()
	}
	b := a.As16()
	return fmt.Sprintf("::ffff:%x:%x", uint16(b[12])<<8|uint16(b[13]), uint16(b[14])<<8|uint16(b[15]))
}

func (w *writer) virtual(v *Virtual) {
	six := ""
	if v.IPv6() {
		six = "6"
	}
	where := v.Name
	if !v.isMark() {
		where = place(v.Service.Addr.Addr(), 0) + ":" + strconv.Itoa(int(v.Service.Addr.Port()))
	}
	w.buf = append(w.buf, "virtual"+six+"="+where+"\n"...)
	for i := range v.Reals {
		w.line("real"+six, realText(&v.Reals[i]))
	}
	if v.given.fallback {
		w.fallback("fallback"+six, v.Fallback)
	}
	w.service(v)
	w.check(v)
	w.daemon(v)
}

func realText(r *Real) string {
	text := fmt.Sprintf("%s %s %d", place(r.Addr, r.Port), ForwardWord(r.Forward), r.Weight)
	if r.own {
		text += ` "` + r.Request + `","` + r.Receive + `"`
	}
	if r.Lower != 0 {
		text += fmt.Sprintf(" l:%d", r.Lower)
	}
	if r.Upper != 0 {
		text += fmt.Sprintf(" u:%d", r.Upper)
	}
	return text
}

// service writes what goes to the kernel. The protocol always follows, because a virtual line
// that ends the file would be read twice.
func (w *writer) service(v *Virtual) {
	w.line("protocol", v.Protocol())
	w.line("scheduler", v.Service.Scheduler)
	w.text("schedflags", strings.Join(v.Service.SchedFlags, ","))
	w.seconds("persistent", v.Service.Persistent)
	if v.IPv6() {
		w.number("netmask", v.Netmask)
	} else if v.Netmask != 0 {
		w.line("netmask", quadOf(v.Netmask))
	}
	w.yesNo("ops", v.OnePacket, v.OnePacket)
}

func quadOf(prefix int) string {
	m := ^uint32(0) << (32 - prefix)
	return fmt.Sprintf("%d.%d.%d.%d", byte(m>>24), byte(m>>16), byte(m>>8), byte(m))
}

// check writes what the checks need. The logins come as they ended up; a service= line after them
// changes none that is set.
func (w *writer) check(v *Virtual) {
	w.quote("login", v.Login)
	w.quote("passwd", v.Passwd)
	if v.CheckService != serviceOfPort(v.Service.Addr.Port()) {
		w.line("service", v.CheckService)
	}
	switch v.CheckType {
	case CheckNegotiate:
	case CheckCombined:
		w.line("checktype", strconv.Itoa(v.NumConnects))
	default:
		w.line("checktype", string(v.CheckType))
	}
	if v.CheckCommand != defaultCommand {
		w.quote("checkcommand", v.CheckCommand)
	}
	w.number("checkport", v.CheckPort)
	w.seconds("checktimeout", v.given.checkTimeout)
	w.seconds("negotiatetimeout", v.given.negotiateTimeout)
	w.seconds("checkinterval", v.given.checkInterval)
	w.number("checkcount", v.given.checkCount)
	w.number("failurecount", v.given.failureCount)
	if v.Request != "/" {
		w.quote("request", v.Request)
	}
	w.quote("receive", v.Receive)
	if v.HTTPMethod != "GET" {
		w.line("httpmethod", v.HTTPMethod)
	}
	w.quote("virtualhost", v.VirtualHost)
	w.quote("database", v.Database)
	w.quote("secret", v.Secret)
	w.quote("load", v.Load)
}

// daemon writes what the section overrides of the daemon's own conduct.
func (w *writer) daemon(v *Virtual) {
	w.yesNo("quiescent", v.given.quiescent, v.Quiescent)
	w.yesNo("cleanstop", v.given.cleanStop, v.CleanStop)
	w.mail(v.Mail, v.given)
	if v.given.fallbackCommand {
		w.quote("fallbackcommand", v.FallbackCommand)
	}
	w.quote("monitorfile", v.MonitorFile)
	w.text("servicename", v.ServiceName)
	w.text("comment", v.Comment)
	w.steady(v.Steady, v.given.givenSteady)
	w.yesNo("systole_path_check", v.PathCheck, v.PathCheck)
}
