// Package doctor is the verb "systole doctor": it finds out what this machine shall be, from its
// files or from what the operator names, and has package doctor examine it.
package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/doctor"
	"systole/pkg/hacf"
	"systole/pkg/haresources"
	"systole/pkg/ldirectorcf"
	"systole/pkg/tool"
	"systole/pkg/tool/here"
)

// The exit codes.
const (
	exitWell   = 0
	exitWarned = 1
	exitBad    = 2
	exitFailed = 3
	exitDenied = 4
)

// Verb describes "systole doctor".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "doctor", Summary: "examine this director or real server, and say how to repair it", Setup: setup, About: about(),
		Exits: []tool.Exit{
			{Code: exitWell, Meaning: "nothing is wrong"},
			{Code: exitWarned, Meaning: "something may go wrong"},
			{Code: exitBad, Meaning: "something does not work"},
			{Code: exitFailed, Meaning: "the machine cannot be examined"},
			{Code: exitDenied, Meaning: "only root may examine it"},
		},
	}
}

func about() string {
	text := `Examines this machine while it runs, changes nothing, and writes below each finding
the command that repairs it. A machine with ha.cf or ldirectord.cf in /etc/ha.d is a
director, another one a real server, whose VIPs are what is on its lo and tunl0. It
asks the network with ARP probes and echo requests. The checks:
`
	names, abouts := doctor.Names()
	for i, name := range names {
		text += fmt.Sprintf("  %-11s%s\n", name, abouts[i])
	}
	return text
}

// options are those of the command line.
type options struct {
	dir, socket string
	vips        []string
	real, json  bool
	timeout     time.Duration
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.BoolVar(&o.real, "real", false, "this is a real server, whatever files there are")
	flags.StringSliceVar(&o.vips, "vip", nil, "take `ADDRESS` for a VIP, not those that are found; may be repeated")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.StringVar(&o.dir, "dir", "/etc/ha.d", "read the files in `DIR`")
	flags.StringVar(&o.socket, "socket", here.Socket, "ask heartbeat at `PATH`")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "end after so long")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) > 0 {
		return c.Wrong("doctor", "it takes no arguments")
	}
	named, err := o.named()
	if err != nil {
		return c.Wrong("doctor", "%v", err)
	}
	if os.Geteuid() != 0 {
		return c.Failed("doctor", exitDenied, fmt.Errorf("only root may ask the network"))
	}
	m, err := doctor.Look()
	if err != nil {
		return c.Failed("doctor", exitFailed, err)
	}
	defer m.Close()
	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	s := o.setup()
	switch {
	case len(named) > 0:
		s.VIPs = named
	case s.Real:
		s.VIPs = m.OnLoopback()
	}
	found := doctor.Examine(ctx, m, s)
	o.print(c.Stdout, s, found)
	return code(doctor.Worst(found))
}

func (o *options) named() (vips []doctor.VIP, err error) {
	for _, text := range o.vips {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no address", text)
		}
		vips = append(vips, doctor.VIP{Addr: a})
	}
	return vips, nil
}

// setup is what the files say, as far as they can be read: systole check tells what is wrong with them.
func (o *options) setup() doctor.Setup {
	var s doctor.Setup
	files := 0
	if text, err := os.ReadFile(filepath.Join(o.dir, "ha.cf")); err == nil {
		files++
		cf, _, _ := hacf.Load(hacf.Env{Node: hostname()}, filepath.Join(o.dir, "ha.cf"), text)
		s.FromHeartbeat(cf, resolve)
	}
	if text, err := os.ReadFile(filepath.Join(o.dir, "haresources")); err == nil {
		groups, _ := haresources.Parse("haresources", text)
		s.FromResources(groups)
	}
	for _, path := range []string{filepath.Join(o.dir, "ldirectord.cf"), filepath.Join(o.dir, "conf/ldirectord.cf")} {
		if text, err := os.ReadFile(path); err == nil {
			files++
			cf, _ := ldirectorcf.Load(ldirectorcf.Env{Resolve: resolveFor, Port: servicePort}, path, text)
			s.FromDirector(cf)
		}
	}
	s.Real = o.real || files == 0
	if doc, err := here.Heartbeat(o.socket, 5*time.Second); err == nil {
		s.Status = doc
	}
	return s
}

func hostname() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return strings.ToLower(name)
}

func resolve(host string) (netip.Addr, bool) { return resolveFor(host, false) }

func resolveFor(host string, ipv6 bool) (netip.Addr, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	network := "ip4"
	if ipv6 {
		network = "ip6"
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, false
	}
	return addrs[0].Unmap(), true
}

func servicePort(service, protocol string) (uint16, bool) {
	if protocol == "" {
		protocol = "tcp"
	}
	port, err := net.LookupPort(protocol, service)
	return uint16(port), err == nil
}

func (o *options) print(w io.Writer, s doctor.Setup, found []doctor.Finding) {
	if o.json {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		enc.Encode(found)
		return
	}
	role := "director"
	if s.Real {
		role = "real server"
	}
	fmt.Fprintf(w, "examined as a %s\n", role)
	doctor.Print(w, found)
}

func code(worst doctor.Level) int {
	switch worst {
	case doctor.Bad:
		return exitBad
	case doctor.Warning:
		return exitWarned
	}
	return exitWell
}
