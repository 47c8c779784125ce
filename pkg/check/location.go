package check

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// location is a URL of http or https, kept as written: what is sent depends on it.
type location struct {
	scheme, authority string
	path              string // with the query, escaped, never empty
}

// parseLocation splits a URL. What no URL may hold is escaped, as Perl's URI does: blanks become
// %20 (ldirectord spec 9.1).
func parseLocation(raw string) (location, error) {
	scheme, rest, ok := strings.Cut(raw, "://")
	scheme = strings.ToLower(scheme)
	if !ok || scheme != "http" && scheme != "https" {
		return location{}, fmt.Errorf("protocol scheme of %q is not supported", raw)
	}
	rest, _, _ = strings.Cut(rest, "#")
	i := strings.IndexAny(rest, "/?")
	if i < 0 {
		i = len(rest)
	}
	l := location{scheme: scheme, authority: escape(rest[:i]), path: escape(rest[i:])}
	if _, after, ok := strings.Cut(l.authority, "@"); ok {
		l.authority = after
	}
	if !strings.HasPrefix(l.path, "/") {
		l.path = "/" + l.path
	}
	if l.authority == "" {
		return l, errors.New("no host in URL")
	}
	return l, nil
}

// uric are the characters a URL may hold besides letters and digits (RFC 2396).
const uric = ";/?:@&=+$,[]-_.!~*'()%"

func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(uric, c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// String returns the URL.
func (l location) String() string { return l.scheme + "://" + l.authority + l.path }

// address is where to connect to.
func (l location) address() string {
	if _, port, err := net.SplitHostPort(l.authority); err == nil && port != "" {
		return l.authority
	}
	host := strings.Trim(strings.TrimSuffix(l.authority, ":"), "[]")
	if l.scheme == "https" {
		return net.JoinHostPort(host, "443")
	}
	return net.JoinHostPort(host, "80")
}

// follow resolves the Location of a redirection.
func (l location) follow(where string) (location, error) {
	base, err := url.Parse(l.String())
	if err != nil {
		return location{}, err
	}
	next, err := base.Parse(where)
	if err != nil {
		return location{}, err
	}
	return parseLocation(next.String())
}
