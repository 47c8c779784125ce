package agent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"systole/pkg/garp"
	"systole/pkg/netif"
)

// maxLabel is the longest label the kernel takes (IFNAMSIZ in linux/if.h, less the NUL).
const maxLabel = 15

// probeTime is how long a start that asks first waits for an answer.
const probeTime = 250 * time.Millisecond

// vip is one IPaddr2 resource.
type vip struct {
	*Job
	word
	addr  netip.Addr // invalid: what is written is no IPv4 address
	bits  int        // 0: not given; netif.BadMask
	label string     // "eth0:vip"
	arp   rhythm
	found netif.Found
}

// ipaddr2 is the agent IPaddr2 as its R1 wrapper runs it, with lvs_support always on (agents
// spec 2). The original refuses an IPv6 address for that reason.
func ipaddr2(ctx context.Context, j *Job, op string) int {
	v := &vip{Job: j, word: parseWord(j.Args[0])}
	if isIPv6(v.ip) {
		return ipaddr2IPv6(ctx, j, op)
	}
	if code := v.parameters(op); code != success {
		return code
	}
	switch op {
	case "start":
		return v.start(ctx)
	case "stop":
		return v.stop()
	}
	return v.monitor()
}

// parameters are the errors of agents spec 2.5, raised for every operation.
func (v *vip) parameters(op string) int {
	if v.ip == "" && op != "stop" {
		return v.fail(notConfigured, "IP address (the ip parameter) is mandatory")
	}
	v.addr, _ = netip.ParseAddr(v.ip)
	if nic, label, _ := strings.Cut(v.nic, ":"); label != "" {
		v.label, v.nic = v.nic, nic
	} else {
		v.nic = nic
	}
	if len(v.label) > maxLabel {
		return v.fail(notConfigured, "Interface label [%s] exceeds maximum character limit of %d", v.label, maxLabel)
	}
	var wrong string
	if v.arp, wrong = rhythmOf(v.Env); wrong != "" {
		return v.fail(notConfigured, "%s", wrong)
	}
	v.netmask()
	return success
}

func (v *vip) netmask() {
	if v.mask == "" {
		return
	}
	bits, dotted := netif.ParseMask(v.mask)
	if dotted && bits == netif.BadMask {
		v.logf("ERROR: Bogus netmask: %s", v.mask)
	} else if dotted {
		v.logf("WARNING: Please convert dotted quad netmask %s to CIDR notation %d!", v.mask, bits)
	}
	v.bits = bits
}

// check is what findif refuses before it searches, at a start only (agents spec 2.2).
func (v *vip) check() (text string, ok bool) {
	if v.nic != "" {
		if _, err := v.Net.Link(v.nic); err != nil {
			return fmt.Sprintf("Invalid interface name [%s]: Device \"%s\" does not exist.", v.nic, v.nic), false
		}
	}
	if !v.addr.Is4() || v.addr.As4()[0] == 0 {
		return fmt.Sprintf("IP address [%s] not valid.", v.ip), false
	}
	if v.bits == netif.BadMask {
		return fmt.Sprintf("Invalid netmask specification [%s].", v.mask), false
	}
	if b, err := netip.ParseAddr(v.broadcast); v.broadcast != "" && v.broadcast != "+" && v.broadcast != "-" && (err != nil || !b.Is4()) {
		return fmt.Sprintf("Invalid broadcast address [%s].", v.broadcast), false
	}
	return "", true
}

// findif completes the parameters and says why it cannot.
func (v *vip) findif() error {
	t, err := v.Net.Tables()
	if err == nil {
		v.found, err = t.Find(netif.Query{IP: v.addr, Interface: v.nic, Bits: v.bits, Broadcast: v.broadcast})
	}
	if errors.Is(err, netif.ErrNotFound) {
		v.Log.Log("ERROR: Unable to find nic or netmask.")
	} else if err != nil {
		v.logf("ERROR: %v", err)
	}
	return err
}

func (v *vip) start(ctx context.Context) int {
	if text, ok := v.check(); !ok {
		v.Log.Log("ERROR: " + text)
		return v.fail(notConfigured, "[findif] failed")
	}
	if v.findif() != nil {
		return v.fail(generic, "[findif] failed")
	}
	if v.served() {
		return success
	}
	if err := v.makeStateDir(); err != nil {
		v.logf("WARNING: %v", err)
	}
	if err := v.liftLoopback(); err != nil {
		v.logf("ERROR: %v", err)
	}
	if v.Probe {
		v.askFirst(ctx)
	}
	if err := v.add(v.address()); err != nil {
		v.logf("ERROR: %v", err)
		return v.fail(generic, "Failed to add %s", v.ip)
	}
	v.announce()
	return success
}

func (v *vip) address() netif.Address {
	return netif.Address{
		Interface: v.found.Interface,
		Prefix:    v.found.Prefix(v.addr),
		Broadcast: v.found.BroadcastAddr(v.addr),
		Label:     v.label,
	}
}

// served says whether exactly the address and netmask are on the interface.
func (v *vip) served() bool {
	all, err := v.Net.Addresses(v.found.Interface)
	if err != nil {
		fmt.Fprintln(v.Stderr, err)
		return false
	}
	for _, a := range all {
		if a.Prefix == v.found.Prefix(v.addr) && a.Prefix.IsValid() {
			return true
		}
	}
	for _, a := range all {
		if a.Prefix.Addr() == v.addr {
			v.logf("WARNING: %s is on %s with another netmask: %s", v.ip, v.found.Interface, a.Prefix)
		}
	}
	return false
}

// add adds an address to its interface and brings that up, in the original's words.
func (v *vip) add(a netif.Address) error {
	text := fmt.Sprintf("INFO: Adding inet address %s", a.Prefix)
	if v.found.Broadcast != "" {
		text += " with broadcast address " + v.found.Broadcast
	}
	text += " to device " + a.Interface
	if a.Label != "" {
		text += fmt.Sprintf(" (with label %s)", a.Label)
	}
	v.Log.Log(text)
	if err := v.Net.Add(a); err != nil {
		return err
	}
	v.logf("INFO: Bringing device %s up", a.Interface)
	return v.Net.Up(a.Interface)
}

// askFirst asks the LAN whether somebody has the address. The original does not, and two owners
// go unnoticed (failover spec 19, 3); for its sake the address is added all the same.
func (v *vip) askFirst(ctx context.Context) {
	l, err := v.Net.Link(v.found.Interface)
	if err != nil || l.Loopback || !l.Up {
		return
	}
	mac, err := garp.Probe(ctx, l.Net(), v.addr, probeTime)
	if mac != nil {
		v.logf("ERROR: IPv4 address collision %s [DAD]: %s answers for it on %s; adding it nevertheless", v.ip, mac, l.Name)
	} else if err != nil {
		v.logf("WARNING: cannot ask who has %s: %v", v.ip, err)
	}
}

// announce starts the announcing. On the loopback interface there is nobody to tell.
func (v *vip) announce() {
	nic := v.found.Interface
	if strings.HasPrefix(nic, "lo") {
		return
	}
	by := v.arp.sendArp(v.pidFile(v.addr), nic, v.ip, "not_used", "not_used")
	v.logf("INFO: %s/%s  %s", v.BinDir, by.program, strings.Join(by.words, " "))
	if err := announce(v.Job, nic, v.addr, v.arp, by); err != nil {
		v.logf("ERROR: Could not send gratuitous arps: rc=1 (%v)", err)
	}
}

func (v *vip) stop() int {
	if v.addr.Is4() {
		v.silence()
	}
	if v.findif() != nil {
		v.Log.Log("WARNING: [findif] failed")
		return success
	}
	if !v.served() {
		v.Log.Log("INFO: IP status = no, IP_CIP=")
		return success
	}
	v.Log.Log("INFO: IP status = ok, IP_CIP=")
	a := v.address()
	warnSecondaries(v.Job, a)
	if err := v.Net.Delete(a); err != nil {
		v.logf("ERROR: %v", err)
		return v.fail(generic, "Unable to remove IP [%s from interface [ %s ]", v.ip, a.Interface)
	}
	if err := v.restoreLoopback(); err != nil {
		v.logf("ERROR: %v", err)
		return generic
	}
	return success
}

// silence stops whoever announces the address: us, or a process that an agent left.
func (v *vip) silence() {
	interrupted := v.speaker.silence(v.addr)
	was, killed := v.killSender(v.addr)
	switch {
	case interrupted || killed:
		v.logf("INFO: killed previously running send_arp for %s", v.ip)
	case was:
		v.logf("WARNING: Could not kill previously running send_arp for %s", v.ip)
	}
}

func (v *vip) monitor() int {
	if v.findif() != nil {
		v.Log.Log("INFO: [findif] failed")
		return notRunning
	}
	if v.served() {
		v.adopt()
		return success
	}
	return notRunning
}

// adopt goes on announcing an address that was found held: a former life of the daemon, or an
// agent of another kind, has started it.
func (v *vip) adopt() {
	if v.speaker.speaking(v.addr) || strings.HasPrefix(v.found.Interface, "lo") {
		return
	}
	if err := announce(v.Job, v.found.Interface, v.addr, v.arp, sender{}); err != nil {
		v.logf("WARNING: %v", err)
	}
}

// warnSecondaries tells before the kernel takes other addresses away with this one: it does so
// to a primary's secondaries unless promote_secondaries is set (agents spec 2.8).
func warnSecondaries(j *Job, gone netif.Address) {
	all, err := j.Net.Addresses(gone.Interface)
	if err != nil || promotes(gone.Interface) {
		return
	}
	var lost []string
	for _, a := range all {
		if a.Prefix == gone.Prefix && a.Secondary {
			return
		}
		if a.Secondary && a.Prefix.Masked() == gone.Prefix.Masked() {
			lost = append(lost, a.Prefix.String())
		}
	}
	if len(lost) > 0 {
		j.logf("WARNING: promote_secondaries is 0: with %s the kernel removes %s from %s",
			gone.Prefix.Addr(), strings.Join(lost, " "), gone.Interface)
	}
}

func promotes(nic string) bool {
	for _, name := range []string{"all", nic} {
		text, _ := os.ReadFile("/proc/sys/net/ipv4/conf/" + name + "/promote_secondaries")
		if strings.TrimSpace(string(text)) == "1" {
			return true
		}
	}
	return false
}
