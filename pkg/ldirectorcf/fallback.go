package ldirectorcf

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"systole/pkg/ipvs"
)

// forwards are the words for forwarding methods.
var forwards = []struct {
	word   string
	method ipvs.Forward
}{{"gate", ipvs.Route}, {"masq", ipvs.Masq}, {"ipip", ipvs.Tunnel}}

func forwardOf(word string) (ipvs.Forward, bool) {
	for _, f := range forwards {
		if f.word == word {
			return f.method, true
		}
	}
	return 0, false
}

// ForwardWord returns gate, masq or ipip.
func ForwardWord(method ipvs.Forward) string {
	for _, f := range forwards {
		if f.method == method {
			return f.word
		}
	}
	return "gate"
}

var fallbackForm = regexp.MustCompile(`(?s)^(.*?)(?::([0-9A-Za-z_-]+))?$`)

// fallbackPlace is a fallback until its names are resolved.
type fallbackPlace struct {
	host, port string
	forward    ipvs.Forward
	at         int // line
}

// parseFallback reads [HOST][:PORT] [METHOD]. The method is the last word and is looked at first.
func (l *loader) parseFallback(value string) (fallbackPlace, *fault) {
	p := fallbackPlace{forward: ipvs.Route, at: l.at}
	address, method := lastWord(strings.TrimRight(value, blanks))
	if method != "" {
		var ok bool
		if p.forward, ok = forwardOf(method); !ok {
			_, rest := firstWord(value)
			return p, &fault{text: badForward, remedy: forwardRemedy(rest)}
		}
	}
	m := fallbackForm.FindStringSubmatch(address)
	p.host, p.port = m[1], m[2]
	return p, nil
}

// resolve needs a service name to be known for each protocol given; the port of the first one counts.
func (p fallbackPlace) resolve(l *loader, ipv6 bool, protocols ...string) (*Fallback, *fault) {
	fb := &Fallback{Forward: p.forward}
	var ok bool
	if fb.Addr, ok = l.fallbackAddress(p.at, p.host, ipv6); !ok {
		return nil, &fault{text: "invalid " + family(ipv6) + " address or could not resolve for fallback server: " + p.host,
			remedy: unresolved(p.host, ipv6)}
	}
	for _, protocol := range slices.Backward(protocols) {
		if p.port == "" {
			break
		}
		if fb.Port, ok = l.env.port(p.port, protocol); !ok {
			return nil, &fault{text: "invalid port for fallback server", remedy: badPort(p.port, protocol)}
		}
	}
	return fb, nil
}

// fallbackAddress takes no host at all as this machine, as getaddrinfo(3) does for the original.
func (l *loader) fallbackAddress(at int, name string, ipv6 bool) (netip.Addr, bool) {
	if name != "" && name != "[]" {
		return l.env.address(name, ipv6)
	}
	addr := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if ipv6 {
		addr = netip.IPv6Loopback()
	}
	l.warn(at, "", "a fallback without an address is this machine, "+host(addr)+": remove the directive to have none")
	return addr, true
}

func family(ipv6 bool) string {
	if ipv6 {
		return "IPv6"
	}
	return "IPv4"
}

const badForward = "forward method must be gate, masq or ipip"

// setFallback reads a global fallback. The original keeps one for tcp and one for udp, so a
// service name must exist for both; the port of the name for tcp is used.
func (l *loader) setFallback(to **Fallback, value string, ipv6 bool) *fault {
	place, f := l.parseFallback(value)
	if f != nil {
		return f
	}
	fb, f := place.resolve(l, ipv6, "tcp", "udp")
	if f == nil {
		*to = fb
	}
	return f
}

// keepFallback leaves the names to the end of the section, when the protocol is known.
func (s *section) keepFallback(value string, ipv6 bool) *fault {
	if ipv6 != s.ipv6 {
		return wrongFamily("fallback", ipv6)
	}
	var f *fault
	s.fallback, f = s.l.parseFallback(value)
	s.v.given.fallback = true
	return f
}

// resolveFallback fills in the section's own fallback; a name is looked up for its protocol.
func (s *section) resolveFallback() (int, *fault) {
	if !s.v.given.fallback {
		return 0, nil
	}
	fb, f := s.fallback.resolve(s.l, s.ipv6, s.protocol)
	s.v.Fallback = fb
	return s.fallback.at, f
}

// wrongFamily has two blanks in its middle, as the original has.
func wrongFamily(keyword string, ipv6 bool) *fault {
	wrong, right, section := keyword, keyword+"6", "virtual6"
	if ipv6 {
		wrong, right, section = right, wrong, "virtual"
	}
	return &fault{text: `cannot specify "` + wrong + `" here.  please use "` + right + `" instead`,
		remedy: "the section is a " + section + "=, and a virtual and its servers are of one address family"}
}
