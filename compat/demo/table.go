package main

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"systole/compat/lab"
)

// procIPVS is the kernel's own text of a host's IPVS table. It is process 1's,
// as "self" means nothing to a reader from outside.
const procIPVS = "/proc/1/net/ip_vs"

// realServers lists the real servers of the service in a host's IPVS table, in
// order of address.
func realServers(h *lab.Host, service netip.AddrPort) ([]netip.Addr, error) {
	text, err := h.ReadFile(procIPVS)
	if err != nil {
		return nil, err
	}
	return parseIPVS(string(text), service)
}

// parseIPVS reads the real servers of one TCP service:
//
//	TCP  79FEAF46:0050 wlc persistent 3600000 FFFFFFFF
//	  -> 79FEAF4B:0050      Route   10     0          0
func parseIPVS(text string, service netip.AddrPort) ([]netip.Addr, error) {
	var out []netip.Addr
	ours := false
	for _, line := range strings.Split(text, "\n") {
		f := strings.Fields(line)
		if len(f) < 2 || strings.Contains(f[1], "LocalAddress") || strings.Contains(f[1], "RemoteAddress") || f[0] == "IP" {
			continue
		}
		switch f[0] {
		case "->":
			real, err := hexAddrPort(f[1])
			if err != nil {
				return nil, err
			}
			if ours {
				out = append(out, real.Addr())
			}
		case "TCP":
			at, err := hexAddrPort(f[1])
			if err != nil {
				return nil, err
			}
			ours = at == service
		default:
			ours = false
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out, nil
}

// hexAddrPort reads "79FEAF46:0050".
func hexAddrPort(s string) (netip.AddrPort, error) {
	addr, port, _ := strings.Cut(s, ":")
	a, errA := hex.DecodeString(addr)
	p, errP := hex.DecodeString(port)
	if errA != nil || errP != nil || len(a) != 4 || len(p) != 2 {
		return netip.AddrPort{}, fmt.Errorf("ip_vs table: address %q", s)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a)), binary.BigEndian.Uint16(p)), nil
}
