package agent

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	resourced "systole/resource.d"

	"systole/pkg/garp"
	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"

	"github.com/mdlayher/packet"
)

const theVIP = "121.254.175.70"

// installed returns a Runner as on an installed system, in a namespace with two networks.
func installed(t *testing.T) (*Runner, *recorder) {
	t.Helper()
	netnstest.TwoNetworks(t)
	h, err := netif.Open()
	if err != nil {
		t.Fatal(err)
	}
	log, dir := &recorder{}, t.TempDir()
	r := New(h, log.logs)
	r.Dirs, r.StateDir, r.Announce.Repeat = []string{dir}, filepath.Join(dir, "rsctmp"), 0
	t.Cleanup(func() { r.Close(); h.Close() })
	for _, n := range Natives() {
		text, err := fs.ReadFile(resourced.Files, n.Name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, n.Name), string(text), 0o755)
	}
	return r, log
}

// neighbour hears the ARP frames at the other end of a cable.
type neighbour struct {
	t    *testing.T
	conn *packet.Conn
}

func listen(t *testing.T, name string) neighbour {
	t.Helper()
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := packet.Listen(ifi, packet.Raw, 0x0806, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return neighbour{t, conn}
}

// next returns the next claim of the VIP as "request" or "reply".
func (n neighbour) next() string {
	n.t.Helper()
	b := make([]byte, 128)
	for {
		k, _, err := n.conn.ReadFrom(b)
		if err != nil {
			n.t.Fatalf("no frame: %v", err)
		}
		if c, ok := garp.ParseClaim(b[:k]); ok && c.IP.String() == theVIP {
			return map[byte]string{1: "request", 2: "reply"}[b[21]]
		}
	}
}

func (n neighbour) frames(count int) []string {
	n.t.Helper()
	var all []string
	for range count {
		all = append(all, n.next())
	}
	return all
}

// Start and stop through the Runner: in-process, held in between, ten frames, the right words.
func TestIPaddr2InProcess(t *testing.T) {
	r, log := installed(t)
	heard := listen(t, "peer0")
	res := run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
	if res.Code != 0 || !res.Native || string(res.Output) != "INFO:  Success\n" {
		t.Fatalf("start: %+v", res)
	}
	if got := heard.frames(10); !slices.Equal(got, strings.Fields(strings.Repeat("request reply ", 5))) {
		t.Errorf("frames %v", got)
	}
	if res := run(t, r, "status", "IPaddr2", theVIP+"/32/eth0"); !Held(res.Output) || !res.Native {
		t.Errorf("status: %+v", res)
	}
	log.Take()
	if res := run(t, r, "stop", "IPaddr2", theVIP+"/32/eth0"); res.Code != 0 {
		t.Errorf("stop: %+v", res)
	}
	if res := run(t, r, "status", "IPaddr2", theVIP+"/32/eth0"); Held(res.Output) {
		t.Errorf("status after stop: %+v", res)
	}
	want := []string{
		"IPaddr2(IPaddr2_121.254.175.70): INFO: IP status = ok, IP_CIP=",
		"/usr/lib/ocf/resource.d//heartbeat/IPaddr2(IPaddr2_121.254.175.70): INFO:  Success",
		"/usr/lib/ocf/resource.d//heartbeat/IPaddr2(IPaddr2_121.254.175.70): INFO:  Resource is stopped",
	}
	if got := log.Take(); !slices.Equal(got, want) {
		t.Errorf("log %q\nwant %q", got, want)
	}
}

// The announcing goes on slowly while the address is held, ends when somebody else takes the
// address away, and with Close.
func TestAnnouncingGoesOn(t *testing.T) {
	r, _ := installed(t)
	heard := listen(t, "peer0")
	r.Announce.Repeat = time.Millisecond
	run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
	heard.frames(16)
	netnstest.Remove(t, "eth0", theVIP+"/32")
	if r.speakers.silence(netip.MustParseAddr(theVIP)) {
		t.Error("the first frames were not out")
	}
	run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
	heard.frames(2)
	r.Close()
	if len(r.speakers.voices) != 0 {
		t.Error("still announcing after Close")
	}
}

// Two owners: a start that asks first names the other one, and goes on.
func TestProbe(t *testing.T) {
	r, log := installed(t)
	netnstest.Address(t, "peer0", theVIP+"/32", "", "")
	peer, err := net.InterfaceByName("peer0")
	if err != nil {
		t.Fatal(err)
	}
	res, err := r.Run(context.Background(), Call{Name: "IPaddr2", Args: []string{theVIP + "/32/eth0"}, Op: "start", Probe: true})
	if err != nil || res.Code != 0 {
		t.Fatalf("%+v %v", res, err)
	}
	want := fmt.Sprintf("ERROR: IPv4 address collision %s [DAD]: %s answers for it on eth0", theVIP, peer.HardwareAddr)
	if all := strings.Join(log.Take(), "\n"); !strings.Contains(all, want) || !strings.Contains(all, "INFO: Adding inet address "+theVIP) {
		t.Errorf("log:\n%s\nwant %q", all, want)
	}
}

// Another machine that claims a held address is told.
func TestClaimed(t *testing.T) {
	r, _ := installed(t)
	claims := make(chan Claim, 16)
	r.Announce.Claimed = func(c Claim) { claims <- c }
	run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
	peer, err := net.InterfaceByName("peer0")
	if err != nil {
		t.Fatal(err)
	}
	a := garp.Announcement{Interface: peer, IP: netip.MustParseAddr(theVIP), Count: 1, Interval: time.Millisecond}
	if err := garp.Send(context.Background(), a); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if len(claims) != 0 {
			t.Error("told of both frames")
		}
	}()
	select {
	case c := <-claims:
		if c.MAC.String() != peer.HardwareAddr.String() || c.Interface != "eth0" || c.IP.String() != theVIP {
			t.Errorf("%+v", c)
		}
	case <-time.After(patience):
		t.Fatal("not told")
	}
	run(t, r, "stop", "IPaddr2", theVIP+"/32/eth0")
}

// The kernel would take the host's own address away with the VIP: that is said before.
func TestSecondariesLost(t *testing.T) {
	r, log := installed(t)
	for _, name := range []string{"all", "eth1"} {
		write(t, "/proc/sys/net/ipv4/conf/"+name+"/promote_secondaries", "0\n", 0)
	}
	netnstest.Remove(t, "eth1", "10.1.1.5/24")
	netnstest.Address(t, "eth1", "10.1.1.70/24", "10.1.1.255", "")
	netnstest.Address(t, "eth1", "10.1.1.5/24", "10.1.1.255", "")
	run(t, r, "stop", "IPaddr2", "10.1.1.70/24/eth1")
	want := "WARNING: promote_secondaries is 0: with 10.1.1.70 the kernel removes 10.1.1.5/24 from eth1"
	if all := strings.Join(log.Take(), "\n"); !strings.Contains(all, want) {
		t.Errorf("log:\n%s\nwant %q", all, want)
	}
}

// IPaddr without an interface takes the one that fits, not eth0 as since 4.4.
func TestIPaddrCalculatesInterface(t *testing.T) {
	r, log := installed(t)
	if res := run(t, r, "start", "IPaddr", "10.1.1.70"); res.Code != 0 {
		t.Errorf("%+v", res)
	}
	if all := strings.Join(log.Take(), "\n"); !strings.Contains(all, "INFO: Using calculated nic for 10.1.1.70: eth1") {
		t.Errorf("log:\n%s", all)
	}
	all, err := r.Net.Addresses("eth1")
	if err != nil || len(all) < 2 || all[1].Label != "eth1:0" {
		t.Errorf("%+v %v", all, err)
	}
	if res := run(t, r, "stop", "IPaddr", "10.1.1.70"); res.Code != 0 {
		t.Errorf("%+v", res)
	}
	if left, _ := filepath.Glob(r.StateDir + "/IPaddr-eth1:*"); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

// IPaddr: the number of a label that another agent has reserved is not taken.
func TestIPaddrLabels(t *testing.T) {
	r, _ := installed(t)
	if err := os.MkdirAll(r.StateDir, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, r.StateDir+"/IPaddr-eth0:1", "", 0o644)
	netnstest.Address(t, "eth0", "121.254.175.71/28", "", "eth0:0")
	run(t, r, "start", "IPaddr", theVIP)
	all, err := r.Net.Addresses("eth0")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(all, func(a netif.Address) bool { return a.Label == "eth0:2" }) {
		t.Errorf("%+v", all)
	}
}

// What an agent cannot do ends with its code and words; nothing is half done.
func TestFailures(t *testing.T) {
	r, log := installed(t)
	netnstest.Address(t, "peer1", "10.9.9.9/32", "", "")
	cases := []struct {
		op, name, arg string
		code          int
		says          string
	}{
		{"start", "IPaddr", "10.1.1.70/24/eth1/bogus", 1, "findif failed [rc=6]."},
		{"start", "IPaddr", "", 6, "ERROR: Required parameter OCF_RESKEY_ip is missing"},
		{"start", "IPaddr2", "", 6, "ERROR: IP address (the ip parameter) is mandatory"},
		{"status", "IPaddr2", "10.7.7.7", 7, "INFO: [findif] failed"},
		{"start", "IPaddr2", "0/0/0/0", 6, "ERROR: IP address [0] not valid."},
		{"start", "IPaddr2", strings.Repeat("9", 5000), 6, "not valid."},
	}
	before := state(t, &Host{Net: r.Net})
	for _, c := range cases {
		res := run(t, r, c.op, c.name, c.arg)
		if all := strings.Join(log.Take(), "\n"); res.Code != c.code || !strings.Contains(all, c.says) {
			t.Errorf("%s %.60s %s: %d\n%.300s", c.name, c.arg, c.op, res.Code, all)
		}
	}
	if d := diff(before, state(t, &Host{Net: r.Net})); len(d) != 0 {
		t.Errorf("changed %v", d)
	}
}

// Cancelling a start that asks first does not stop it half way.
func TestProbeCancelled(t *testing.T) {
	r, log := installed(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	res, err := r.Run(ctx, Call{Name: "IPaddr2", Args: []string{theVIP + "/32/eth0"}, Op: "start", Probe: true})
	if err != nil || res.Code != 0 {
		t.Errorf("%+v %v", res, err)
	}
	if all := strings.Join(log.Take(), "\n"); !strings.Contains(all, "WARNING: cannot ask who has "+theVIP) {
		t.Errorf("log:\n%s", all)
	}
}

// Repeats and stops do not race.
func TestStartStopQuickly(t *testing.T) {
	r, _ := installed(t)
	r.Announce.Repeat = time.Microsecond
	var calls atomic.Int32
	for range 10 {
		run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
		run(t, r, "stop", "IPaddr2", theVIP+"/32/eth0")
		calls.Add(1)
	}
	if len(r.speakers.voices) != 0 {
		t.Errorf("%d still announced", len(r.speakers.voices))
	}
}
