package netif

import (
	"cmp"
	"fmt"
	"net/netip"
)

// The exit codes of the findif program (agents spec 3.1).
const (
	FindifNoRoute = 1 // no interface found
	FindifUsage   = 2 // wrong arguments
	FindifBadWord = 6 // ip, netmask, interface or broadcast make no sense
)

// FindifError is why the findif program finds nothing, in its words.
type FindifError struct {
	Code int // its exit code
	Text string
}

// Error returns the program's words.
func (e *FindifError) Error() string { return e.Text }

// Words are the four parameters of the findif program as text; empty ones were not given.
type Words struct {
	IP, Netmask, Interface, Broadcast string
}

// Findif finds interface, netmask and broadcast as the findif program does: without an interface
// by any route that holds the address, by the default route only with a given netmask; with one,
// by no route, and the netmask is that of a host if none is given. The broadcast is the address
// with its host bits set. Errors are of type *FindifError.
func (t Tables) Findif(w Words, exists func(name string) bool) (Found, error) {
	q, err := w.query(exists)
	if err != nil {
		return Found{}, err
	}
	f := Found{Interface: q.Interface, Bits: cmp.Or(q.Bits, 32)}
	if q.Interface == "" {
		if f, err = t.byRoute(q); err != nil {
			return Found{}, err
		}
	}
	f.Broadcast = q.Broadcast
	if f.Broadcast == "" {
		f.Broadcast = hostBits(q.IP, f.Bits, true).String()
	}
	return f, nil
}

func (w Words) query(exists func(string) bool) (Query, error) {
	q := Query{Interface: w.Interface, Broadcast: w.Broadcast}
	var err error
	if q.IP, err = netip.ParseAddr(w.IP); err != nil || !q.IP.Is4() {
		return q, badWord("IP address [%s] not valid.", w.IP)
	}
	if w.Netmask != "" {
		if q.Bits, _ = ParseMask(w.Netmask); q.Bits == BadMask {
			return q, badWord("Invalid netmask specification [%s]", w.Netmask)
		}
	}
	if w.Interface != "" && !exists(w.Interface) {
		return q, badWord("%s: unknown interface: No such device", w.Interface)
	}
	if b, err := netip.ParseAddr(w.Broadcast); w.Broadcast != "" && (err != nil || !b.Is4()) {
		return q, badWord("Invalid broadcast address [%s].", w.Broadcast)
	}
	return q, nil
}

func badWord(format, word string) error {
	return &FindifError{Code: FindifBadWord, Text: fmt.Sprintf(format, word)}
}

// byRoute walks the table as the program walks /proc/net/route: each route that is not worse
// than the best so far in metric and netmask replaces it.
func (t Tables) byRoute(q Query) (Found, error) {
	var best *Route
	for i, r := range t.Main {
		if !r.Destination.Contains(q.IP) {
			continue
		}
		if best == nil || r.Metric <= best.Metric && r.Destination.Bits() >= best.Destination.Bits() {
			best = &t.Main[i]
		}
	}
	if best == nil || best.Destination.Bits() == 0 && q.Bits == 0 && q.IP.IsLoopback() {
		return loopbackOr(q)
	}
	f := Found{Interface: best.Interface, Bits: q.Bits}
	if f.Bits == 0 {
		f.Bits = best.Destination.Bits()
	}
	if f.Bits == 0 {
		return Found{}, noRoute("ERROR: Cannot use default route w/o netmask [%s]", q.IP)
	}
	return f, nil
}

func loopbackOr(q Query) (Found, error) {
	if !q.IP.IsLoopback() {
		return Found{}, noRoute("ERROR: no route found for [%s]", q.IP)
	}
	f := Found{Interface: "lo", Bits: q.Bits}
	if f.Bits == 0 {
		f.Bits = 8
	}
	return f, nil
}

func noRoute(format string, ip netip.Addr) error {
	return &FindifError{Code: FindifNoRoute, Text: fmt.Sprintf(format, ip)}
}
