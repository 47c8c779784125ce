package hacf

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"systole/pkg/diag"
)

// addMedium keeps a medium that passed its checks.
func (r *Reading) addMedium(d Directive, m Medium) {
	m.Pos = d.Pos
	r.Config.Media = append(r.Config.Media, m)
	r.media = true
}

func (r *Reading) knownPort() int { return r.Config.UDPPort }

// ucast DEV HOST. The original resolves the host before it looks for the interface and tells
// both when the host is unknown; an unknown interface alone passes here and stops the daemon
// later. Without any word the original crashes.
func ucast(r *Reading, d Directive) {
	const remedy = "write: ucast INTERFACE PEER-ADDRESS, for instance ucast eth0 10.0.0.2"
	w := d.Words()
	switch {
	case len(w) == 0:
		r.fail(d, "", "ucast without interface and address; "+remedy)
	case len(w) == 1:
		r.fail(d, fmt.Sprintf("glib: ucast: [%s] missing target IP address/hostname", w[0]), remedy)
	default:
		r.ucastTo(d, w[0], w[1])
		r.surplus(d, w[2:])
	}
}

func (r *Reading) ucastTo(d Directive, device, host string) {
	if err := r.env.resolves(host); err != nil {
		r.fail(d, fmt.Sprintf("glib: ucast: cannot resolve hostname\nglib: ucast: interface [%s] does not exist", device),
			fmt.Sprintf("%s is not known here: write the peer's IPv4 address", host))
		return
	}
	if !r.env.hasInterface(device) {
		r.warn(d, fmt.Sprintf("there is no interface %s now: the daemon cannot use this line", device))
	}
	r.addMedium(d, Medium{Kind: Ucast, Device: device, Target: host, Port: r.knownPort()})
}

// bcast DEV …, one medium each.
func bcast(r *Reading, d Directive, device string) {
	if !r.env.hasInterface(device) {
		r.fail(d, fmt.Sprintf("glib: Get broadcast for interface %[1]s failed: No such device\n"+
			"glib: IP interface [%[1]s] does not exist\n"+
			"Illegal bcast [UDP/IP broadcast] in config file [%[1]s]", device),
			fmt.Sprintf("there is no interface %s here; ip link shows their names", device))
		return
	}
	r.addMedium(d, Medium{Kind: Bcast, Device: device, Port: r.knownPort()})
}

// udp is the old name of bcast; the warning comes even without an interface.
func udp(r *Reading, d Directive) {
	r.say("WARN", "WARNING: directive 'udp' replaced by 'bcast'")
	r.found(d.Pos, diag.Note, "", "udp is the old name of bcast: write bcast "+d.Rest)
	for _, v := range d.Values {
		bcast(r, d, v)
	}
}

const mcastRemedy = "write: mcast INTERFACE GROUP PORT TTL LOOP, for instance mcast eth0 225.0.0.1 694 1 0"

// mcast DEV GROUP PORT TTL LOOP: the checks and their order are the original's (wire spec 7.2).
func mcast(r *Reading, d Directive) {
	w := d.Words()
	if len(w) == 0 {
		r.fail(d, "", "mcast without its five values; "+mcastRemedy)
		return
	}
	if fault := r.mcastFault(w); fault != "" {
		r.fail(d, fault, mcastRemedy)
		return
	}
	port := leadingInt(w[2])
	if port > 65535 {
		r.fail(d, "", fmt.Sprintf("mcast: there is no port %d", port))
		return
	}
	r.mcastNumbers(d, w)
	r.addMedium(d, Medium{Kind: Mcast, Device: w[0], Target: w[1], Port: port,
		TTL: leadingInt(w[3]), Loop: leadingInt(w[4]) == 1})
}

func (r *Reading) mcastFault(w []string) string {
	device := w[0]
	if !r.env.hasInterface(device) {
		return fmt.Sprintf("glib: Unable to retrieve local interface address for interface [%[1]s] using ioctl(SIOCGIFADDR): "+
			"No such device\nglib: mcast device [%[1]s] is invalid or not set up properly", device)
	}
	if missing := missingWord(w, "mcast address", "port", "ttl", "loop"); missing != "" {
		return fmt.Sprintf("glib: mcast [%s] missing %s", device, missing)
	}
	group, err := netip.ParseAddr(w[1])
	port, ttl, loop := leadingInt(w[2]), uint8(leadingInt(w[3])), uint8(leadingInt(w[4]))
	switch {
	case err != nil || !group.Is4() || !group.IsMulticast():
		return fmt.Sprintf("glib: mcast [%s] bad addr [%s]", device, w[1])
	case port <= 0:
		return fmt.Sprintf("glib:  mcast [%s] bad port [%d]", device, port)
	case ttl > 4:
		return fmt.Sprintf("glib:  mcast [%s] bad ttl [%d]", device, ttl)
	case loop > 1:
		return fmt.Sprintf("glib:  mcast [%s] bad loop [%d]", device, loop)
	}
	return ""
}

// mcastNumbers tells of words that the original takes for 0.
func (r *Reading) mcastNumbers(d Directive, w []string) {
	for _, word := range w[2:5] {
		if !isNumber(word) {
			r.warn(d, fmt.Sprintf("[%s] is no number and counts as %d", word, leadingInt(word)))
		}
	}
	r.surplus(d, w[5:])
}

// ucast6 DEV ADDRESS: a literal IPv6 address.
func ucast6(r *Reading, d Directive) {
	const remedy = "write: ucast6 INTERFACE IPV6-ADDRESS, for instance ucast6 eth0 fd00::2"
	w := d.Words()
	if fault := r.ucast6Fault(w); fault != "" {
		r.fail(d, fault, remedy)
		return
	}
	r.surplus(d, w[2:])
	r.addMedium(d, Medium{Kind: Ucast6, Device: w[0], Target: w[1], Port: r.knownPort()})
}

func (r *Reading) ucast6Fault(w []string) string {
	switch {
	case len(w) == 0:
		return "glib: ucast6 statement without device"
	case !r.env.hasInterface(w[0]):
		return fmt.Sprintf("glib: ucast6 device [%s] is invalid or not set up properly", w[0])
	case len(w) == 1:
		return fmt.Sprintf("glib: ucast6 [%s] missing ucast6 address", w[0])
	case !isIPv6(w[1]):
		return fmt.Sprintf("glib: ucast6 [%s] bad addr [%s]", w[0], w[1])
	}
	return ""
}

const mcast6Remedy = "write: mcast6 INTERFACE GROUP PORT HOPS LOOP, for instance mcast6 eth0 ff12::1 694 1 0"

// mcast6 DEV GROUP PORT HOPS LOOP.
func mcast6(r *Reading, d Directive) {
	w := d.Words()
	if fault := r.mcast6Fault(w); fault != "" {
		r.fail(d, fault, mcast6Remedy)
		return
	}
	r.mcastNumbers(d, w)
	r.addMedium(d, Medium{Kind: Mcast6, Device: w[0], Target: w[1], Port: leadingInt(w[2]),
		TTL: leadingInt(w[3]), Loop: leadingInt(w[4]) == 1})
}

func (r *Reading) mcast6Fault(w []string) string {
	if len(w) == 0 {
		return "glib: mcast6 statement without device"
	}
	device := w[0]
	if !r.env.hasInterface(device) {
		return fmt.Sprintf("glib: mcast6 device [%s] is invalid or not set up properly", device)
	}
	if missing := missingWord(w, "mcast6 address", "port", "hops", "loop"); missing != "" {
		return fmt.Sprintf("glib: mcast6 [%s] missing %s", device, missing)
	}
	port, hops, loop := leadingInt(w[2]), uint8(leadingInt(w[3])), uint8(leadingInt(w[4]))
	switch {
	case !isIPv6Multicast(w[1]):
		return fmt.Sprintf("glib:  mcast6 [%s] bad addr [%s]", device, w[1])
	case hops > 4:
		return fmt.Sprintf("glib:  mcast6 [%s] bad hops [%d]", device, hops)
	case loop > 1:
		return fmt.Sprintf("glib:  mcast6 [%s] bad loop [%d]", device, loop)
	case port <= 0 || port > 65535:
		return fmt.Sprintf("glib:  mcast6 [%s] bad port [%d]", device, port)
	}
	return ""
}

// missingWord names the first of the words after the device that is not there.
func missingWord(w []string, names ...string) string {
	if len(w) > len(names) {
		return ""
	}
	return names[len(w)-1]
}

func isIPv6(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6()
}

func isIPv6Multicast(s string) bool {
	addr, err := netip.ParseAddr(s)
	return err == nil && addr.Is6() && addr.IsMulticast()
}

// surplus tells of words that the original does not look at.
func (r *Reading) surplus(d Directive, words []string) {
	if len(words) > 0 {
		r.warn(d, fmt.Sprintf("[%s] at the end is ignored", strings.Join(words, " ")))
	}
}

// ping HOST …: each makes a medium and a ping node of its name.
func ping(r *Reading, d Directive, host string) {
	if err := r.env.resolves(host); err != nil {
		r.fail(d, fmt.Sprintf("glib: unknown host: %[1]s: %[2]v\nIllegal ping [ping membership] in config file [%[1]s]", host, err),
			"write the IPv4 address of a host that always answers, such as the default router")
		return
	}
	r.addPing(d, Medium{Kind: Ping, Node: host, Hosts: []string{host}})
}

// ping6 takes literal addresses only.
func ping6(r *Reading, d Directive, host string) {
	if !isIPv6(host) {
		r.fail(d, fmt.Sprintf("Illegal ping6 [ping6 membership] in config file [%s]", host), "write a literal IPv6 address")
		return
	}
	r.addPing(d, Medium{Kind: Ping6, Node: host, Hosts: []string{host}})
}

// pingGroup NAME HOST …: one ping node that lives while any of the hosts answers. A host that
// is not known is told of and left out; the original starts all the same.
func pingGroup(r *Reading, d Directive) {
	w := d.Words()
	if len(w) < 2 {
		r.fail(d, "", "ping_group needs a name and hosts: ping_group GROUP HOST HOST")
		return
	}
	var hosts []string
	for _, host := range w[1:] {
		if err := r.env.resolves(host); err != nil {
			r.unknownMember(d, host, err)
			continue
		}
		hosts = append(hosts, host)
	}
	r.addPing(d, Medium{Kind: PingGroup, Node: w[0], Hosts: hosts})
}

func (r *Reading) unknownMember(d Directive, host string, err error) {
	text := fmt.Sprintf("glib: unknown host: %s: %v", host, err)
	remedy := "the host is left out of the group"
	if strings.Contains(host, ",") {
		remedy += "; separate the hosts of a group with blanks"
	}
	r.found(d.Pos, diag.Warning, text, remedy)
	r.say("ERROR", text)
	r.own("info", r.lastHint())
}

// addPing keeps a ping medium. The original makes a second, useless one of a repeated host.
func (r *Reading) addPing(d Directive, m Medium) {
	if slices.Contains(r.Config.AllNodes, m.Node) {
		r.warn(d, fmt.Sprintf("%s is there already and ignored here", m.Node))
		return
	}
	r.Config.AllNodes = append(r.Config.AllNodes, m.Node)
	r.addMedium(d, m)
}

// serial PATH …
func serial(r *Reading, d Directive, path string) {
	if fault := r.serialFault(path); fault != "" {
		r.fail(d, fault+fmt.Sprintf("\nIllegal serial [serial ring] in config file [%s]", path),
			"write the full path of a serial line, for instance /dev/ttyS0")
		return
	}
	r.addMedium(d, Medium{Kind: Serial, Device: path, Baud: r.baud})
}

func (r *Reading) serialFault(path string) string {
	if !strings.HasPrefix(path, "/") {
		return fmt.Sprintf("glib: Serial port not full pathname [%s] in config file", path)
	}
	switch r.env.device(path) {
	case DeviceMissing:
		return fmt.Sprintf("glib: Nonexistent serial port [%s] in config file", path)
	case DeviceNotAChar:
		return fmt.Sprintf("glib: Serial port [%s] not a char device in config file", path)
	}
	return ""
}

// baud of the serial lines that follow.
func baud(r *Reading, d Directive, v string) {
	n := leadingInt(v)
	switch {
	case r.has("baud"):
		r.failRaw(d, "heartbeat: Baudrate multiply specified.", "keep one baud line")
	case !slices.Contains(baudRates, n):
		r.failRaw(d, fmt.Sprintf("heartbeat: invalid baudrate [%s] specified.", v), "use 9600, 19200, 38400, 57600, 115200, 230400 or 460800")
	default:
		if r.media {
			r.note(d, "baud stands after media: only serial lines below it use it")
		}
		r.baud = n
	}
}

var baudRates = []int{9600, 19200, 38400, 57600, 115200, 230400, 460800}

// udpport is the port of the media lines that follow; the original ignores it for those above.
func udpport(r *Reading, d Directive, v string) {
	port := leadingInt(v)
	if port <= 0 || port > 65535 {
		r.failRaw(d, fmt.Sprintf("heartbeat: invalid port [%s] specified.", v), "write a UDP port from 1 to 65535")
		return
	}
	if name, ok := r.env.service(port); ok && name != "ha-cluster" {
		r.say("WARN", fmt.Sprintf("heartbeat: udp port %s reserved for service \"%s\".", v, name))
	}
	if r.media && port != r.Config.UDPPort {
		r.warn(d, "udpport must stand above the media: those above it keep their port")
	}
	r.Config.UDPPort = port
}
