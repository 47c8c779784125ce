package drpath

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/netif/netnstest"
)

var (
	virtual  = netip.MustParseAddrPort("10.1.0.70:80")
	virtual6 = netip.MustParseAddrPort("[fd00::70]:80")
)

// host is another network namespace: what is done in it runs on its thread.
type host struct {
	t    *testing.T
	work chan func()
	tid  int
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{t: t, work: make(chan func())}
	ready := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the namespace ends with the thread
		h.tid = unix.Gettid()
		ready <- unix.Unshare(unix.CLONE_NEWNET)
		for do := range h.work {
			do()
		}
	}()
	if err := <-ready; err != nil {
		t.Fatalf("make network namespace: %v", err)
	}
	t.Cleanup(func() { close(h.work) })
	return h
}

// in does something in the namespace.
func (h *host) in(do func() error) {
	h.t.Helper()
	done := make(chan error)
	h.work <- func() { done <- do() }
	if err := <-done; err != nil {
		h.t.Fatal(err)
	}
}

// plug gives the host one end of a cable, with addresses, and returns its MAC address.
func (h *host) plug(name string, addresses ...string) (mac net.HardwareAddr) {
	h.t.Helper()
	end, err := netlink.LinkByName(name)
	if err == nil {
		err = netlink.LinkSetNsPid(end, h.tid)
	}
	if err != nil {
		h.t.Fatalf("move %s: %v", name, err)
	}
	h.in(func() error {
		for _, up := range []string{"lo", name} {
			l, err := netlink.LinkByName(up)
			if err == nil {
				err = netlink.LinkSetUp(l)
			}
			if err != nil {
				return err
			}
			mac = l.Attrs().HardwareAddr
		}
		return nil
	})
	for _, a := range addresses {
		h.address(name, a)
	}
	return mac
}

// address adds an address without looking for duplicates of it.
func (h *host) address(name, prefix string) { h.in(func() error { return addAddress(name, prefix) }) }

func addAddress(name, prefix string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	a, err := netlink.ParseAddr(prefix)
	if err != nil {
		return err
	}
	a.Flags = unix.IFA_F_NODAD
	return netlink.AddrAdd(l, a)
}

// serve has the host listen at an address until the test ends.
func (h *host) serve(at string) {
	h.in(func() error {
		l, err := net.Listen("tcp", at)
		if err == nil {
			h.t.Cleanup(func() { l.Close() })
		}
		return err
	})
}

func (h *host) sysctl(name, value string) {
	h.in(func() error { return os.WriteFile("/proc/sys/"+name, []byte(value), 0o644) })
}

// lan is a director, the namespace of the test, and a real server on a cable.
func lan(t *testing.T) *host {
	t.Helper()
	netnstest.New(t)
	real := newHost(t)
	real.sysctl("net/ipv6/conf/default/accept_dad", "0") // nobody else has these addresses, and it takes seconds
	if err := os.WriteFile("/proc/sys/net/ipv6/conf/default/accept_dad", []byte("0"), 0o644); err != nil {
		t.Fatal(err)
	}
	netnstest.Veth(t, "eth0", "real0")
	real.plug("real0", "10.1.0.11/24", "fd00::11/64")
	for _, a := range []string{"10.1.0.1/24", "fd00::1/64"} {
		if err := addAddress("eth0", a); err != nil {
			t.Fatal(err)
		}
	}
	awaitUp(t, "eth0")
	return real
}

// awaitMAC waits until the kernel knows where a server is: only then is silence the server's.
func awaitMAC(t *testing.T, real string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	w, err := wayTo(netip.MustParseAddr(real))
	if err != nil {
		t.Fatal(err)
	}
	if mac, err := w.mac(ctx); mac == nil || err != nil {
		t.Fatalf("MAC address of %s: %v, %v", real, mac, err)
	}
}

// awaitUp waits until the cable is plugged in at both ends.
func awaitUp(t *testing.T, name string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if l, err := netlink.LinkByName(name); err == nil && l.Attrs().OperState == netlink.OperUp {
			return
		}
	}
	t.Fatalf("%s has no carrier", name)
}

// ask asks for at most so long; answers come in less than a millisecond.
func ask(t *testing.T, q Question, limit time.Duration) (Answer, error) {
	t.Helper()
	var p Prober
	defer p.Close()
	p.Avoid(map[netip.Addr]bool{q.Virtual.Addr(): true})
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return p.Ask(ctx, q)
}

const (
	patient = 20 * time.Second        // where an answer comes
	brief   = 1500 * time.Millisecond // where none does: long enough for a second SYN
)

func expect(t *testing.T, q Question, limit time.Duration, want Answer) {
	t.Helper()
	if got, err := ask(t, q, limit); got != want || err != nil {
		t.Errorf("%s for %s: %d (%s), %v; want %d", q.Real, q.Virtual, got, got.Words(q), err, want)
	}
}

func TestAddressPresent(t *testing.T) {
	real := lan(t)
	real.address("lo", "10.1.0.70/32")
	real.serve("10.1.0.70:80")
	real.address("lo", "fd00::70/128")
	real.serve("[fd00::70]:80")
	q := Question{virtual, netip.MustParseAddr("10.1.0.11")}
	q6 := Question{virtual6, netip.MustParseAddr("fd00::11")}
	expect(t, q, patient, Accepted)
	expect(t, q6, patient, Accepted)
}

// On the director that has the address the kernel drops the answer as martian.
func TestAddressHereToo(t *testing.T) {
	real := lan(t)
	real.address("lo", "10.1.0.70/32")
	real.serve("10.1.0.70:80")
	real.address("lo", "fd00::70/128")
	real.serve("[fd00::70]:80")
	for _, a := range []string{"10.1.0.70/24", "fd00::70/64"} {
		if err := addAddress("eth0", a); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.11")}, patient, Accepted)
	expect(t, Question{virtual6, netip.MustParseAddr("fd00::11")}, patient, Accepted)
}

func TestPortClosed(t *testing.T) {
	real := lan(t)
	real.address("lo", "10.1.0.70/32")
	real.address("lo", "fd00::70/128")
	real.serve("10.1.0.11:80") // a check of the server's own address is content
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.11")}, patient, Refused)
	expect(t, Question{virtual6, netip.MustParseAddr("fd00::11")}, patient, Refused)
}

func TestAddressMissing(t *testing.T) {
	real := lan(t)
	real.serve(":80")
	awaitMAC(t, "10.1.0.11")
	awaitMAC(t, "fd00::11")
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.11")}, brief, Silent)
	expect(t, Question{virtual6, netip.MustParseAddr("fd00::11")}, brief, Silent)
}

// A server that lacks the address and routes sends the SYN back to the director that has it, which
// must not be taken for an answer.
func TestAddressMissingRouter(t *testing.T) {
	real := lan(t)
	real.sysctl("net/ipv4/ip_forward", "1")
	if err := addAddress("eth0", "10.1.0.70/24"); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "10.1.0.70:80")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	awaitMAC(t, "10.1.0.11")
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.11")}, brief, Silent)
}

func TestWrongMAC(t *testing.T) {
	real := lan(t)
	real.address("lo", "10.1.0.70/32")
	real.serve("10.1.0.70:80")
	eth, err := netlink.LinkByName("eth0")
	if err != nil {
		t.Fatal(err)
	}
	wrong := &netlink.Neigh{LinkIndex: eth.Attrs().Index, IP: net.IPv4(10, 1, 0, 11), State: netlink.NUD_PERMANENT,
		HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}}
	if err := netlink.NeighSet(wrong); err != nil {
		t.Fatal(err)
	}
	q := Question{virtual, netip.MustParseAddr("10.1.0.11")}
	expect(t, q, brief, Silent)
	if err := netlink.NeighDel(wrong); err != nil {
		t.Fatal(err)
	}
	expect(t, q, patient, Accepted)
}

func TestNobodyThere(t *testing.T) {
	lan(t)
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.12")}, brief, Unreached)
	expect(t, Question{virtual6, netip.MustParseAddr("fd00::12")}, brief, Unreached)
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.1")}, brief, Local)
}

// What is not the server's fault is an error.
func TestCannotAsk(t *testing.T) {
	lan(t)
	if err := addAddress("eth0", "10.2.0.70/24"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ virtual, real, want string }{
		{"10.1.0.70:80", "10.9.0.11", "no route to 10.9.0.11"},
		{"10.2.0.70:80", "10.2.0.11", "eth0 has no address towards 10.2.0.11 that is not a virtual one"},
	} {
		q := Question{netip.MustParseAddrPort(c.virtual), netip.MustParseAddr(c.real)}
		if a, err := ask(t, q, brief); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %d, %v; want %q", q, a, err, c.want)
		}
	}
}

func TestNotEthernet(t *testing.T) {
	netnstest.New(t)
	if err := netlink.LinkAdd(&netlink.Tuntap{LinkAttrs: netlink.LinkAttrs{Name: "tun9"}, Mode: netlink.TUNTAP_MODE_TUN}); err != nil {
		t.Skipf("this machine has no tun interfaces (%v), so none can be refused", err)
	}
	netnstest.Up(t, "tun9")
	if err := addAddress("tun9", "10.3.0.1/24"); err != nil {
		t.Fatal(err)
	}
	q := Question{netip.MustParseAddrPort("10.1.0.70:80"), netip.MustParseAddr("10.3.0.11")}
	if a, err := ask(t, q, brief); err == nil || !strings.Contains(err.Error(), "not an Ethernet interface") {
		t.Errorf("%d, %v", a, err)
	}
}

// Many ask at once by one socket; each gets its own answer, and none waits after it was told not to.
func TestManyAsk(t *testing.T) {
	real := lan(t)
	real.address("lo", "10.1.0.70/32")
	real.serve("10.1.0.70:80")
	for range 100 {
		expectNothingLeft(t, netip.MustParseAddr("10.1.0.11"))
	}
}

// expectNothingLeft asks for three ports at a time, of which one is open.
func expectNothingLeft(t *testing.T, real netip.Addr) {
	t.Helper()
	var p Prober
	defer p.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	w, err := wayTo(real)
	if err != nil {
		t.Fatal(err)
	}
	mac, err := w.mac(ctx)
	if err != nil || mac == nil {
		t.Fatalf("MAC address: %v, %v", mac, err)
	}
	l, _, err := p.link(linkKey{w.index, false})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for port, want := range map[uint16]Answer{80: Accepted, 81: Refused, 82: Refused} {
		wg.Go(func() {
			if a, err := l.ask(ctx, netip.AddrPortFrom(virtual.Addr(), port), w.from, mac); a != want || err != nil {
				t.Errorf("port %d: %d, %v; want %d", port, a, err, want)
			}
		})
	}
	wg.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) > 0 {
		t.Errorf("%d still wait", len(l.waiting))
	}
}

// A cancelled question says so, and a closed prober can be asked again.
func TestCancel(t *testing.T) {
	real := lan(t)
	real.serve(":80")
	var p Prober
	q := Question{virtual, netip.MustParseAddr("10.1.0.11")}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if a, err := p.Ask(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", a, err)
	}
	p.Close()
	real.address("lo", "10.1.0.70/32")
	ctx, cancel = context.WithTimeout(context.Background(), patient)
	defer cancel()
	if a, err := p.Ask(ctx, q); a != Accepted || err != nil {
		t.Errorf("%d, %v", a, err)
	}
	p.Close()
}

// The server's connection is gone when the question is answered: an RST ended it. The kernel sends none
// where the virtual address is here, too.
func TestNothingStaysOpen(t *testing.T) {
	real := lan(t)
	if err := addAddress("eth0", "10.1.0.70/24"); err != nil {
		t.Fatal(err)
	}
	real.address("lo", "10.1.0.70/32")
	real.serve("10.1.0.70:80")
	expect(t, Question{virtual, netip.MustParseAddr("10.1.0.11")}, patient, Accepted)
	deadline := time.Now().Add(patient)
	for open := -1; open != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left", open)
		}
		real.in(func() (err error) {
			open, err = halfOpen()
			return err
		})
	}
}

// halfOpen counts the connections of this namespace in state SYN_RECV (03).
func halfOpen() (n int, err error) {
	text, err := os.ReadFile("/proc/thread-self/net/tcp")
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 3 && f[3] == "03" {
			n++
		}
	}
	return n, err
}

// The socket of an interface that goes away is given up, and its successor's opened.
func TestInterfaceGoes(t *testing.T) {
	real := lan(t)
	real.address("lo", "10.1.0.70/32")
	real.serve("10.1.0.70:80")
	var p Prober
	defer p.Close()
	q := Question{virtual, netip.MustParseAddr("10.1.0.11")}
	ctx, cancel := context.WithTimeout(context.Background(), patient)
	defer cancel()
	if a, err := p.Ask(ctx, q); a != Accepted || err != nil {
		t.Fatalf("%d, %v", a, err)
	}
	netnstest.Down(t, "eth0")
	netnstest.Up(t, "eth0")
	awaitUp(t, "eth0")
	for {
		a, err := p.Ask(ctx, q)
		if a == Accepted && err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("%d, %v", a, err)
		}
	}
}
