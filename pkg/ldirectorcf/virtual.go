package ldirectorcf

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"systole/pkg/ipvs"
)

// The forms of the value of a virtual line, in the order in which they are tried; what follows a
// match is ignored (ldirectord spec 3.1).
var (
	virtualHostForm = regexp.MustCompile(`^([0-9A-Za-z._+-]+):([0-9A-Za-z_-]+)`)
	virtualMarkForm = regexp.MustCompile(`^[0-9]+`)
	virtual6Form    = regexp.MustCompile(`^(\[[0-9A-Fa-f:]+\]):([0-9A-Za-z_-]+)`)
	bareIPv4        = regexp.MustCompile(`^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+`)
)

// openSection reads a virtual line and gives the section its start values (ldirectord spec 3.1).
func (l *loader) openSection(ipv6 bool, value string) (*section, *fault) {
	s := &section{l: l, ipv6: ipv6, protocol: "tcp", v: Virtual{
		Line: l.at, CheckType: CheckNegotiate, CheckCommand: defaultCommand, Request: "/", HTTPMethod: "GET",
		Service: ipvs.Service{Scheduler: "wrr"},
	}}
	if m := virtualHostForm.FindStringSubmatch(value); m != nil {
		s.host, s.port = m[1], m[2]
		if s.port == "53" || s.port == "domain" {
			s.protocol = "udp"
		}
		return s, nil
	}
	if digits := virtualMarkForm.FindString(value); digits != "" {
		return s, s.openMark(value, digits)
	}
	if m := virtual6Form.FindStringSubmatch(value); m != nil {
		return s, s.openIPv6(m[1], m[2])
	}
	return s, &fault{text: "invalid address for virtual server", remedy: virtualRemedy(value, ipv6)}
}

func (s *section) openMark(value, digits string) *fault {
	mark, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || mark == 0 {
		return &fault{text: "invalid address for virtual server",
			remedy: digits + " is read as a firewall mark, and the kernel knows the marks 1 to 4294967295 only"}
	}
	s.mark, s.protocol = true, "fwm"
	s.v.Service.FWMark, s.v.Service.IPv6 = uint32(mark), s.ipv6
	s.v.CheckService = "none"
	if address := bareIPv4.FindString(value); address != "" {
		s.l.warn(s.l.at, "", fmt.Sprintf("an address without a port is read as firewall mark %d; for the address write virtual=%s:80", mark, address))
	} else if rest := value[len(digits):]; strings.Trim(rest, blanks) != "" && !startsComment(rest) {
		s.l.warn(s.l.at, "", fmt.Sprintf("read as firewall mark %d; %q is ignored", mark, rest))
	}
	return nil
}

func (s *section) openIPv6(address, port string) *fault {
	if !s.ipv6 {
		return &fault{text: `cannot specify an IPv6 address here. please use "virtual6" instead.`,
			remedy: "write virtual6=" + address + ":" + port + ", with real6= and fallback6= in it"}
	}
	if _, ok := s.l.env.address(address, true); !ok {
		return &fault{text: "invalid ipv6 address for virtual server", remedy: address + " is not an IPv6 address"}
	}
	s.host, s.port = address, port
	return nil
}

// close does what the original does at the end of a section, in its order: fallback, virtual
// address, reals, duplicates (ldirectord spec 3).
func (s *section) close() bool {
	l := s.l
	if at, f := s.resolveFallback(); f != nil {
		return l.refuse(at, f, "")
	}
	if f := s.resolveAddress(); f != nil {
		return l.refuse(s.v.Line, f, "")
	}
	s.v.Reals = slices.Grow(s.v.Reals, len(s.reals))
	for _, r := range s.reals {
		if f := s.parseReal(r); f != nil {
			return l.refuse(r.at, f, "")
		}
	}
	lastRead := min(l.next+1, len(l.lines))
	first, again := l.seen[s.v.ID]
	if again || s.v.Line == len(l.lines) {
		return l.refuse(lastRead, &fault{text: "duplicate virtual server", remedy: duplicateRemedy(s, first, again)}, "")
	}
	if at, f := s.checkReceive(); f != nil {
		return l.refuse(at, f, "")
	}
	if f := s.checkPath(); f != nil {
		return l.refuse(s.pathAt, f, "")
	}
	l.seen[s.v.ID] = s.v.Line
	l.sections = append(l.sections, s)
	return true
}

// resolveAddress makes the identity of the virtual from names and protocol.
func (s *section) resolveAddress() *fault {
	v := &s.v
	if s.mark {
		v.Name = strconv.FormatUint(uint64(v.Service.FWMark), 10)
		v.ID = "fwm:" + v.Name
		if s.ipv6 {
			v.ID = "fwm6:" + v.Name
		}
		return nil
	}
	addr, ok := s.l.env.address(s.host, s.ipv6)
	if !ok {
		return &fault{text: "invalid address for virtual service", remedy: unresolved(s.host, s.ipv6)}
	}
	port, ok := s.l.env.port(s.port, s.protocol)
	if !ok {
		return &fault{text: "invalid address for virtual service", remedy: badPort(s.port, s.protocol)}
	}
	v.Service.Addr = netip.AddrPortFrom(addr, port)
	v.Service.Protocol = ipvs.TCP
	if s.protocol == "udp" {
		v.Service.Protocol = ipvs.UDP
	}
	v.Name = host(addr) + ":" + strconv.Itoa(int(port))
	v.ID = s.protocol + ":" + v.Name
	if !s.serviceGiven {
		v.CheckService = serviceOfPort(port)
	}
	return nil
}

// host prints an address as the original keeps it: IPv6 in brackets.
func host(a netip.Addr) string {
	if a.Is6() {
		return "[" + a.String() + "]"
	}
	return a.String()
}
