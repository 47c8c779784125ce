package agent

import (
	"context"
	"net/netip"

	"systole/pkg/netif"
)

// srcAddr is one IPsrcaddr resource (agents spec 5): what the machine sends, where no program says
// otherwise, comes from the service address.
//
//	start   default via 121.254.175.65 dev eth0 src 121.254.175.70
//	        121.254.175.64/28 dev eth0 proto kernel scope link src 121.254.175.70
//	stop    both with the interface's own address again
type srcAddr struct {
	*Job
	ip        netip.Addr
	at        netif.Address // where the address is served
	own       netip.Addr    // the interface's own address
	connected []netif.Route // the network the address is in, by that interface
	defaults  []netif.Route // default routes by that interface
}

// ipsrcaddr is the agent IPsrcaddr. Its stop always succeeds; the original's fails when something
// else is the source by then, and heartbeat tries again and again.
func ipsrcaddr(_ context.Context, j *Job, op string) int {
	s := &srcAddr{Job: j}
	if j.Args[0] == "" {
		return s.unless(op, s.fail(notConfigured, "Please set OCF_RESKEY_ipaddress to the preferred source IP address!"))
	}
	var err error
	if s.ip, err = netip.ParseAddr(j.Args[0]); err != nil || !s.ip.Is4() {
		return s.unless(op, s.fail(notConfigured, "Invalid IP address [%s]", j.Args[0]))
	}
	served, err := s.look()
	if err != nil {
		s.logf("ERROR: %v", err)
		return s.unless(op, generic)
	}
	if op == "monitor" {
		return s.status()
	}
	if !served {
		return s.unless(op, s.fail(notInstalled, "We are not serving [%s], hence can not make it a preferred source address", j.Args[0]))
	}
	if op == "start" {
		return s.start()
	}
	return s.stop()
}

// unless returns the code of a failure, but for a stop: then there is nothing to take back.
func (s *srcAddr) unless(op string, code int) int {
	if op == "stop" {
		return success
	}
	return code
}

// look reads what the kernel has, and says whether the address is served.
func (s *srcAddr) look() (served bool, err error) {
	t, err := s.Net.Tables()
	if err != nil {
		return false, err
	}
	for _, a := range t.Addresses {
		if a.Prefix.Addr() == s.ip {
			s.at, served = a, true
			break
		}
	}
	if !served {
		return false, nil
	}
	network, _ := t.Connected(netif.Query{IP: s.ip, Interface: s.at.Interface})
	for _, r := range t.Main {
		switch {
		case r.Interface != s.at.Interface:
		case r.Destination.Bits() == 0:
			s.defaults = append(s.defaults, r)
		case r == network:
			s.connected = append(s.connected, r)
		}
	}
	s.own = ownAddress(t, s.at.Interface, s.ip)
	return true, nil
}

// ownAddress returns the first address of the interface that holds ip in its network and is
// neither that nor a host address: the one that belongs to the machine.
func ownAddress(t netif.Tables, nic string, ip netip.Addr) netip.Addr {
	for _, a := range t.Addresses {
		if a.Interface == nic && a.Prefix.Addr() != ip && a.Prefix.Bits() < 32 && a.Prefix.Masked().Contains(ip) {
			return a.Prefix.Addr()
		}
	}
	return ip
}

func (s *srcAddr) ours(all []netif.Route) bool {
	for _, r := range all {
		if r.Source != s.ip {
			return false
		}
	}
	return len(all) > 0
}

// oneDefault says which of too many and too few default routes there are.
func (s *srcAddr) oneDefault() int {
	switch n := len(s.defaults); {
	case n > 1:
		return s.fail(generic, "more than 1 matching route exists")
	case n == 0:
		return s.fail(generic, "no matching route exists")
	}
	return success
}

func (s *srcAddr) status() int {
	switch {
	case len(s.defaults) > 1:
		return s.oneDefault()
	case !s.ours(s.defaults):
		s.print("No preferred source address defined")
		return notRunning
	case len(s.connected) > 0 && !s.ours(s.connected):
		s.print("Preferred source address has incorrect value")
		return generic
	}
	s.print("OK")
	return success
}

func (s *srcAddr) start() int {
	if code := s.oneDefault(); code != success {
		return code
	}
	if s.ours(s.defaults) && (len(s.connected) == 0 || s.ours(s.connected)) {
		s.logf("INFO: The ip route has been already set.(%s, %s, %s )", s.network(), s.at.Interface, via(s.defaults[0]))
		return success
	}
	return s.set(s.ip, append(s.connected, s.defaults...))
}

func via(r netif.Route) string {
	if r.Gateway.IsValid() {
		return "default via " + r.Gateway.String()
	}
	return "default"
}

func (s *srcAddr) network() netip.Prefix {
	if len(s.connected) > 0 {
		return s.connected[0].Destination
	}
	return s.at.Prefix.Masked()
}

// stop gives every route that names the address the interface's own one.
func (s *srcAddr) stop() int {
	var named []netif.Route
	for _, r := range append(s.connected, s.defaults...) {
		if r.Source == s.ip {
			named = append(named, r)
		}
	}
	switch {
	case len(named) > 0 && s.own != s.ip:
		return s.set(s.own, named)
	case len(named) == 0 && len(s.defaults) > 0 && s.defaults[0].Source.IsValid():
		s.Log.Log("INFO: The address you specified to stop does not match the preferred source address")
	case len(named) == 0:
		s.Log.Log("INFO: No preferred source address defined, nothing to stop")
	}
	return success
}

func (s *srcAddr) set(src netip.Addr, routes []netif.Route) int {
	for _, r := range routes {
		if err := s.Net.SetSource(r, src); err != nil {
			return s.fail(generic, "%v", err)
		}
	}
	return success
}
