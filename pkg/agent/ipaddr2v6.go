package agent

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"systole/pkg/netif"
)

// ipaddr2IPv6 is IPaddr2 with an IPv6 address, in the words of the OCF agent (agents spec 2.10).
// The advertisements go on in the background, where the original waits for them; its start
// returns when duplicate address detection has ended.
func ipaddr2IPv6(ctx context.Context, j *Job, op string) int {
	w := parseWord(j.Args[0])
	v := &vip6{Job: j}
	v.addr, _ = netip.ParseAddr(w.ip)
	v.query = netif.Query{IP: v.addr}
	v.query.Interface, _, _ = strings.Cut(w.nic, ":")
	var wrong string
	if v.arp, wrong = rhythmOf(v.Env); wrong != "" {
		return v.fail(notConfigured, "%s", wrong)
	}
	if w.mask != "" {
		v.query.Bits = prefixLength(w.mask)
	}
	switch op {
	case "start":
		return v.startIPaddr2(ctx, w)
	case "stop":
		return v.stopIPaddr2()
	}
	return v.monitorIPaddr2()
}

func prefixLength(text string) int {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil || n < 1 || n > 128 {
		return netif.BadMask
	}
	return int(n)
}

// refused is what findif refuses before it searches, at a start only (agents spec 2.2).
func (v *vip6) refused(w word) int {
	if v.query.Interface != "" {
		if _, err := v.Net.Link(v.query.Interface); err != nil {
			v.logf("ERROR: Invalid interface name [%s]: Device \"%s\" does not exist.", v.query.Interface, v.query.Interface)
			return v.fail(notConfigured, "[findif] failed")
		}
	} else if v.addr.IsLinkLocalUnicast() {
		v.logf("ERROR: 'nic' parameter is mandatory for a link local address [%s].", w.ip)
		return v.fail(notConfigured, "[findif] failed")
	}
	if v.query.Bits == netif.BadMask {
		v.logf("ERROR: Invalid netmask specification [%s].", w.mask)
		return v.fail(notConfigured, "[findif] failed")
	}
	return success
}

func (v *vip6) findif() (netif.Found, error) {
	t, err := v.Net.Tables()
	if err != nil {
		v.logf("ERROR: %v", err)
		return netif.Found{}, err
	}
	f, err := t.FindIPv6(v.query)
	if err != nil && v.query.Bits == 0 && v.query.Interface == "" {
		// the address itself tells, once it is there
		for _, a := range v.holding("") {
			return netif.Found{Interface: a.Interface, Bits: a.Prefix.Bits()}, nil
		}
	}
	if err != nil {
		v.Log.Log("ERROR: Unable to find nic or netmask.")
	}
	return f, err
}

// served returns the entry of the address with that prefix length on that interface.
func (v *vip6) served(f netif.Found) []netif.Address {
	var found []netif.Address
	for _, a := range v.holding(f.Interface) {
		if a.Prefix.Bits() == f.Bits {
			found = append(found, a)
		}
	}
	return found
}

func (v *vip6) startIPaddr2(ctx context.Context, w word) int {
	if code := v.refused(w); code != success {
		return code
	}
	f, err := v.findif()
	if err != nil {
		return v.fail(generic, "[findif] failed")
	}
	if usable(v.served(f)) {
		return success
	}
	v.logf("INFO: Adding inet6 address %s to device %s (with preferred_lft forever)", f.Prefix(v.addr), f.Interface)
	v.logf("INFO: Bringing device %s up", f.Interface)
	err = v.add(ctx, f)
	switch {
	case errors.Is(err, errDuplicate):
		return v.fail(generic, "run_send_ua failed.")
	case err != nil:
		v.logf("ERROR: %v", err)
		return v.fail(generic, "Failed to add %s", w.ip)
	}
	by := v.arp.sendUA(v.pidFile(v.addr), f.Interface, f.Prefix(v.addr))
	v.logf("INFO: %s/%s %s", v.BinDir, by.program, strings.Join(by.words, " "))
	if err := v.announce(f); err != nil {
		v.logf("ERROR: Could not send unsolicited neighbour advertisements: rc=1 (%v)", err)
	}
	return success
}

func (v *vip6) stopIPaddr2() int {
	v.silence()
	f, err := v.findif()
	if err != nil {
		v.Log.Log("WARNING: [findif] failed")
		return success
	}
	held := v.served(f)
	if len(held) == 0 {
		v.Log.Log("INFO: IP status = no, IP_CIP=")
		return success
	}
	v.Log.Log("INFO: IP status = ok, IP_CIP=")
	if err := v.Net.Delete(held[0]); err != nil {
		v.logf("ERROR: %v", err)
		return v.fail(generic, "Unable to remove IP [%s from interface [ %s ]", v.addr, f.Interface)
	}
	return success
}

func (v *vip6) monitorIPaddr2() int {
	f, err := v.findif()
	if err != nil {
		v.Log.Log("INFO: [findif] failed")
		return notRunning
	}
	held := v.served(f)
	if !usable(held) {
		return notRunning
	}
	v.adopt(held)
	return success
}
