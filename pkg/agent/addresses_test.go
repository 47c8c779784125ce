package agent

import (
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// dual is installed with an IPv6 network too; the neighbour, another machine, has fd00::99.
func dual(t *testing.T) (*Runner, *recorder) {
	t.Helper()
	r, log := installed(t)
	withIPv6(t, nil)
	write(t, "/proc/sys/net/ipv6/conf/eth0/dad_transmits", "1\n", 0)
	neighbourHas(t, "peer0", "fd00::99/64")
	return r, log
}

// neighbourHas takes an interface to a network namespace of its own, until the test ends, and
// gives it an address there.
func neighbourHas(t *testing.T, nic, prefix string) {
	t.Helper()
	link, err := netlink.LinkByName(nic)
	if err != nil {
		t.Fatal(err)
	}
	spaces, moved, ready, over := make(chan *os.File), make(chan bool), make(chan error), make(chan bool)
	go func() {
		runtime.LockOSThread() // never unlocked: the namespace ends with the thread
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
		}
		ns, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			t.Error(err)
		}
		spaces <- ns
		<-moved
		ready <- settle(nic, prefix)
		<-over
	}()
	ns := <-spaces
	defer ns.Close()
	t.Cleanup(func() { close(over) })
	err = netlink.LinkSetNsFd(link, int(ns.Fd()))
	moved <- err == nil
	if second := <-ready; err != nil || second != nil {
		t.Fatal(err, second)
	}
}

// settle gives an interface of the calling thread's namespace an address that works at once.
func settle(nic, prefix string) error {
	link, err := netlink.LinkByName(nic)
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return err
	}
	a, err := netlink.ParseAddr(prefix)
	if err != nil {
		return err
	}
	a.Flags = unix.IFA_F_NODAD
	return netlink.AddrAdd(link, a)
}

func on(t *testing.T, r *Runner, nic, prefix string) bool {
	t.Helper()
	all, err := r.Net.Addresses(nic)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if a.Prefix.String() == prefix && !a.Tentative && !a.Duplicate {
			return true
		}
	}
	return false
}

// A start returns when the kernel has asked the LAN, with an address that can be used.
func TestIPv6(t *testing.T) {
	for _, name := range []string{"IPv6addr", "IPaddr2"} {
		r, log := dual(t)
		if res := run(t, r, "start", name, "fd00::70/64/eth0"); res.Code != 0 || !on(t, r, "eth0", "fd00::70/64") {
			t.Fatalf("%s start: %+v %q", name, res, log.Take())
		}
		if res := run(t, r, "status", name, "fd00::70/64/eth0"); !Held(res.Output) {
			t.Errorf("%s status: %+v", name, res)
		}
		if res := run(t, r, "start", name, "fd00::70/64/eth0"); res.Code != 0 {
			t.Errorf("%s start again: %+v", name, res)
		}
		for range 2 {
			if res := run(t, r, "stop", name, "fd00::70/64/eth0"); res.Code != 0 || on(t, r, "eth0", "fd00::70/64") {
				t.Errorf("%s stop: %+v", name, res)
			}
		}
		if res := run(t, r, "status", name, "fd00::70/64/eth0"); Held(res.Output) {
			t.Errorf("%s status: %+v", name, res)
		}
	}
}

// An address that a neighbour has: the start fails and leaves nothing. The original's IPv6addr
// succeeds.
func TestIPv6Duplicate(t *testing.T) {
	for name, says := range map[string]string{
		"IPv6addr": "another machine has the address", "IPaddr2": "ERROR: run_send_ua failed.",
	} {
		r, log := dual(t)
		res := run(t, r, "start", name, "fd00::99/64/eth0")
		text := strings.Join(log.Take(), "\n")
		if res.Code != 1 || !strings.Contains(text, "ERROR: IPv6 address collision fd00::99 [DAD]") || !strings.Contains(text, says) {
			t.Errorf("%s: %+v\n%s", name, res, text)
		}
		v := &vip6{Job: &Job{Host: &Host{Net: r.Net}}, addr: mustAddr("fd00::99")}
		if left := v.holding("eth0"); len(left) != 0 {
			t.Errorf("%s left %+v", name, left)
		}
		if res := run(t, r, "stop", name, "fd00::99/64/eth0"); res.Code != 0 {
			t.Errorf("%s stop: %+v", name, res)
		}
	}
}

// What IPaddr2 says of an IPv6 address, in the words of its OCF agent.
func TestIPaddr2IPv6Words(t *testing.T) {
	r, log := dual(t)
	cases := []struct {
		op, arg string
		code    int
		says    string
	}{
		{"start", "fd00::76/64/eth0", 0, "INFO: Adding inet6 address fd00::76/64 to device eth0 (with preferred_lft forever)"},
		{"stop", "fd00::76", 0, "INFO: IP status = ok, IP_CIP="},
		{"stop", "fd00::76", 0, "INFO: IP status = no, IP_CIP="},
		{"start", "fd00::76", 0, "INFO: " + BinDir + "/send_ua -i 200 -c 5 -p " + r.StateDir + "/IPv6addr-fd00::76 fd00::76 64 eth0"},
		{"start", "fd01::76", 1, "ERROR: Unable to find nic or netmask."},
		{"status", "fd01::76", 7, "INFO: [findif] failed"},
		{"stop", "fd01::76", 0, "WARNING: [findif] failed"},
		{"start", "fd00::77/129/eth0", 6, "ERROR: Invalid netmask specification [129]."},
		{"start", "fd00::77/64/nosuch", 6, "ERROR: Invalid interface name [nosuch]: Device \"nosuch\" does not exist."},
		{"start", "fe80::7", 6, "mandatory for a link local address"},
		{"start", "fd02::70/64/eth1", 0, "INFO: Adding inet6 address fd02::70/64 to device eth1"},
	}
	for _, c := range cases {
		res := run(t, r, c.op, "IPaddr2", c.arg)
		if text := strings.Join(log.Take(), "\n"); res.Code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%s %s: %d\n%s\nwant %d %q", c.arg, c.op, res.Code, text, c.code, c.says)
		}
	}
}

// By hand: a background process sends the advertisements, and a stop ends it.
func TestIPv6EntryPoint(t *testing.T) {
	rsctmp, command := commands(t)
	withIPv6(t, nil)
	pidFile := filepath.Join(rsctmp, "IPv6addr-fd00::70")
	slow := []string{"OCF_RESKEY_arp_interval=100000000"}
	if out, code := command(slow, "IPaddr2", "fd00::70", "start"); code != 0 || out != "INFO:  Success" {
		t.Fatalf("start: %q %d", out, code)
	}
	pid, ok := readPid(pidFile)
	if !ok {
		t.Fatal("no pid file")
	}
	await(t, "send_ua to run", func() bool { return signalSender(pid, 0) })
	if out, code := command(nil, "IPv6addr", "fd00::70", "stop"); code != 0 || out != "INFO:  Success" {
		t.Errorf("stop: %q %d", out, code)
	}
	await(t, "send_ua to end", func() bool { return !signalSender(pid, 0) })
	if _, err := os.Stat(pidFile); err == nil {
		t.Error("pid file left")
	}
}

func TestSendUA(t *testing.T) {
	rsctmp, command := commands(t)
	withIPv6(t, nil)
	pidFile := filepath.Join(rsctmp, "p")
	if out, code := command(nil, sendUAName, "-i", "1", "-c", "2", "-p", pidFile, "fd00::77", "64", "eth0"); code != 0 {
		t.Errorf("%q %d", out, code)
	}
	if _, err := os.Stat(pidFile); err == nil {
		t.Error("pid file left")
	}
	if out, code := command(nil, sendUAName, "-h"); code != 0 || !strings.HasPrefix(out, "usage: send_ua ") {
		t.Errorf("%q %d", out, code)
	}
	for _, args := range [][]string{
		{}, {"fd00::77", "64"}, {"1.2.3.4", "64", "eth0"}, {"fd00::77", "x", "eth0"}, {"fd00::77", "64", "nosuch"}, {"-i", "x", "fd00::77", "64", "eth0"},
	} {
		if _, code := command(nil, sendUAName, args...); code != 1 {
			t.Errorf("%q: %d", args, code)
		}
	}
}

// A second stop, and one after another agent has taken the routes, succeed.
func TestIPsrcaddrStops(t *testing.T) {
	r, log := installed(t)
	withVIP(t, nil)
	netnstest.Address(t, "eth0", "121.254.175.71/32", "", "")
	source := func() string {
		t.Helper()
		tables, err := r.Net.Tables()
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, route := range tables.Main {
			if route.Interface == "eth0" {
				all = append(all, route.Source.String())
			}
		}
		return strings.Join(all, " ")
	}
	steps := []struct{ arg, op, source, says string }{
		{theVIP, "start", theVIP + " " + theVIP, ""},
		{"121.254.175.71", "stop", theVIP + " " + theVIP, "INFO: The address you specified to stop does not match"},
		{"121.254.175.71", "start", "121.254.175.71 121.254.175.71", ""},
		{theVIP, "stop", "121.254.175.71 121.254.175.71", "INFO: The address you specified to stop does not match"},
		{"121.254.175.71", "stop", "121.254.175.77 121.254.175.77", ""},
		{"121.254.175.71", "stop", "121.254.175.77 121.254.175.77", "INFO: The address you specified to stop does not match"},
		{"bogus", "stop", "121.254.175.77 121.254.175.77", "ERROR: Invalid IP address [bogus]"},
	}
	for _, s := range steps {
		res := run(t, r, s.op, "IPsrcaddr", s.arg)
		text := strings.Join(log.Take(), "\n")
		if got := source(); res.Code != 0 || got != s.source || !strings.Contains(text, s.says) {
			t.Errorf("%s %s: %d, sources %s, want %s\n%s", s.arg, s.op, res.Code, got, s.source, text)
		}
	}
}

// Routes keep everything else that they have.
func TestIPsrcaddrKeepsMetric(t *testing.T) {
	r, _ := installed(t)
	withVIP(t, nil)
	before, err := r.Net.Tables()
	if err != nil {
		t.Fatal(err)
	}
	run(t, r, "start", "IPsrcaddr", theVIP)
	after, err := r.Net.Tables()
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Main) != len(after.Main) {
		t.Fatalf("%+v\n%+v", before.Main, after.Main)
	}
	for i, b := range before.Main {
		a := after.Main[i]
		a.Source, b.Source = netif.Route{}.Source, netif.Route{}.Source
		if a != b {
			t.Errorf("%+v became %+v", b, a)
		}
	}
}

// Sending that fails does not fail the start (agents spec 5).
func TestSendArpCannotSend(t *testing.T) {
	r, log := installed(t)
	for _, arg := range []string{theVIP, "bogus/eth0", theVIP + "/lo"} {
		res := run(t, r, "start", "SendArp", arg)
		if text := strings.Join(log.Take(), "\n"); res.Code != 0 || !strings.Contains(text, "ERROR: Could not send gratuitous arps") {
			t.Errorf("%s: %+v\n%s", arg, res, text)
		}
		if res := run(t, r, "status", "SendArp", arg); !Held(res.Output) {
			t.Errorf("%s status: %+v", arg, res)
		}
		if res := run(t, r, "stop", "SendArp", arg); res.Code != 0 {
			t.Errorf("%s stop: %+v", arg, res)
		}
		if res := run(t, r, "status", "SendArp", arg); Held(res.Output) || len(res.Output) != 0 {
			t.Errorf("%s status: %+v", arg, res)
		}
	}
}

func mustAddr(text string) netip.Addr { return netip.MustParseAddr(text) }
