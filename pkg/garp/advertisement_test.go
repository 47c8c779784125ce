package garp

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mdlayher/ethernet"
	"golang.org/x/net/bpf"

	"systole/pkg/netif/netnstest"
)

// The frames of the original, but for the flow label, which its kernel draws by lot.
func TestAdvertisement(t *testing.T) {
	text, err := os.ReadFile("testdata/send_ua.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		w := strings.Fields(line)
		got, err := Advertisement(mac(t, w[0]), mac(t, w[0]), netip.MustParseAddr(w[1]))
		if err != nil {
			t.Fatal(err)
		}
		want, err := hex.DecodeString(w[2])
		if err != nil {
			t.Fatal(err)
		}
		copy(want[ethernetHeader:], []byte{0x60, 0, 0, 0})
		if string(got) != string(want) {
			t.Errorf("%s:\ngot  %x\nwant %x", w[1], got, want)
		}
	}
	if _, err := Advertisement(nil, nil, netip.MustParseAddr("fd00::70")); !errors.Is(err, ErrNotEthernet) {
		t.Errorf("without a MAC: %v", err)
	}
}

// Five advertisements at first, then one a repeat, and silence after the stop.
func TestAnnounceIPv6(t *testing.T) {
	netnstest.New(t)
	netnstest.Veth(t, "eth0", "peer0")
	vip6 := netip.MustParseAddr("fd00::70")
	eth0 := ifi(t, "eth0")
	neighbour := hears(t, ifi(t, "peer0"))
	want, err := Advertisement(eth0.HardwareAddr, eth0.HardwareAddr, vip6)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Announce(Announcement{Interface: eth0, IP: vip6, Interval: time.Millisecond, Repeat: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		if got := hear(t, neighbour); string(got) != string(want) {
			t.Fatalf("frame %d: %x, want %x", i, got, want)
		}
	}
	if a.Stop() {
		t.Error("the first frames were not out")
	}
}

// hears opens a socket that hears neighbour advertisements only.
func hears(t *testing.T, peer *net.Interface) *socket {
	t.Helper()
	s, err := openSocket(peer, ethernet.EtherTypeIPv6, ethernet.Broadcast,
		bpf.LoadAbsolute{Off: ethernetHeader + 40, Size: 1}, // ICMPv6 type
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: 136, SkipFalse: 1},
		bpf.RetConstant{Val: 256},
		bpf.RetConstant{Val: 0},
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return s
}
