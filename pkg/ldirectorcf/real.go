package ldirectorcf

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// maxRange bounds a range of reals: more would be a slip of the pen and would fill the memory.
const maxRange = 65536

// The parts of a real line (ldirectord spec 3.2). Each is looked for in what the one before left;
// what stands before a match is dropped without a word, as the original does.
var (
	realPlace = regexp.MustCompile(`(\[[0-9A-Fa-f:]+\]|[0-9A-Za-z.-]+)(?:->(\[[0-9A-Fa-f:]+\]|[0-9A-Za-z.-]+))?(?::([0-9A-Za-z_-]+))?[\s\v]+`)
	realWeigh = regexp.MustCompile(`[\s\v]+([0-9]+)`)
	realPair  = regexp.MustCompile(`[\s\v]+"(.*)"[,\s\v][\s\v]*"(.*)"`)
	realLower = regexp.MustCompile(`[\s\v]+l:([0-9]+)`)
	realUpper = regexp.MustCompile(`[\s\v]+u:([0-9]+)`)
)

// addReal keeps the value until the end of the section.
func (s *section) addReal(value string, ipv6 bool) *fault {
	if ipv6 != s.ipv6 {
		return wrongFamily("real", ipv6)
	}
	s.reals = append(s.reals, located{value, s.l.at})
	return nil
}

// parseReal turns a real line into one Real for each address of its range.
func (s *section) parseReal(line located) *fault {
	m, before, rest := find(realPlace, line.value)
	if m == nil {
		return &fault{text: "invalid address for real server (wrong format)", remedy: realFormatRemedy(line.value)}
	}
	s.warnDropped(line.at, before)
	first, last, f := s.realRange(m[1], m[2])
	if f != nil {
		return f
	}
	r := Real{Line: line.at, Weight: 1}
	if m[3] != "" {
		port, ok := s.l.env.port(m[3], "")
		if !ok {
			return &fault{text: "invalid port (" + m[3] + ") for real server (could not resolve port)", remedy: badPort(m[3], "")}
		}
		r.Port = port
	}
	if f := s.parseRealOptions(&r, rest); f != nil {
		return f
	}
	for a := first; ; a = a.Next() {
		r.Addr = a
		s.v.Reals = append(s.v.Reals, r)
		if a == last {
			return nil
		}
	}
}

// realRange resolves an address or both ends of a range; one address is a range of itself.
func (s *section) realRange(from, to string) (first, last netip.Addr, f *fault) {
	first, ok := s.l.env.address(from, s.ipv6)
	if !ok {
		return first, last, &fault{text: "invalid address (" + from + ") for real server (could not resolve host)",
			remedy: unresolved(from, s.ipv6)}
	}
	if to == "" {
		return first, first, nil
	}
	last, ok = s.l.env.address(to, s.ipv6)
	switch {
	case !ok:
		f = &fault{text: "invalid address (" + to + ") for real server (could not resolve end host)", remedy: unresolved(to, s.ipv6)}
	case s.ipv6:
		f = &fault{text: "Address range for IPv6 is not supported yet", remedy: "write one real6= line for each server"}
	case last.Less(first):
		f = &fault{text: fmt.Sprintf("Invalid Range: %s-%s: First value must be greater than or equal to the second value", first, last),
			remedy: fmt.Sprintf("write the smaller address first: %s->%s", last, first)}
	case ipv4Number(last)-ipv4Number(first) >= maxRange:
		f = &fault{text: fmt.Sprintf("Invalid Range: %s-%s: more than %d addresses", first, last, maxRange),
			remedy: "write the port once, after the second address, and check both ends"}
	}
	return first, last, f
}

func ipv4Number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

// parseRealOptions reads what follows the address.
func (s *section) parseRealOptions(r *Real, rest string) *fault {
	word := wordRun.FindStringIndex(rest)
	if word == nil {
		return &fault{text: badForward, remedy: forwardRemedy("")}
	}
	var ok bool
	if r.Forward, ok = forwardOf(rest[word[0]:word[1]]); !ok {
		return &fault{text: badForward, remedy: forwardRemedy(rest[word[0]:word[1]])}
	}
	s.warnDropped(r.Line, rest[:word[0]])
	rest = rest[word[1]:]
	if weight, found := s.cut(r.Line, realWeigh, &rest); found {
		r.Weight = int(s.atMost(r.Line, "weight", weight[1], math.MaxUint16))
	}
	pair, paired := s.cut(r.Line, realPair, &rest)
	if paired {
		r.Request, r.Receive, r.own = withSlash(pair[1]), pair[2], true
	}
	if lower, found := s.cut(r.Line, realLower, &rest); found {
		r.Lower = s.atMost(r.Line, "lower threshold", lower[1], math.MaxUint32)
	}
	if upper, found := s.cut(r.Line, realUpper, &rest); found {
		r.Upper = s.atMost(r.Line, "upper threshold", upper[1], math.MaxUint32)
	}
	if strings.Trim(rest, blanks) == "" {
		return nil
	}
	if paired && strings.HasPrefix(pair[1], "/") {
		s.warnDropped(r.Line, rest) // the original never sees it (ldirectord spec 3.2)
		return nil
	}
	return &fault{text: `Invalid real server line, around "` + rest + `"`, remedy: realRestRemedy(rest)}
}

// cut finds a part, leaves in rest what follows it, and warns of what stood before it.
func (s *section) cut(at int, part *regexp.Regexp, rest *string) ([]string, bool) {
	if *rest == "" { // as after nearly all lines: a file may have thousands
		return nil, false
	}
	m, before, after := find(part, *rest)
	if m == nil {
		return nil, false
	}
	s.warnDropped(at, before)
	*rest = after
	return m, true
}

// find returns the groups of the first match, the whole one first, and what is around it.
func find(part *regexp.Regexp, text string) (groups []string, before, after string) {
	at := part.FindStringSubmatchIndex(text)
	if at == nil {
		return nil, text, ""
	}
	for i := 0; i < len(at); i += 2 {
		group := ""
		if at[i] >= 0 {
			group = text[at[i]:at[i+1]]
		}
		groups = append(groups, group)
	}
	return groups, text[:at[0]], text[at[1]:]
}

func (s *section) warnDropped(at int, text string) {
	if text = strings.Trim(text, blanks); text == "" {
		return
	}
	remedy := strconv.Quote(text) + " is ignored"
	if realUpper.MatchString(" " + text) {
		remedy += ": write the lower threshold l: before the upper threshold u:"
	}
	s.l.warn(at, "", remedy)
}

// atMost lowers a number to what the kernel can hold; the original's ipvsadm would refuse it and
// the server would never be in the table.
func (s *section) atMost(at int, what, digits string, most uint32) uint32 {
	n, err := strconv.ParseUint(digits, 10, 32)
	if err == nil && n <= uint64(most) {
		return uint32(n)
	}
	s.l.warn(at, "", fmt.Sprintf("%s %s is beyond the kernel's range and lowered to %d", what, digits, most))
	return most
}

// complete fills in what a real takes from its virtual (ldirectord spec 3.2, 4.2).
func (r *Real) complete(v *Virtual) {
	if !r.own {
		r.Request, r.Receive = v.Request, v.Receive
	}
	r.CheckPort = v.CheckPort
	if r.CheckPort == 0 {
		r.CheckPort = int(r.Port)
	}
	if r.CheckPort == 0 {
		r.CheckPort = int(portOfService(v.CheckService))
	}
	r.URL = r.url(v.CheckService)
	r.ID = r.identity(v)
}

// url is the address of an http, https or http_proxy check; the original builds one for every
// service. A request that begins with the service's own scheme is the whole address.
func (r *Real) url(service string) string {
	request := strings.TrimPrefix(r.Request, "/")
	if service == "http_proxy" || strings.HasPrefix(request, service+":") {
		return request
	}
	port := ""
	if r.CheckPort > 0 {
		port = strconv.Itoa(r.CheckPort)
	}
	return service + "://" + host(r.Addr) + ":" + port + "/" + request
}

// identity is the string by which checks are shared and monitorfile lines named.
func (r *Real) identity(v *Virtual) string {
	kind := string(v.CheckType)
	switch v.CheckType {
	case CheckNegotiate, CheckCombined:
		kind += ":" + v.CheckService
	case CheckExternal, CheckExternalPerl:
		kind += ":" + v.CheckCommand
	}
	checkPort := ""
	if v.CheckPort != 0 {
		checkPort = strconv.Itoa(v.CheckPort)
	}
	id := strings.Join([]string{kind, v.Protocol(), host(r.Addr), strconv.Itoa(int(r.Port)), v.VirtualHost, checkPort,
		strconv.Itoa(r.Weight), ForwardWord(r.Forward), quoteMeta(r.Request), quoteMeta(r.Receive)}, ":")
	if v.PathCheck { // asks for this virtual's address, so no other virtual may share it
		id += ":path:" + v.Name
	}
	return id
}

// quoteMeta is Perl's quotemeta: a backslash before every byte that is no word character.
func quoteMeta(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if !isWord(s[i]) {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}
