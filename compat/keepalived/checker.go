package keepalived

import (
	"encoding/hex"
	"regexp"
	"strings"

	"systole/pkg/ldirectorcf"
)

// checkers are the checkers of a real server.
func checkers() grammar {
	g := grammar{
		{name: "TCP_CHECK", block: aBlock, in: checkerBlock(), set: (*builder).check},
		{name: "HTTP_GET", block: aBlock, in: checkerBlock(httpOptions()...), set: (*builder).check},
		{name: "SSL_GET", block: aBlock, in: checkerBlock(httpOptions()...), set: (*builder).check},
		{name: "SMTP_CHECK", block: aBlock, in: checkerBlock(
			rule{name: "helo_name", min: 1, max: 1, set: lost("the helo is ldirectord's")},
			rule{name: "host", block: aBlock, in: checkerBlock(), set: (*builder).host}), set: (*builder).check},
		{name: "DNS_CHECK", block: aBlock, in: checkerBlock(
			rule{name: "type", min: 1, max: 1, set: lost("ldirectord asks for addresses")},
			rule{name: "name", min: 1, max: 1, set: (*builder).dnsName}), set: (*builder).check},
		{name: "PING_CHECK", block: aBlock, in: checkerBlock(), set: (*builder).check},
		{name: "MISC_CHECK", block: aBlock, in: checkerBlock(
			rule{name: "misc_path", min: 1, max: 1, set: (*builder).miscPath},
			rule{name: "misc_timeout", min: 1, max: 1, set: (*builder).connectTimeout},
			rule{name: "misc_dynamic", max: 1, set: lost("the exit code does not set the weight: 0 is up, all else is down")},
			rule{name: "user", min: 1, max: 2, set: (*builder).miscUser}), set: (*builder).check},
	}
	return append(g, blocks(0, lost("ldirectord has no such check: the server counts as up"), "UDP_CHECK", "BFD_CHECK", "FILE_CHECK")...)
}

// checkerBlock is what every checker has, and its own.
func checkerBlock(own ...rule) func() grammar {
	return func() grammar {
		g := grammar{
			{name: "connect_ip", min: 1, max: 1, set: (*builder).connectIP},
			{name: "connect_port", min: 1, max: 1, set: (*builder).connectPort},
		}
		g = append(g, each(1, 1, lost(noSource), "bindto", "bind_if", "bind_port", "fwmark")...)
		return append(append(g, own...), inherited()...)
	}
}

func httpOptions() []rule {
	g := grammar{
		{name: "url", block: aBlock, in: urlBlock, set: (*builder).page},
		{name: "virtualhost", min: 1, max: 1, set: (*builder).virtualHost},
	}
	return append(g, each(0, 1, lost("the request is ldirectord's: HTTP/1.1, or genhash's: HTTP/1.0"), "http_protocol", "fast_recovery", "enable_sni", "tls_compliant")...)
}

func urlBlock() grammar {
	g := grammar{
		{name: "path", min: 1, max: 1, set: (*builder).path},
		{name: "digest", min: 1, max: 1, set: (*builder).digest},
		{name: "status_code", min: 1, max: rest, set: (*builder).statusCode},
		{name: "virtualhost", min: 1, max: 1, set: (*builder).virtualHost},
		{name: "regex", min: 1, max: 1, set: (*builder).regex},
		{name: "regex_no_match", set: (*builder).regexNoMatch},
	}
	return append(g, each(0, rest, lost("the expression is matched without options, anywhere in the answer"), "regex_options", "regex_stack",
		"regex_min_offset", "regex_max_offset", "tls_compliant")...)
}

// check is one checker.
func (b *builder) check(d *directive) {
	c := &check{kind: d.name, line: d.line, timing: timing{retry: -1}}
	b.checker = c
	b.header(d, "a check")
	b.each(d.block)
	if c.kind == "MISC_CHECK" && len(c.command) == 0 {
		b.fail(d.line, "MISC_CHECK without misc_path")
	}
	b.server.checks = append(b.server.checks, c)
	b.checker = nil
}

// host is the block in which old releases had the address of SMTP_CHECK.
func (b *builder) host(d *directive) {
	b.header(d, "its directives follow")
	b.each(d.block)
}

func (b *builder) connectIP(d *directive) {
	b.checker.addr = b.addr(d.line, d.arg(0))
	b.equal(d, "the address that is checked")
}

func (b *builder) connectPort(d *directive) {
	b.checker.port = uint16(b.number(d, 1, 65535))
	b.equal(d, "checkport")
}

func (b *builder) page(d *directive) {
	p := &page{path: "/"}
	b.url = p
	b.header(d, "a request")
	b.each(d.block)
	b.checker.urls = append(b.checker.urls, p)
	b.url = nil
}

func (b *builder) path(d *directive) {
	p := d.arg(0)
	if !strings.HasPrefix(p, "/") || strings.ContainsAny(p, " \t\r\n\"") {
		b.fail(d.line, "%s: a path that begins with / is wanted", d.text())
		return
	}
	b.url.path = p
	b.equal(d, "request")
}

// md5Hex is the length of a digest in hex digits.
const md5Hex = 32

func (b *builder) digest(d *directive) {
	text := strings.ToLower(d.arg(0))
	if _, err := hex.DecodeString(text); err != nil || len(text) != md5Hex {
		b.fail(d.line, "%s: a digest has %d hex digits", d.text(), md5Hex)
		return
	}
	b.url.digest = text
	b.equal(d, "systole genhash --digest, by a check script")
}

var statusRange = regexp.MustCompile(`^[1-9][0-9][0-9](-[1-9][0-9][0-9])?$`)

func (b *builder) statusCode(d *directive) {
	for _, w := range d.args {
		if !statusRange.MatchString(w) {
			b.fail(d.line, "%s: codes such as 200 or 200-299 are wanted", d.text())
			return
		}
	}
	b.url.status = d.args
	if anySuccess(d.args) {
		b.equal(d, "every code from 200 to 299 is good")
		return
	}
	b.equal(d, "systole genhash --status, by a check script")
}

// anySuccess says whether the codes are those that ldirectord takes for good.
func anySuccess(codes []string) bool {
	return len(codes) == 0 || len(codes) == 1 && codes[0] == "200-299"
}

func (b *builder) regex(d *directive) {
	text := d.arg(0)
	if strings.ContainsAny(text, "\r\n\x00") || text == "" {
		b.fail(d.line, "regex: an expression on one line is wanted")
		return
	}
	if _, err := ldirectorcf.CompileReceive(text); err != nil {
		b.fail(d.line, "regex: %v", err)
		return
	}
	b.url.regex = text
	b.approximated(d, "receive: expressions of Perl and of PCRE are nearly the same")
}

func (b *builder) regexNoMatch(d *directive) {
	b.url.without = true
	b.equal(d, "systole genhash --not-regex, by a check script")
}

func (b *builder) dnsName(d *directive) {
	b.checker.name = b.plain(d)
	b.equal(d, "request")
}

func (b *builder) miscPath(d *directive) {
	b.checker.command = fields(d.arg(0))
	b.approximated(d, "a check script runs it with its own arguments; 0 is up")
}

func (b *builder) miscUser(d *directive) {
	b.checker.user = b.plain(d)
	b.equal(d, "the check script runs it as this user")
}
