package source

import (
	"net"
	"net/netip"
	"os"
	"strings"

	"systole/pkg/findings"
)

// Environment knows the names of a hosts file and of /etc/services, and asks no network.
func Environment(hosts string) (findings.Env, error) {
	text, err := os.ReadFile(hosts)
	if err != nil {
		return findings.Env{}, err
	}
	table := parseHosts(string(text))
	return findings.Env{
		Hosts: func(name string) []netip.Addr { return table[strings.ToLower(name)] },
		Port:  servicePort,
	}, nil
}

// parseHosts reads hosts(5).
func parseHosts(text string) map[string][]netip.Addr {
	table := map[string][]netip.Addr{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		a, err := netip.ParseAddr(words[0])
		if err != nil {
			continue
		}
		for _, name := range words[1:] {
			name = strings.ToLower(name)
			table[name] = append(table[name], a.Unmap())
		}
	}
	return table
}

// servicePort looks into /etc/services; any protocol will do for "".
func servicePort(service, protocol string) (uint16, bool) {
	protocols := []string{protocol}
	if protocol == "" {
		protocols = []string{"tcp", "udp"}
	}
	for _, p := range protocols {
		if p != "tcp" && p != "udp" {
			continue
		}
		if port, err := net.LookupPort(p, service); err == nil {
			return uint16(port), true
		}
	}
	return 0, false
}
