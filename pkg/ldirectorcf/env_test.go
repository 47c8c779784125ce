package ldirectorcf

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// testServices is the part of Debian's /etc/services that the files name.
var testServices = map[string]map[string]uint16{
	"http":   {"tcp": 80},
	"www":    {"tcp": 80},
	"https":  {"tcp": 443, "udp": 443},
	"domain": {"tcp": 53, "udp": 53},
	"bootps": {"udp": 67},
}

func testPort(service, protocol string) (uint16, bool) {
	for p, port := range testServices[service] {
		if protocol == "" || p == protocol {
			return port, true
		}
	}
	return 0, false
}

// fixtureEnv is the machine on which the fixtures were taken.
func fixtureEnv(t testing.TB) Env {
	t.Helper()
	text, err := os.ReadFile("testdata/hosts")
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string][]netip.Addr{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		for _, name := range fields[1:] {
			hosts[name] = append(hosts[name], netip.MustParseAddr(fields[0]))
		}
	}
	return Env{
		HostName: "director1.example.com",
		Resolve: func(host string, ipv6 bool) (netip.Addr, bool) {
			for _, a := range hosts[host] {
				if a.Is6() == ipv6 {
					return a, true
				}
			}
			return netip.Addr{}, false
		},
		Port:        testPort,
		LogFile:     openable,
		MonitorFile: openable,
		IsDir:       func(path string) bool { return path == "/tmp" },
	}
}

// openable knows one directory that is absent and one path that is a directory.
func openable(path string) error {
	switch {
	case strings.HasPrefix(path, "/nonexistent/"):
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("no such file or directory")}
	case path == "/etc":
		return errors.New("is a directory")
	}
	return nil
}
