// Package netnstest makes network namespaces for tests: real interfaces, real netlink, and
// nothing of the machine's own network.
package netnstest

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// New puts the calling goroutine into a network namespace of its own, with lo up, until the
// test ends. It must be called in the goroutine of the (sub)test that uses it; processes and
// sockets that goroutine makes belong to the namespace. Without root the test is skipped.
func New(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	// Never unlocked: the thread ends with the goroutine, and the namespace with it.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("make network namespace: %v", err)
	}
	Up(t, "lo")
}

// Veth makes a pair of connected Ethernet interfaces, both up.
func Veth(t testing.TB, name, peer string) {
	t.Helper()
	pair := &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: peer}
	if err := netlink.LinkAdd(pair); err != nil {
		t.Fatalf("add veth %s: %v", name, err)
	}
	Up(t, name)
	Up(t, peer)
	awaitCarrier(t, name)
	awaitCarrier(t, peer)
}

// awaitCarrier waits until frames get through: the kernel drops them until it has noticed,
// some time after the link was set up, that the cable is plugged in.
func awaitCarrier(t testing.TB, name string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if link(t, name).Attrs().OperState == netlink.OperUp {
			return
		}
	}
	t.Fatalf("%s has no carrier", name)
}

// Up brings an interface up.
func Up(t testing.TB, name string) {
	t.Helper()
	if err := netlink.LinkSetUp(link(t, name)); err != nil {
		t.Fatalf("bring %s up: %v", name, err)
	}
}

// Down takes an interface down.
func Down(t testing.TB, name string) {
	t.Helper()
	if err := netlink.LinkSetDown(link(t, name)); err != nil {
		t.Fatalf("take %s down: %v", name, err)
	}
}

// Address gives an interface an address; broadcast and label may be empty.
func Address(t testing.TB, name, prefix, broadcast, label string) {
	t.Helper()
	a, err := netlink.ParseAddr(prefix)
	if err != nil {
		t.Fatal(err)
	}
	a.Broadcast = netip.IPv4Unspecified().AsSlice()
	if broadcast != "" {
		a.Broadcast = netip.MustParseAddr(broadcast).AsSlice()
	}
	a.Label = label
	if err := netlink.AddrAdd(link(t, name), a); err != nil {
		t.Fatalf("add %s to %s: %v", prefix, name, err)
	}
}

// Remove takes an address from an interface.
func Remove(t testing.TB, name, prefix string) {
	t.Helper()
	a, err := netlink.ParseAddr(prefix)
	if err == nil {
		err = netlink.AddrDel(link(t, name), a)
	}
	if err != nil {
		t.Fatalf("delete %s from %s: %v", prefix, name, err)
	}
}

// Default makes the default route by way of a gateway.
func Default(t testing.TB, name, gateway string) {
	t.Helper()
	r := &netlink.Route{LinkIndex: link(t, name).Attrs().Index, Gw: netip.MustParseAddr(gateway).AsSlice()}
	if err := netlink.RouteAdd(r); err != nil {
		t.Fatalf("add default route: %v", err)
	}
}

// NoDefault removes the default route.
func NoDefault(t testing.TB) {
	t.Helper()
	_, all, err := net.ParseCIDR("0.0.0.0/0")
	if err == nil {
		err = netlink.RouteDel(&netlink.Route{Dst: all})
	}
	if err != nil {
		t.Fatalf("delete default route: %v", err)
	}
}

// Connected adds a directly connected route as "ip route add NET dev NAME" does.
func Connected(t testing.TB, name, network string) {
	t.Helper()
	dst, err := netlink.ParseIPNet(network)
	if err != nil {
		t.Fatal(err)
	}
	r := &netlink.Route{LinkIndex: link(t, name).Attrs().Index, Dst: dst, Scope: netlink.SCOPE_LINK}
	if err := netlink.RouteAdd(r); err != nil {
		t.Fatalf("add route %s: %v", network, err)
	}
}

// TwoNetworks makes the host on which the results of the agents spec (2.3 and 3) were taken:
// eth0 121.254.175.77/28 with the default route, eth1 10.1.1.5/24; peer0 and peer1 are the
// other ends of their cables.
func TwoNetworks(t testing.TB) {
	t.Helper()
	New(t)
	Veth(t, "eth0", "peer0")
	Veth(t, "eth1", "peer1")
	Address(t, "eth0", "121.254.175.77/28", "121.254.175.79", "")
	Address(t, "eth1", "10.1.1.5/24", "10.1.1.255", "")
	Default(t, "eth0", "121.254.175.65")
}

func link(t testing.TB, name string) netlink.Link {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatalf("interface %s: %v", name, err)
	}
	return l
}
