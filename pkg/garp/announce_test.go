package garp

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"systole/pkg/netif/netnstest"

	"golang.org/x/sys/unix"
)

const patience = 10 * time.Second

// lan makes eth0 and, at the other end of its cable, a neighbour that hears what claims vip.
func lan(t *testing.T) (eth0, peer0 *net.Interface, neighbour *socket) {
	t.Helper()
	netnstest.New(t)
	netnstest.Veth(t, "eth0", "peer0")
	eth0, peer0 = ifi(t, "eth0"), ifi(t, "peer0")
	neighbour, err := openClaims(peer0, vip())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { neighbour.Close() })
	if err := neighbour.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return eth0, peer0, neighbour
}

func ifi(t *testing.T, name string) *net.Interface {
	t.Helper()
	i, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func vip() netip.Addr { return netip.MustParseAddr("121.254.175.70") }

func hear(t *testing.T, s *socket) []byte {
	t.Helper()
	b := make([]byte, 256)
	n, _, err := s.ReadFrom(b)
	if err != nil {
		t.Fatalf("no frame: %v", err)
	}
	return b[:n]
}

func pairOf(t *testing.T, i *net.Interface) [2][]byte {
	t.Helper()
	request, err := Request(i.HardwareAddr, i.HardwareAddr, vip())
	if err != nil {
		t.Fatal(err)
	}
	reply, err := Reply(i.HardwareAddr, i.HardwareAddr, vip())
	if err != nil {
		t.Fatal(err)
	}
	return [2][]byte{request, reply}
}

// Ten frames in turn, then pairs for as long as the address is held, then silence.
func TestAnnounce(t *testing.T) {
	eth0, _, neighbour := lan(t)
	want := pairOf(t, eth0)
	var asked atomic.Int32
	a, err := Announce(Announcement{
		Interface: eth0, IP: vip(), Interval: 2 * time.Millisecond, Repeat: time.Millisecond,
		Held: func() bool { return asked.Add(1) <= 3 },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Stop()
	for i := range 10 + 3*2 {
		if got := hear(t, neighbour); !bytes.Equal(got, want[i%2]) {
			t.Fatalf("frame %d: got %x, want %x", i, got, want[i%2])
		}
	}
	<-a.done
	if !a.Lost() {
		t.Error("the address is not lost")
	}
	if n := asked.Load(); n != 4 {
		t.Errorf("asked %d times, want 4", n)
	}
	if a.Stop() {
		t.Error("Stop says the first frames were not out")
	}
}

// The first request and reply are on the cable when Announce returns; Stop comes between.
func TestStopInterrupts(t *testing.T) {
	eth0, _, neighbour := lan(t)
	a, err := Announce(Announcement{Interface: eth0, IP: vip(), Interval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	want := pairOf(t, eth0)
	for i := range want {
		if got := hear(t, neighbour); !bytes.Equal(got, want[i]) {
			t.Errorf("frame %d: %x", i, got)
		}
	}
	if !a.Stop() || a.Lost() {
		t.Error("Stop says all frames were out, or the address lost")
	}
}

func TestSend(t *testing.T) {
	eth0, _, neighbour := lan(t)
	other := mac(t, "01:b2:c3:d4:e5:f6")
	err := Send(context.Background(), Announcement{Interface: eth0, IP: vip(), MAC: other, Interval: time.Millisecond, Count: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, make := range []func(from, mac net.HardwareAddr, ip netip.Addr) ([]byte, error){Request, Reply} {
		want, err := make(eth0.HardwareAddr, other, vip())
		if got := hear(t, neighbour); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x %v", got, want, err)
		}
	}
}

func TestSendEndsWithContext(t *testing.T) {
	eth0, _, neighbour := lan(t)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		neighbour.ReadFrom(make([]byte, 256))
		cancel()
	}()
	err := Send(ctx, Announcement{Interface: eth0, IP: vip(), Interval: time.Hour})
	if err != nil || ctx.Err() == nil {
		t.Errorf("%v, context %v", err, ctx.Err())
	}
}

// A link that is down is told once, and the frames flow when it is back.
func TestLinkDown(t *testing.T) {
	eth0, _, neighbour := lan(t)
	netnstest.Down(t, "eth0")
	told := make(chan error, 10)
	a, err := Announce(Announcement{
		Interface: eth0, IP: vip(), Interval: 2 * time.Millisecond, Count: 1, Repeat: time.Millisecond,
		Failed: func(err error) { told <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-told; !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("told %v", err)
	}
	netnstest.Up(t, "eth0")
	hear(t, neighbour)
	a.Stop()
	if len(told) != 0 {
		t.Errorf("told again: %v", <-told)
	}
}

func TestAnnounceRefusesLoopback(t *testing.T) {
	netnstest.New(t)
	if _, err := Announce(Announcement{Interface: ifi(t, "lo"), IP: vip()}); !errors.Is(err, ErrNotEthernet) {
		t.Errorf("lo: %v", err)
	}
}

// A neighbour that answers the probe is named; nobody is nobody, not even ourselves.
func TestProbe(t *testing.T) {
	eth0, peer0, _ := lan(t)
	got, err := Probe(context.Background(), eth0, vip(), 30*time.Millisecond)
	if got != nil || err != nil {
		t.Errorf("alone: %v %v", got, err)
	}
	netnstest.Address(t, "peer0", "121.254.175.70/32", "", "")
	got, err = Probe(context.Background(), eth0, vip(), patience)
	if err != nil || !bytes.Equal(got, peer0.HardwareAddr) {
		t.Errorf("with a neighbour: %v %v, want %v", got, err, peer0.HardwareAddr)
	}
}

func TestProbeEnds(t *testing.T) {
	eth0, _, _ := lan(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := Probe(ctx, eth0, vip(), 30*time.Millisecond); got != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v %v", got, err)
	}
	netnstest.Down(t, "eth0")
	if _, err := Probe(context.Background(), eth0, vip(), time.Second); !errors.Is(err, unix.ENETDOWN) {
		t.Errorf("link down: %v", err)
	}
}

// Another machine's claim is told, our own announcements are not.
func TestWatch(t *testing.T) {
	eth0, peer0, _ := lan(t)
	told := make(chan net.HardwareAddr, 16)
	w, err := Watch(eth0, vip(), func(m net.HardwareAddr) { told <- m })
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []*net.Interface{eth0, peer0} {
		if err := Send(context.Background(), Announcement{Interface: from, IP: vip(), Interval: time.Millisecond, Count: 1}); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case m := <-told:
		if !bytes.Equal(m, peer0.HardwareAddr) {
			t.Errorf("told %v, want %v", m, peer0.HardwareAddr)
		}
	case <-time.After(patience):
		t.Fatal("not told")
	}
	w.Close()
}

// Again speaks at once, between the others; after Stop it is silent.
func TestAgain(t *testing.T) {
	eth0, _, neighbour := lan(t)
	a, err := Announce(Announcement{Interface: eth0, IP: vip(), Interval: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	a.Again()
	want := pairOf(t, eth0)
	for i := range 4 {
		if got := hear(t, neighbour); !bytes.Equal(got, want[i%2]) {
			t.Errorf("frame %d: %x", i, got)
		}
	}
	a.Stop()
	a.Again()
	if err := neighbour.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := neighbour.ReadFrom(make([]byte, 256)); err == nil {
		t.Errorf("%d bytes after Stop", n)
	}
}
