// Package observer holds what both configuration files say about those who watch a daemon from
// outside: Prometheus, and hooks that are told of events.
//
//	ha.cf                                      ldirectord.cf
//	systole_metrics 127.0.0.1:9694             systole_metrics=127.0.0.1:9694
//	systole_hook /usr/local/sbin/notify        systole_hook=/usr/local/sbin/notify
//	systole_hook https://chat.example.com/ha   systole_hook=https://chat.example.com/ha
package observer

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// Hook is told of every event, one after another: a program that is run, or an address that gets
// an HTTP POST. One of the two is set.
type Hook struct{ Program, URL string }

// String returns the hook as a configuration file has it.
func (h Hook) String() string { return h.Program + h.URL }

// ParseHook reads a hook: the full path of a program, or an http or https address. The error says
// what to write.
func ParseHook(text string) (Hook, error) {
	if path.IsAbs(text) && !strings.ContainsAny(text, " \t\"'") {
		return Hook{Program: text}, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return Hook{}, fmt.Errorf("[%s] is no hook: write the full path of a program, or http://HOST/PATH", text)
	}
	return Hook{URL: text}, nil
}

// ParseListen reads where to listen: ADDRESS:PORT, or :PORT for every address. The error says what
// to write.
func ParseListen(text string) (netip.AddrPort, error) {
	at, err := netip.ParseAddrPort(text)
	if port, ok := strings.CutPrefix(text, ":"); ok {
		n, perr := strconv.ParseUint(port, 10, 16)
		at, err = netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(n)), perr
	}
	if err != nil || at.Port() == 0 {
		return netip.AddrPort{}, fmt.Errorf("[%s] is no address to listen on: write ADDRESS:PORT, or :PORT for every address", text)
	}
	return at, nil
}
