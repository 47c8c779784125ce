package agent

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"systole/pkg/garp"
	"systole/pkg/netif/netnstest"
)

// silence is how long nothing is heard where frames came every few milliseconds.
const silence = 100 * time.Millisecond

// marker is an address that nobody has: its announcement says that all before has been heard.
const marker = "121.254.175.78"

// afterMarker sends the marker, and returns the claims of the VIP that come after it.
func (n neighbour) afterMarker() (claims int) {
	n.t.Helper()
	eth0, err := net.InterfaceByName("eth0")
	if err != nil {
		n.t.Fatal(err)
	}
	a := garp.Announcement{Interface: eth0, IP: netip.MustParseAddr(marker), Interval: time.Millisecond, Count: 1}
	if err := garp.Send(context.Background(), a); err != nil {
		n.t.Fatal(err)
	}
	marked := false
	b := make([]byte, 128)
	for {
		k, _, err := n.conn.ReadFrom(b)
		if err != nil && marked {
			return claims
		}
		if err != nil {
			n.t.Fatalf("no marker: %v", err)
		}
		switch c, _ := garp.ParseClaim(b[:k]); {
		case c.IP.String() == marker && !marked:
			marked = true
			if err := n.conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
				n.t.Fatal(err)
			}
		case c.IP.String() == theVIP && marked:
			claims++
		}
	}
}

// A giveup ends the announcing before it returns, in the first frames and in the repeats.
func TestGiveupIsSilent(t *testing.T) {
	for name, heardBefore := range map[string]int{"first frames": 2, "repeats": 14} {
		t.Run(name, func(t *testing.T) {
			r, log := installed(t)
			r.Announce.Repeat = time.Millisecond
			r.Env = append(r.Env, "OCF_RESKEY_arp_interval=40")
			heard := listen(t, "peer0")
			run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
			heard.frames(heardBefore)
			run(t, r, "stop", "IPaddr2", theVIP+"/32/eth0")
			if n := heard.afterMarker(); n != 0 {
				t.Errorf("%d frames after the giveup\n%s", n, strings.Join(log.Take(), "\n"))
			}
		})
	}
}

// An address that somebody takes away is announced no more, although nobody stopped the resource;
// when it is back, a status goes on with it.
func TestOwnershipIsChecked(t *testing.T) {
	r, _ := installed(t)
	r.Announce.Repeat = time.Millisecond
	heard := listen(t, "peer0")
	run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
	heard.frames(14)
	netnstest.Remove(t, "eth0", theVIP+"/32")
	ip := netip.MustParseAddr(theVIP)
	await(t, "the announcer to find the address gone", func() bool { return !r.speakers.speaking(ip) })
	if n := heard.afterMarker(); n != 0 {
		t.Errorf("%d frames for an address that is not held", n)
	}
	netnstest.Address(t, "eth0", theVIP+"/32", "", "")
	if err := heard.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	run(t, r, "status", "IPaddr2", theVIP+"/32/eth0")
	heard.frames(4)
}

// A daemon repeats slowly: the first frames are ten, and no eleventh comes soon.
func TestRepeatsAreSlow(t *testing.T) {
	r, _ := installed(t)
	r.Announce.Repeat = garp.DefaultRepeat
	r.Env = append(r.Env, "OCF_RESKEY_arp_interval=2")
	heard := listen(t, "peer0")
	run(t, r, "start", "IPaddr2", theVIP+"/32/eth0")
	heard.frames(10)
	if n := heard.afterMarker(); n != 0 {
		t.Errorf("%d frames more", n)
	}
}

// A start that asks first puts three questions that no cache learns from, and claims only then.
func TestProbeFrames(t *testing.T) {
	r, _ := installed(t)
	heard := listen(t, "peer0")
	call := Call{Name: "IPaddr2", Args: []string{theVIP + "/32/eth0"}, Op: "start", Probe: true}
	if res, err := r.Run(context.Background(), call); err != nil || res.Code != success {
		t.Fatalf("%+v %v", res, err)
	}
	b := make([]byte, 128)
	for i := range 4 {
		k, _, err := heard.conn.ReadFrom(b)
		if err != nil || k < garp.FrameLen {
			t.Fatalf("frame %d: %d bytes %v", i, k, err)
		}
		sender, target := netip.AddrFrom4([4]byte(b[28:32])), netip.AddrFrom4([4]byte(b[38:42]))
		if target.String() != theVIP || sender.IsUnspecified() != (i < 3) {
			t.Errorf("frame %d: %s asks for %s", i, sender, target)
		}
	}
}
