package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"systole/pkg/netif"
)

// The kernel asks the LAN before an IPv6 address may be used (duplicate address detection), for
// a second or two:
//
//	add ---> tentative ---> usable ---> five advertisements, 200 ms apart, in the background
//	             |
//	             +--------> duplicate: removed again, the start fails
//
// The original's IPv6addr looks at none of this: it succeeds with an address that the kernel
// refuses to use (agents spec 5). IPaddr2 of resource-agents looks once a second.
const (
	detectionTime  = 10 * time.Second // IPaddr2 looks ten times
	detectionEvery = 20 * time.Millisecond
)

// errDuplicate says that another machine has the address.
var errDuplicate = errors.New("another machine has the address")

// vip6 is one IPv6 address, of IPv6addr or IPaddr2.
type vip6 struct {
	*Job
	addr  netip.Addr
	query netif.Query // what the argument gives
	arp   rhythm
}

func isIPv6(text string) bool {
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Is6()
}

// holding returns the entries of the address on this machine that can be used, or are about to
// be; on says which interface, "" for all.
func (v *vip6) holding(on string) []netif.Address {
	all, err := v.Net.Addresses("")
	if err != nil {
		v.logf("ERROR: %v", err)
		return nil
	}
	var found []netif.Address
	for _, a := range all {
		if a.Prefix.Addr() == v.addr && (on == "" || a.Interface == on) {
			found = append(found, a)
		}
	}
	return found
}

func usable(all []netif.Address) bool {
	for _, a := range all {
		if !a.Duplicate {
			return true
		}
	}
	return false
}

// add adds the address to the interface found and waits until the kernel lets it be used.
func (v *vip6) add(ctx context.Context, f netif.Found) error {
	for _, refused := range v.holding(f.Interface) {
		_ = v.Net.Delete(refused) // an earlier duplicate keeps the kernel from asking again
	}
	a := netif.Address{Interface: f.Interface, Prefix: f.Prefix(v.addr)}
	if err := v.Net.Add(a); err != nil {
		return err
	}
	if err := v.Net.Up(f.Interface); err != nil {
		return err
	}
	if err := v.detect(ctx, f.Interface); err != nil {
		return errors.Join(err, v.Net.Delete(a))
	}
	return nil
}

// detect waits for the end of duplicate address detection.
func (v *vip6) detect(ctx context.Context, nic string) error {
	limit := time.NewTimer(detectionTime)
	defer limit.Stop()
	tick := time.NewTicker(detectionEvery)
	defer tick.Stop()
	for {
		all, err := v.Net.Addresses(nic)
		if err != nil {
			return err
		}
		switch done, err := detected(all, v.addr); {
		case err != nil:
			v.logf("ERROR: IPv6 address collision %s [DAD]", v.addr)
			return err
		case done:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-limit.C:
			v.logf("WARNING: IPv6 address : DAD is still in tentative")
			return nil
		}
	}
}

func detected(all []netif.Address, ip netip.Addr) (done bool, err error) {
	for _, a := range all {
		if a.Prefix.Addr() != ip {
			continue
		}
		if a.Duplicate {
			return true, fmt.Errorf("%s: %w", ip, errDuplicate)
		}
		return !a.Tentative, nil
	}
	return true, fmt.Errorf("%s: %w", ip, netif.ErrNoAddress)
}

// announce starts the advertisements. On the loopback interface there is nobody to tell.
func (v *vip6) announce(f netif.Found) error {
	if strings.HasPrefix(f.Interface, "lo") {
		return nil
	}
	if err := v.makeStateDir(); err != nil {
		v.logf("WARNING: %v", err)
	}
	by := v.arp.sendUA(v.pidFile(v.addr), f.Interface, f.Prefix(v.addr))
	return announce(v.Job, f.Interface, v.addr, v.arp, by)
}

// silence stops whoever announces the address.
func (v *vip6) silence() {
	v.speaker.silence(v.addr)
	v.killSender(v.addr)
}

// adopt goes on announcing an address that was found held.
func (v *vip6) adopt(held []netif.Address) {
	if v.speaker.speaking(v.addr) || len(held) == 0 {
		return
	}
	if err := v.announce(netif.Found{Interface: held[0].Interface, Bits: held[0].Prefix.Bits()}); err != nil {
		v.logf("WARNING: %v", err)
	}
}
