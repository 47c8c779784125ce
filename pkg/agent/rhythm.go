package agent

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"systole/pkg/garp"
)

// rhythm is how often and how fast an address is announced at first.
type rhythm struct {
	interval int // ms, of a request and its reply
	count    int // pairs
}

// rhythmOf returns the parameters arp_interval and arp_count of IPaddr2 from the environment
// (agents spec 2.1), or which of them is wrong.
func rhythmOf(env func(string) string) (r rhythm, wrong string) {
	r = rhythm{interval: int(garp.DefaultInterval / time.Millisecond), count: garp.DefaultCount}
	for _, p := range []struct {
		name  string
		value *int
	}{{"OCF_RESKEY_arp_interval", &r.interval}, {"OCF_RESKEY_arp_count", &r.count}} {
		text := env(p.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n == 0 {
			return r, fmt.Sprintf("Invalid %s [%s]", p.name, text)
		}
		*p.value = int(n)
	}
	return r, ""
}

// sender is the program that announces an address, for whoever does so by a program.
type sender struct {
	program string
	words   []string // its arguments
}

// sendArp is the program for an IPv4 address (agents spec 4).
func (r rhythm) sendArp(pidFile, nic, ip, broadcast, netmask string) sender {
	return sender{sendArpName, []string{
		"-i", strconv.Itoa(r.interval), "-r", strconv.Itoa(r.count), "-p", pidFile,
		nic, ip, "auto", broadcast, netmask,
	}}
}

// sendUA is the program for an IPv6 address; the pid file is ours.
func (r rhythm) sendUA(pidFile, nic string, p netip.Prefix) sender {
	return sender{sendUAName, []string{
		"-i", strconv.Itoa(r.interval), "-c", strconv.Itoa(r.count), "-p", pidFile,
		p.Addr().String(), strconv.Itoa(p.Bits()), nic,
	}}
}

// announce has the address announced by whoever speaks for this kind of call.
func announce(j *Job, nic string, ip netip.Addr, r rhythm, by sender) error {
	a, err := r.announcement(j, nic, ip)
	if err != nil {
		return err
	}
	return j.speaker.announce(j, a, by)
}

func (r rhythm) announcement(j *Job, nic string, ip netip.Addr) (garp.Announcement, error) {
	l, err := j.Net.Link(nic)
	if err != nil {
		return garp.Announcement{}, err
	}
	return garp.Announcement{
		Interface: l.Net(),
		IP:        ip,
		Interval:  time.Duration(r.interval) * time.Millisecond,
		Count:     r.count,
	}, nil
}
