package medium

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/halog/halogtest"
)

// inside marks the test process that has a network namespace of its own.
const inside = "SYSTOLE_TEST_NETNS"

// TestMain runs the tests again in a new network namespace: all threads of the process must be
// in it, because a medium opens its sockets again on any of them. It is node A of the tests.
func TestMain(m *testing.M) {
	if os.Geteuid() != 0 || os.Getenv(inside) != "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "tests in a network namespace:", err)
		os.Exit(1)
	}
}

// patience is how long an awaited event may take.
const patience = 20 * time.Second

// net is two nodes joined by a cable: A is this process with eth0 10.77.0.1/24, B is another
// namespace with eth0 10.77.0.2/24.
type wire struct {
	t *testing.T
	b int // namespace
}

func newWire(t *testing.T) *wire {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
	w := &wire{t: t, b: newNamespace(t)}
	lo, err := netlink.LinkByName("lo")
	w.must(err)
	w.must(netlink.LinkSetUp(lo))
	w.plug("10.77.0.1/24", "10.77.0.2/24")
	t.Cleanup(func() {
		if link, err := netlink.LinkByName("eth0"); err == nil {
			w.must(netlink.LinkDel(link))
		}
		unix.Close(w.b)
	})
	return w
}

func (w *wire) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// newNamespace makes a network namespace on a thread that ends with it.
func newNamespace(t *testing.T) int {
	fd := make(chan int)
	go func() {
		defer close(fd)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Error(err)
			return
		}
		n, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		fd <- n
	}()
	n, ok := <-fd
	if !ok {
		t.FailNow()
	}
	return n
}

// onB runs f on a thread in B.
func (w *wire) onB(f func() error) {
	w.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Setns(w.b, unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	w.must(<-done)
}

// plug makes the cable and gives both ends an address.
func (w *wire) plug(a, b string) {
	w.t.Helper()
	w.cable("eth0", a, b)
}

// cable makes a cable whose ends have one name on both nodes. They get the IPv6 addresses
// fd77::1 and fd77::2 too.
func (w *wire) cable(name, a, b string) {
	w.t.Helper()
	w.must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: "peer"}))
	peer, err := netlink.LinkByName("peer")
	w.must(err)
	w.must(netlink.LinkSetNsFd(peer, w.b))
	w.onB(func() error {
		link, err := netlink.LinkByName("peer")
		if err == nil {
			err = netlink.LinkSetName(link, name)
		}
		if err == nil {
			err = addresses(name, b, "fd77::2/64")
		}
		return err
	})
	w.must(addresses(name, a, "fd77::1/64"))
}

func addresses(name, four, six string) error {
	if err := addressOn(name, four); err != nil {
		return err
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	addr, err := netlink.ParseAddr(six)
	if err != nil {
		return err
	}
	addr.Flags = unix.IFA_F_NODAD
	return netlink.AddrAdd(link, addr)
}

// unplug deletes the cable; an address of A alone is left.
func (w *wire) unplug() {
	w.t.Helper()
	link, err := netlink.LinkByName("eth0")
	w.must(err)
	w.must(netlink.LinkDel(link))
}

// address replaces the IPv4 addresses of eth0 in the namespace of the calling thread.
func address(cidr string) error { return addressOn("eth0", cidr) }

func addressOn(name, cidr string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	old, err := netlink.AddrList(link, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	for i := range old {
		if err := netlink.AddrDel(link, &old[i]); err != nil {
			return err
		}
	}
	addr, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, addr); err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

// end is an open medium with what it delivered and logged.
type end struct {
	Medium
	t    *testing.T
	got  chan Datagram
	logs halogtest.Lines
}

func newEnd(t *testing.T) *end { return &end{t: t, got: make(chan Datagram, 1000)} }

func (e *end) log(level halog.Level, text string) { e.logs.Add(string(level) + " " + text) }

func (e *end) open(ctx context.Context, cfg hacf.Medium, link int) (err error) {
	e.Medium, err = Open(ctx, cfg, link, func(d Datagram) { e.got <- d }, e.log)
	if err == nil {
		e.t.Cleanup(func() { e.Close() })
	}
	return err
}

func (w *wire) openA(cfg hacf.Medium) *end {
	w.t.Helper()
	e := newEnd(w.t)
	w.must(e.open(w.t.Context(), cfg, 5))
	return e
}

func (w *wire) openB(cfg hacf.Medium) *end {
	w.t.Helper()
	e := newEnd(w.t)
	w.onB(func() error { return e.open(w.t.Context(), cfg, 6) })
	return e
}

// await returns the next datagram.
func (e *end) await() Datagram {
	e.t.Helper()
	select {
	case d := <-e.got:
		return d
	case <-time.After(patience):
		e.t.Fatalf("nothing received; log:\n%s", e.logs.Text())
	}
	return Datagram{}
}

// reaches sends until the other end receives.
func (e *end) reaches(other *end, text string) Datagram {
	e.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); ; {
		e.Send([]byte(text)) // may fail until the medium is back
		select {
		case d := <-other.got:
			if string(d.Data) == text {
				return d
			}
		case <-tick.C:
		case <-deadline:
			e.t.Fatalf("%q never arrived; log:\n%s\nlog of the other end:\n%s", text,
				e.logs.Text(), other.logs.Text())
			return Datagram{}
		}
	}
}
