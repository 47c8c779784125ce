package ipvsadm

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/ipvs"
)

// verbs are the commands of ipvsadm by their options.
var verbs = []struct{ long, short string }{
	{"add-service", "A"}, {"edit-service", "E"}, {"delete-service", "D"}, {"clear", "C"}, {"restore", "R"}, {"save", "S"},
	{"add-server", "a"}, {"edit-server", "e"}, {"delete-server", "d"}, {"list", "L"}, {"List", "l"}, {"zero", "Z"},
	{"set", ""}, {"start-daemon", ""}, {"stop-daemon", ""},
}

// command is one call of ipvsadm.
type command struct {
	line    int
	text    string
	verb    string // long option
	service service
	server  ipvs.Dest
	notes   []string // what the importer had to read otherwise, or leaves out
	sctp    bool
}

// service is a virtual service and what ldirectord has not.
type service struct {
	ipvs.Service
	line int
}

// flags are the options of a command.
type flags struct {
	set                                   *pflag.FlagSet
	tcp, udp, sctp, mark                  string
	scheduler, persistent, netmask        string
	real, weight, upper, lower, schedFlag string
	pe, tunnel                            string
	gate, ipip, masq, ops, six            bool
}

func newFlags() *flags {
	f := &flags{set: pflag.NewFlagSet("ipvsadm", pflag.ContinueOnError)}
	s := f.set
	for _, v := range verbs {
		s.BoolP(v.long, v.short, false, "")
	}
	s.StringVarP(&f.tcp, "tcp-service", "t", "", "")
	s.StringVarP(&f.udp, "udp-service", "u", "", "")
	s.StringVar(&f.sctp, "sctp-service", "", "")
	s.StringVarP(&f.mark, "fwmark-service", "f", "", "")
	s.StringVarP(&f.scheduler, "scheduler", "s", "wlc", "")
	s.StringVarP(&f.persistent, "persistent", "p", "", "")
	s.Lookup("persistent").NoOptDefVal = "360"
	s.StringVarP(&f.netmask, "netmask", "M", "", "")
	s.StringVar(&f.pe, "pe", "", "")
	s.StringVarP(&f.schedFlag, "sched-flags", "b", "", "")
	s.BoolVarP(&f.ops, "ops", "o", false, "")
	s.BoolVarP(&f.six, "ipv6", "6", false, "")
	s.StringVarP(&f.real, "real-server", "r", "", "")
	s.BoolVarP(&f.gate, "gatewaying", "g", false, "")
	s.BoolVarP(&f.ipip, "ipip", "i", false, "")
	s.BoolVarP(&f.masq, "masquerading", "m", false, "")
	s.StringVarP(&f.weight, "weight", "w", "1", "")
	s.StringVarP(&f.upper, "u-threshold", "x", "0", "")
	s.StringVarP(&f.lower, "l-threshold", "y", "0", "")
	s.StringVar(&f.tunnel, "tun-type", "ipip", "")
	for _, name := range []string{"tun-port", "mcast-interface", "syncid", "sync-maxlen", "mcast-group", "mcast-port", "mcast-ttl"} {
		s.String(name, "", "")
	}
	for _, name := range []string{"tun-nocsum", "tun-csum", "tun-remcsum", "daemon", "timeout", "stats", "rate", "exact", "sort", "nosort",
		"thresholds", "persistent-conn", "tun-info"} {
		s.Bool(name, false, "")
	}
	s.BoolP("numeric", "n", false, "")
	s.BoolP("connection", "c", false, "")
	s.SetOutput(discard{})
	return f
}

// discard takes what pflag would print.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

var (
	program  = regexp.MustCompile(`^(\$\{?[A-Za-z_]*IPVSADM\}?|([^ =]*/)?ipvsadm)$`)
	variable = regexp.MustCompile("[$`]")
	bare     = regexp.MustCompile(`^-(-[a-z]|[AaEeDdC]\b)`) // a call without its program, as -Sn prints it
)

// words finds the options of a call of ipvsadm in a line: behind a prompt, a path, a variable that
// is named for it, or, as -Sn prints them, alone. Without a call it returns nil.
func words(line string) []string {
	text := strings.TrimSpace(line)
	for _, prompt := range []string{"#", "$ ", "> "} {
		if rest := strings.TrimSpace(strings.TrimPrefix(text, prompt)); rest != text {
			if first, _, _ := strings.Cut(rest, " "); path.Base(first) == "ipvsadm" {
				text = rest
			}
		}
	}
	all := strings.Fields(text)
	switch {
	case len(all) == 0:
		return nil
	case program.MatchString(all[0]):
		return all[1:]
	case bare.MatchString(all[0]):
		return all
	}
	return nil
}

// oldReal is -R, which releases for Linux 2.2 had for the real server, and others for restore.
func oldReal(words []string) bool {
	at := slices.Index(words, "-R")
	return at >= 0 && at+1 < len(words) && slices.ContainsFunc(words, func(w string) bool {
		return slices.Contains([]string{"-a", "-e", "-d", "--add-server", "--edit-server", "--delete-server"}, w)
	})
}

// parse reads the options of a call.
func parse(line int, words []string) (command, error) {
	c := command{line: line, text: "ipvsadm " + strings.Join(words, " ")}
	words = slices.Clone(words)
	if oldReal(words) {
		words[slices.Index(words, "-R")] = "-r"
		c.notes = append(c.notes, "-R read as -r, the real server, as with the releases for Linux 2.2")
	}
	f := newFlags()
	if err := f.set.Parse(optional(words)); err != nil {
		return c, err
	}
	for _, v := range verbs {
		if f.set.Changed(v.long) {
			if c.verb != "" {
				return c, errors.New("two commands in one call")
			}
			c.verb = v.long
		}
	}
	if c.verb == "" && len(words) > 0 {
		return c, errors.New("no command such as -A or -a")
	}
	return c, c.read(f)
}

// optional gives -p its value with a sign: alone it means 360 seconds.
func optional(words []string) []string {
	for i := 0; i+1 < len(words); i++ {
		if _, err := strconv.Atoi(words[i+1]); err == nil && (words[i] == "-p" || words[i] == "--persistent") {
			words[i] += "=" + words[i+1]
			words = slices.Delete(words, i+1, i+2)
		}
	}
	return words
}

// read takes service and server from the options, as far as the command has them.
func (c *command) read(f *flags) error {
	if !slices.Contains([]string{"add-service", "edit-service", "delete-service", "add-server", "edit-server", "delete-server"}, c.verb) {
		return nil
	}
	if f.set.NArg() > 0 {
		return fmt.Errorf("what is %q?", f.set.Arg(0))
	}
	id, err := c.identity(f)
	if err != nil {
		return err
	}
	c.service = service{Service: ipvs.Service{ServiceID: id, Scheduler: f.scheduler, OnePacket: f.ops}, line: c.line}
	if strings.HasSuffix(c.verb, "-server") {
		return c.readServer(f, id)
	}
	return c.readService(f)
}

// identity reads -t, -u, -f.
func (c *command) identity(f *flags) (ipvs.ServiceID, error) {
	given := 0
	for _, v := range []string{f.tcp, f.udp, f.sctp, f.mark} {
		if v != "" {
			given++
		}
	}
	if given != 1 {
		return ipvs.ServiceID{}, errors.New("one of -t, -u and -f is wanted")
	}
	if f.mark != "" {
		n, err := strconv.ParseUint(f.mark, 10, 32)
		if err != nil || n == 0 {
			return ipvs.ServiceID{}, fmt.Errorf("no firewall mark: %s", f.mark)
		}
		return ipvs.MarkService(uint32(n), f.six), nil
	}
	protocol, where := ipvs.TCP, f.tcp
	switch {
	case f.udp != "":
		protocol, where = ipvs.UDP, f.udp
	case f.sctp != "":
		protocol, where, c.sctp = ipvs.SCTP, f.sctp, true
	}
	at, err := place(where, protocol)
	return ipvs.AddrService(protocol, at), err
}

// place reads an address with an optional port, by number or by a name of /etc/services.
func place(text string, p ipvs.Protocol) (netip.AddrPort, error) {
	host, name := text, ""
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(a, 0), nil
	}
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		host, name = text[:i], text[i+1:]
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil || a.Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("no address: %s (ipvsadm -Sn prints numbers)", text)
	}
	port, err := net.LookupPort(p.String(), name)
	if err != nil || name == "" {
		return netip.AddrPort{}, fmt.Errorf("no port: %s", text)
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(port)), nil
}

func (c *command) readService(f *flags) error {
	if f.persistent != "" {
		n, err := strconv.ParseUint(f.persistent, 10, 32)
		if err != nil || n == 0 {
			return fmt.Errorf("no number of seconds: %s", f.persistent)
		}
		c.service.Persistent = time.Duration(n) * time.Second
	}
	if f.schedFlag != "" {
		c.service.SchedFlags = strings.Split(f.schedFlag, ",")
	}
	if f.pe != "" {
		c.notes = append(c.notes, "without the persistence engine "+f.pe+", which ldirectord has not")
	}
	bits, err := mask(f.netmask)
	c.service.Netmask = bits
	return err
}

// mask reads a netmask or, for IPv6, a prefix length; "" is 0.
func mask(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= 128 {
		return n, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is4() {
		return 0, fmt.Errorf("no netmask: %s", text)
	}
	b := a.As4()
	ones, bits := net.IPMask(b[:]).Size()
	if bits == 0 || ones == 0 {
		return 0, fmt.Errorf("no netmask: %s", text)
	}
	return ones, nil
}

func (c *command) readServer(f *flags, id ipvs.ServiceID) error {
	p := id.Protocol
	if p == 0 {
		p = ipvs.TCP
	}
	if f.real == "" {
		return errors.New("-r is wanted")
	}
	at, err := place(f.real, p)
	if err != nil {
		return err
	}
	var numbers [3]uint64
	for i, text := range []string{f.weight, f.upper, f.lower} {
		if numbers[i], err = strconv.ParseUint(text, 10, 31); err != nil {
			return fmt.Errorf("no number: %s", text)
		}
	}
	c.server = ipvs.Dest{Addr: at, Forward: f.forward(), Weight: int(numbers[0]), Upper: uint32(numbers[1]), Lower: uint32(numbers[2])}
	if f.tunnel != "ipip" {
		c.notes = append(c.notes, "ipip: ldirectord has no tunnels of type "+f.tunnel)
	}
	return nil
}

func (f *flags) forward() ipvs.Forward {
	switch {
	case f.masq:
		return ipvs.Masq
	case f.ipip:
		return ipvs.Tunnel
	}
	return ipvs.Route
}
