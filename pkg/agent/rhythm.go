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

// rhythmNames are the variables of the environment that an agent takes its rhythm from. Each of
// the original's agents has its own, with a prefix or without.
type rhythmNames struct{ interval, count string }

func namesOfIPaddr2() rhythmNames {
	return rhythmNames{"OCF_RESKEY_arp_interval", "OCF_RESKEY_arp_count"} // agents spec 2.1
}

func namesOfIPaddr() rhythmNames {
	return rhythmNames{"OCF_RESKEY_ARP_INTERVAL_MS", "OCF_RESKEY_ARP_REPEAT"} // agents spec 3
}

func namesOfSendArp() rhythmNames { return rhythmNames{"ARP_INTERVAL_MS", "ARP_REPEAT"} }

// defaultRhythm is that of IPaddr2, SendArp and IPv6addr.
func defaultRhythm() rhythm {
	return rhythm{interval: int(garp.DefaultInterval / time.Millisecond), count: garp.DefaultCount}
}

// set changes what the environment says, or returns which variable is wrong and what it has.
func (r *rhythm) set(env func(string) string, names rhythmNames) (wrong, text string) {
	for _, p := range []struct {
		name  string
		value *int
	}{{names.interval, &r.interval}, {names.count, &r.count}} {
		text := env(p.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil || n == 0 {
			return p.name, text
		}
		*p.value = int(n)
	}
	return "", ""
}

// rhythmOf returns the rhythm of IPaddr2, or its complaint of a parameter.
func rhythmOf(env func(string) string) (r rhythm, wrong string) {
	r = defaultRhythm()
	if name, text := r.set(env, namesOfIPaddr2()); name != "" {
		wrong = fmt.Sprintf("Invalid %s [%s]", name, text)
	}
	return r, wrong
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
