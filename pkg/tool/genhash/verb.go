// Package genhash is the verb "systole genhash": the digest of a web page as keepalived's genhash
// computes it, and the check of a page against a digest, a status code or an expression.
//
//	systole genhash -s 10.30.6.112 -p 80 -u /index.html                    prints the digest
//	systole genhash -s 10.30.6.112 -p 80 -u /index.html --digest c7b469…   exit code 0: it is this page
//
// The digest is the MD5 of the body as it came over the wire (agents spec 8.7). The second form is
// what check scripts of ldirectord call (checktype=external), where a keepalived.conf had HTTP_GET
// with a digest.
package genhash

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/ldirectorcf"
	"systole/pkg/tool"
)

// The exit codes.
const (
	exitGood   = 0
	exitOther  = 1
	exitFailed = 2
)

// Verb describes "systole genhash".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "genhash", Args: "", Summary: "compute the digest of a web page, or compare it", Setup: setup,
		About: `Prints the MD5 digest of a page, as the genhash of keepalived does with the same
options. With --digest, --status, --regex or --not-regex it checks the page, as
HTTP_GET of keepalived does, and the exit code tells the result: this is for check
scripts of ldirectord (checktype=external). Certificates are not verified.
`,
		Exits: []tool.Exit{
			{Code: exitGood, Meaning: "there is an answer, and it is as asked for"},
			{Code: exitOther, Meaning: "the answer is another one; what differs is on standard error"},
			{Code: exitFailed, Meaning: "no answer"},
		},
	}
}

// options are those of the command line.
type options struct {
	request
	server                          string
	timeout                         float64
	verbose                         bool
	digest, status, regex, notRegex string
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.StringVarP(&o.server, "server", "s", "", "`ADDRESS` of the server")
	flags.Uint16VarP(&o.port, "port", "p", 0, "`PORT` of the server")
	flags.StringVarP(&o.path, "url", "u", "", "`PATH` of the page")
	flags.BoolVarP(&o.tls, "use-ssl", "S", false, "use TLS")
	flags.BoolVarP(&o.sni, "use-sni", "I", false, "name the virtual host in the handshake of TLS")
	flags.StringVarP(&o.host, "use-virtualhost", "V", "", "`NAME` for the Host header")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "show the answer")
	flags.Uint32VarP(&o.mark, "fwmark", "m", 0, "firewall `MARK` of the connection")
	flags.StringVarP(&o.protocol, "protocol", "P", "1.0", "`VERSION` of HTTP: 1.0, 1.0c (with Connection: close) or 1.1")
	flags.Float64VarP(&o.timeout, "timeout", "t", 5, "`SECONDS` to wait")
	flags.StringVar(&o.digest, "digest", "", "the page must have this `DIGEST`")
	flags.StringVar(&o.status, "status", "", "its status must be one of these `CODES`, such as 200-299,301")
	flags.StringVar(&o.regex, "regex", "", "it must match this `EXPRESSION` of Perl")
	flags.StringVar(&o.notRegex, "not-regex", "", "it must not match this `EXPRESSION`")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	addr, err := netip.ParseAddr(o.server)
	switch {
	case err != nil:
		return c.Wrong("genhash", "--server should be an address, not %q", o.server)
	case o.port == 0 || o.path == "" || len(c.Args) > 0:
		return c.Wrong("genhash", "name a server, a port and a url")
	case strings.ContainsAny(o.path+o.host, " \r\n"):
		return c.Wrong("genhash", "a url or host with blanks")
	case o.protocol != "1.0" && o.protocol != "1.0c" && o.protocol != "1.1":
		return c.Wrong("genhash", "--protocol should be 1.0, 1.0c or 1.1, not %q", o.protocol)
	case o.timeout <= 0 || o.timeout > 3600:
		return c.Wrong("genhash", "--timeout should be a number of seconds")
	}
	o.request.server, o.limit = addr, time.Duration(o.timeout*float64(time.Second))
	patterns, err := o.patterns()
	if err != nil {
		return c.Wrong("genhash", "%v", err)
	}
	a, err := fetch(context.Background(), o.request)
	if err != nil {
		return c.Failed("genhash", exitFailed, err)
	}
	if o.verbose {
		show(c.Stdout, o.request, a)
	} else {
		fmt.Fprintln(c.Stdout, a.digest())
	}
	if err := o.compare(a, patterns); err != nil {
		return c.Failed("genhash", exitOther, err)
	}
	return exitGood
}

// patterns compiles --regex and --not-regex; nil is one that is not given.
func (o *options) patterns() ([2]*ldirectorcf.Pattern, error) {
	var out [2]*ldirectorcf.Pattern
	for i, text := range []string{o.regex, o.notRegex} {
		if text == "" {
			continue
		}
		p, err := ldirectorcf.CompileReceive(text)
		if err != nil {
			return out, err
		}
		out[i] = p
	}
	return out, nil
}

// compare checks in keepalived's order: status, digest, expression. The expressions look at the
// body.
func (o *options) compare(a answer, patterns [2]*ldirectorcf.Pattern) error {
	switch {
	case o.status != "" && !within(a.status(), o.status):
		return fmt.Errorf("status %d, wanted %s", a.status(), o.status)
	case o.digest != "" && !strings.EqualFold(a.digest(), o.digest):
		return fmt.Errorf("digest %s, wanted %s", a.digest(), o.digest)
	case patterns[0] != nil && !patterns[0].Match(a.body):
		return fmt.Errorf("no match of %q", o.regex)
	case patterns[1] != nil && patterns[1].Match(a.body):
		return fmt.Errorf("a match of %q", o.notRegex)
	}
	return nil
}
