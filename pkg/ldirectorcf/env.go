package ldirectorcf

import (
	"net/netip"
	"strconv"
	"strings"
)

// Env is what Load must ask the machine. A nil function answers as the comment says, so that the
// zero Env checks a file without touching names or files.
type Env struct {
	// HostName is the name in the default logins of ftp and sip: $HOSTNAME or uname -n.
	HostName string
	// Resolve gives the first address of a host name in one family. Numeric addresses are not
	// asked for. nil: no name resolves.
	Resolve func(host string, ipv6 bool) (netip.Addr, bool)
	// Port looks a service name up for "tcp", "udp" or "fwm" (which no service has), or for any
	// protocol if that is "". nil: no name is known.
	Port func(service, protocol string) (uint16, bool)
	// LogFile says whether a path can be opened for appending. nil: yes.
	LogFile func(path string) error
	// MonitorFile is the same for monitorfile; the text of its innermost error, which should be a
	// syscall.Errno, is printed. nil: yes.
	MonitorFile func(path string) error
	// IsDir says whether a directory exists. nil: yes.
	IsDir func(path string) bool
	// Executable says whether a path can be run. nil: yes.
	Executable func(path string) bool
}

// address resolves a host in one family. Numbers are read as inet_aton(3) does, because the
// original hands them to getaddrinfo: "80" is 0.0.0.80 (ldirectord spec 3.2).
func (e Env) address(host string, ipv6 bool) (netip.Addr, bool) {
	if strings.HasPrefix(host, "[") {
		a, err := netip.ParseAddr(strings.Trim(host, "[]"))
		return a, err == nil && ipv6 && a.Is6() && a.Zone() == ""
	}
	if a, ok := inetAton(host); ok {
		return a, !ipv6
	}
	if e.Resolve == nil {
		return netip.Addr{}, false
	}
	a, ok := e.Resolve(host, ipv6)
	return a, ok && a.IsValid() && a.Is6() == ipv6
}

// port reads a number or service name.
func (e Env) port(name, protocol string) (uint16, bool) {
	if name != "" && strings.Trim(name, "0123456789") == "" {
		n, err := strconv.ParseUint(name, 10, 16)
		return uint16(n), err == nil
	}
	if e.Port == nil {
		return 0, false
	}
	return e.Port(name, protocol)
}

// inetAton reads one to four numbers joined by dots, decimal, octal (0…) or hexadecimal (0x…);
// the last one fills the bytes that are left. It stops at a blank.
func inetAton(s string) (netip.Addr, bool) {
	if end := strings.IndexAny(s, blanks); end >= 0 {
		s = s[:end]
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var sum uint64
	for i, p := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		n, ok := cNumber(p)
		if !ok || n >= 1<<bits {
			return netip.Addr{}, false
		}
		sum = sum<<bits | n
	}
	return netip.AddrFrom4([4]byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}), true
}

// cNumber reads a number with C's prefixes and without Go's underscores.
func cNumber(s string) (uint64, bool) {
	base := 10
	switch {
	case strings.HasPrefix(s, "0x"), strings.HasPrefix(s, "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	n, err := strconv.ParseUint(s, base, 33)
	return n, err == nil
}
