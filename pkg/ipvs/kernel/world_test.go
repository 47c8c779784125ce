package kernel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/ipvs"
)

// world is a network namespace of the test's own, with an empty virtual server table.
type world struct {
	*testing.T
	path string
	work chan func() // runs in the namespace
}

// newWorld makes the namespace, or skips a test that cannot have one with ip_vs in it.
func newWorld(t *testing.T) *world {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := exec.LookPath("ipvsadm"); err != nil {
		t.Skip("needs ipvsadm to compare with")
	}
	w := &world{T: t, work: make(chan func())}
	ready, ended := make(chan error), make(chan struct{})
	go w.live(ready, ended)
	if err := <-ready; err != nil {
		t.Skipf("needs a network namespace of its own: %v", err)
	}
	t.Cleanup(func() { close(w.work); <-ended })
	h, err := Open(t.Context(), Options{NetNS: w.path})
	if errors.Is(err, ErrNoIPVS) {
		t.Skipf("needs a kernel with ip_vs: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.Close()
	w.address() // where nothing has an address the kernel takes no address for unicast
	return w
}

// live is the namespace's thread. It ends with the goroutine, because that never unlocks it.
func (w *world) live(ready chan<- error, ended chan<- struct{}) {
	defer close(ended)
	runtime.LockOSThread()
	err := unix.Unshare(unix.CLONE_NEWNET)
	w.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
	ready <- err
	for f := range w.work {
		f()
	}
}

// do runs f in the namespace.
func (w *world) do(f func()) {
	done := make(chan struct{})
	w.work <- func() { defer close(done); f() }
	<-done
}

func (w *world) open() *Handle {
	w.Helper()
	h, err := Open(w.Context(), Options{NetNS: w.path})
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { h.Close() })
	return h
}

// ipvsadm runs the real program in the namespace.
func (w *world) ipvsadm(stdin string, args ...string) string {
	w.Helper()
	var out bytes.Buffer
	var err error
	w.do(func() {
		cmd := exec.Command("ipvsadm", args...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &out
		err = cmd.Run()
	})
	if err != nil {
		w.Fatalf("ipvsadm %v: %v: %s", args, err, &out)
	}
	return out.String()
}

// address puts addresses on the namespace's loopback interface, which is up then.
func (w *world) address(prefixes ...string) {
	w.Helper()
	var err error
	w.do(func() { err = setLoopback(prefixes) })
	if err != nil {
		w.Fatal(err)
	}
}

func setLoopback(prefixes []string) error {
	lo, err := netlink.LinkByName("lo")
	if err == nil {
		err = netlink.LinkSetUp(lo)
	}
	for _, p := range prefixes {
		addr, bad := netlink.ParseAddr(p)
		if err = errors.Join(err, bad); err == nil {
			err = netlink.AddrAdd(lo, addr)
		}
	}
	return err
}

func (w *world) read(h *Handle) ipvs.Table {
	w.Helper()
	table, err := h.Read(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return table
}

func (w *world) apply(h *Handle, changes []ipvs.Change) {
	w.Helper()
	if err := errors.Join(h.Apply(w.Context(), changes)...); err != nil {
		w.Fatal(err)
	}
}

func (w *world) same(want, got ipvs.Table) {
	w.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateComparable(netip.AddrPort{}), cmpopts.EquateEmpty()); diff != "" {
		w.Errorf("table (-want +got):\n%s", diff)
	}
}

func tcp(addr string) ipvs.ServiceID {
	return ipvs.AddrService(ipvs.TCP, netip.MustParseAddrPort(addr))
}
func udp(addr string) ipvs.ServiceID {
	return ipvs.AddrService(ipvs.UDP, netip.MustParseAddrPort(addr))
}

func dest(addr string, f ipvs.Forward, weight int) ipvs.Dest {
	return ipvs.Dest{Addr: netip.MustParseAddrPort(addr), Forward: f, Weight: weight}
}

// kitchenSink has one of everything that ldirectord.cf can ask for.
func kitchenSink() ipvs.Table {
	limited := dest("10.0.0.13:80", ipvs.Route, 65535)
	limited.Upper, limited.Lower = 1000, 900
	return ipvs.Table{
		{Service: ipvs.Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc", Persistent: time.Hour, Netmask: 24},
			Dests: []ipvs.Dest{dest("10.0.0.11:80", ipvs.Route, 1), dest("10.0.0.12:8080", ipvs.Tunnel, 0), limited,
				dest("10.0.0.14:8080", ipvs.Masq, 7), dest("127.0.0.1:80", ipvs.Route, 1)}},
		{Service: ipvs.Service{ServiceID: tcp("10.0.0.1:0"), Scheduler: "rr", Persistent: 6 * time.Minute},
			Dests: []ipvs.Dest{dest("10.0.0.11:99", ipvs.Route, 1)}},
		{Service: ipvs.Service{ServiceID: tcp("10.0.0.1:443"), Scheduler: "wrr"}},
		{Service: ipvs.Service{ServiceID: udp("10.0.0.1:53"), Scheduler: "rr", OnePacket: true},
			Dests: []ipvs.Dest{dest("10.0.0.11:0", ipvs.Masq, 2)}},
		{Service: ipvs.Service{ServiceID: udp("10.0.0.2:53"), Scheduler: "lc", SchedFlags: []string{"flag-3", "flag-1"}}},
		{Service: ipvs.Service{ServiceID: ipvs.AddrService(ipvs.SCTP, netip.MustParseAddrPort("10.0.0.1:80")), Scheduler: "sh"}},
		{Service: ipvs.Service{ServiceID: tcp("[fd00::1]:80"), Scheduler: "wrr", Persistent: time.Minute, Netmask: 64},
			Dests: []ipvs.Dest{dest("[fd00::11]:8080", ipvs.Masq, 1), dest("[fd00::12]:8080", ipvs.Route, 3), dest("[fd00::13]:80", ipvs.Tunnel, 0)}},
		{Service: ipvs.Service{ServiceID: udp("[fd00::1]:53"), Scheduler: "rr"}},
		{Service: ipvs.Service{ServiceID: ipvs.MarkService(5, false), Scheduler: "sh", SchedFlags: []string{"sh-port", "sh-fallback"}},
			Dests: []ipvs.Dest{dest("10.0.0.11:81", ipvs.Route, 1), dest("10.0.0.12:0", ipvs.Tunnel, 1)}},
		{Service: ipvs.Service{ServiceID: ipvs.MarkService(5, true), Scheduler: "mh", SchedFlags: []string{"mh-port"}, Persistent: time.Minute},
			Dests: []ipvs.Dest{dest("[fd00::11]:80", ipvs.Route, 1)}},
		{Service: ipvs.Service{ServiceID: ipvs.MarkService(2147483647, false), Scheduler: "sed", OnePacket: true}},
	}
}

// within is a context for things that must happen soon.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}
