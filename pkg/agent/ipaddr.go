package agent

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"strings"

	"systole/pkg/netif"
)

// The rhythm of IPaddr (agents spec 3): ten pairs in 5 s.
const (
	ipaddrInterval = 500
	ipaddrCount    = 10
)

// defaultNic is what IPaddr takes since 4.4 when no interface is given; it refuses an address
// of another one. Before, it took and named the calculated interface, and so do we for others.
const defaultNic = "eth0"

// ifconfigFailed is what ifconfig returns when the kernel refuses.
const ifconfigFailed = 255

// alias is one IPaddr resource: an address with a label of its own, as ifconfig makes it.
type alias struct {
	*Job
	word
	addr  netip.Addr
	arp   rhythm
	found netif.Found
}

// ipaddr is the agent IPaddr as its R1 wrapper runs it (agents spec 3). Unlike the original it
// needs no net-tools, takes the calculated interface when none is given (as it did before 4.4),
// and sees addresses without label too.
func ipaddr(_ context.Context, j *Job, op string) int {
	w := parseWord(j.Args[0])
	w.nic, _, _ = strings.Cut(w.nic, ":") // a label given is not used
	a := &alias{Job: j, word: w}
	a.addr, _ = netip.ParseAddr(w.ip)
	switch op {
	case "start":
		return a.start()
	case "stop":
		return a.stop()
	}
	return a.monitor()
}

func (a *alias) start() int {
	if code := a.parameters(); code != success {
		return code
	}
	if code := a.calculate(); code != success {
		return code
	}
	if a.monitor() == success {
		return success
	}
	if err := a.makeStateDir(); err != nil {
		a.logf("WARNING: %v", err)
	}
	label, err := a.takeLabel(a.found.Interface)
	if err != nil {
		a.logf("ERROR: %v", err)
		return generic
	}
	if !a.ifconfig(label) {
		a.freeLabel(label)
		return ifconfigFailed
	}
	a.announce(label)
	return success
}

// parameters are what the original refuses before anything else, at a start only.
func (a *alias) parameters() int {
	a.arp = rhythm{interval: ipaddrInterval, count: ipaddrCount}
	if name, text := a.arp.set(a.Env, namesOfIPaddr()); name != "" {
		a.logf("ERROR: Invalid parameter value: %s [%s]", strings.TrimPrefix(name, "OCF_RESKEY_"), text)
		return badArgs
	}
	if a.ip == "" {
		a.Log.Log("ERROR: Required parameter OCF_RESKEY_ip is missing")
		return notConfigured
	}
	if ok, _ := path.Match("[0-9]*.[0-9]*.[0-9]*.*[0-9]", a.ip); !ok {
		a.logf("ERROR: Parameter OCF_RESKEY_ip [%s] not an IP address", a.ip)
		return notConfigured
	}
	return success
}

// calculate completes the parameters by findif and says what it took from there.
func (a *alias) calculate() int {
	if err := a.findif(); err != nil {
		code := findifFailed(err, a.Stderr, a.BinDir+"/findif")
		a.logf("ERROR: %s/findif failed [rc=%d].", a.BinDir, code)
		return generic
	}
	if a.byLoopback() {
		a.logf("ERROR: Invalid parameter value: nic [%s] Calculated nic: [%s]", defaultNic, a.found.Interface)
		return badArgs
	}
	if a.nic == "" && a.found.Interface != defaultNic {
		a.logf("INFO: Using calculated nic for %s: %s", a.ip, a.found.Interface)
	}
	if mask := netif.FormatMask(a.found.Bits); a.mask != mask {
		a.logf("INFO: Using calculated netmask for %s: %s", a.ip, mask)
	}
	return success
}

func (a *alias) findif() error {
	t, err := a.Net.Tables()
	if err != nil {
		return err
	}
	a.found, err = t.Findif(netif.Words{IP: a.ip, Netmask: a.mask, Interface: a.nic, Broadcast: a.broadcast}, exists(a.Net))
	return err
}

// ifconfig adds the address under its label and brings the interface up.
func (a *alias) ifconfig(label string) bool {
	words := fmt.Sprintf("eval ifconfig %s %s netmask %s broadcast %s",
		label, a.ip, netif.FormatMask(a.found.Bits), a.found.Broadcast)
	a.Log.Log("INFO: " + words)
	broadcast, _ := netip.ParseAddr(a.found.Broadcast)
	err := a.Net.Add(netif.Address{
		Interface: a.found.Interface, Prefix: a.found.Prefix(a.addr), Broadcast: broadcast, Label: label,
	})
	if err == nil {
		err = a.Net.Up(a.found.Interface)
	}
	if err != nil {
		fmt.Fprintln(a.Stderr, err)
		fmt.Fprintf(a.Stdout, "ERROR: %s failed (rc=%d)\n", words, ifconfigFailed)
		a.logf("ERROR: Could not add %s to %s: rc=%d", a.ip, a.found.Interface, ifconfigFailed)
	}
	return err == nil
}

func (a *alias) announce(label string) {
	nic := a.found.Interface
	if strings.HasPrefix(nic, "lo") {
		return
	}
	debugf(a.Log, "DEBUG: Sending Gratuitous Arp for %s on %s [%s]", a.ip, label, nic)
	by := a.arp.sendArp(a.pidFile(a.addr), nic, a.ip, a.ip, "ffffffffffff")
	if err := announce(a.Job, nic, a.addr, a.arp, by); err != nil {
		a.logf("ERROR: Could not send gratuitous arps: rc=1 (%v)", err)
	}
}

// status returns the code of a status and, if the address is where it should be, the address;
// if it is elsewhere, the interface.
// An address on another interface only, such as the loopback of a real server, is an error to
// the original, and so to heartbeat not held.
func (a *alias) status() (int, netif.Address) {
	want := a.wanted()
	all, err := a.Net.Addresses("")
	if err != nil {
		a.logf("ERROR: %v", err)
		return generic, netif.Address{}
	}
	elsewhere := ""
	for _, at := range all {
		if at.Prefix.Addr() != a.addr {
			continue
		}
		if at.Interface == want || want == "" && !at.Prefix.Addr().IsLoopback() && at.Interface != "lo" {
			return success, at
		}
		elsewhere = at.Interface
	}
	if elsewhere == "" {
		return notRunning, netif.Address{}
	}
	return generic, netif.Address{Interface: elsewhere}
}

func (a *alias) monitor() int {
	code, at := a.status()
	if code == generic && at.Interface != "" {
		a.logf("ERROR: %s is running an interface (%s) instead of the configured one (%s)", a.ip, at.Interface, a.wanted())
	}
	return code
}

// wanted returns the interface the address belongs on, "" if that cannot be known.
func (a *alias) wanted() string {
	if a.nic != "" {
		return a.nic
	}
	if a.found.Interface == "" {
		_ = a.findif()
	}
	if a.byLoopback() {
		return defaultNic
	}
	return a.found.Interface
}

// byLoopback says that only a real server's host route leads to the address: held on the
// loopback device it is not served. The original refuses every interface but its default here.
func (a *alias) byLoopback() bool {
	return a.nic == "" && strings.HasPrefix(a.found.Interface, "lo") && !a.addr.IsLoopback()
}

func (a *alias) stop() int {
	if !a.addr.Is4() {
		return success
	}
	a.speaker.silence(a.addr)
	a.killSender(a.addr)
	code, at := a.status()
	if code != success {
		return success
	}
	a.deleteHostRoute(at.Interface)
	a.logf("INFO: ifconfig %s down", at.Label)
	warnSecondaries(a.Job, at)
	if err := a.Net.Delete(at); err != nil {
		fmt.Fprintln(a.Stderr, err)
		a.logf("WARNING: IP Address %s NOT released: rc=%d", a.ip, ifconfigFailed)
		return generic
	}
	a.freeLabel(at.Label)
	return success
}

// deleteHostRoute does what "route del -host" does for scripts that add such a route.
func (a *alias) deleteHostRoute(nic string) {
	t, err := a.Net.Tables()
	if err != nil {
		return
	}
	for _, r := range routesBy(t.HostRoutes(a.addr), nic) {
		if err := a.Net.DeleteRoute(r); err != nil {
			fmt.Fprintln(a.Stderr, err)
		}
	}
}
