package medium

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/hacf"
	"systole/pkg/medium/socket"
)

const port = 694

func ucast(to string) hacf.Medium {
	return hacf.Medium{Kind: hacf.Ucast, Device: "eth0", Target: to, Port: port}
}

func bcast() hacf.Medium { return hacf.Medium{Kind: hacf.Bcast, Device: "eth0", Port: port} }

func TestUcast(t *testing.T) {
	w := newWire(t)
	start := time.Now()
	a, b := w.openA(ucast("10.77.0.2")), w.openB(ucast("10.77.0.1"))
	if a.Name() != "eth0" || a.Kind() != "ucast" {
		t.Errorf("%s %s", a.Kind(), a.Name())
	}
	w.must(a.Send([]byte("to b")))
	d := b.await()
	if string(d.Data) != "to b" || d.Link != 6 || d.From != netip.MustParseAddr("10.77.0.1") || d.At.Before(start) || d.At.After(time.Now()) {
		t.Errorf("b received %+v", d)
	}
	w.must(b.Send([]byte("to a")))
	if d := a.await(); string(d.Data) != "to a" || d.Link != 5 {
		t.Errorf("a received %+v", d)
	}
	want := []string{
		"info glib: ucast: write socket priority set to IPTOS_LOWDELAY on eth0",
		"info glib: ucast: bound send socket to device: eth0",
		"info glib: ucast: set SO_REUSEPORT(w)",
		"info glib: ucast: set SO_REUSEADDR",
		"info glib: ucast: bound receive socket to device: eth0",
		"info glib: ucast: set SO_REUSEPORT",
		"info glib: ucast: started on port 694 interface eth0 to 10.77.0.2",
	}
	if got := a.logs.All(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("log\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestBcast(t *testing.T) {
	w := newWire(t)
	a, b := w.openA(bcast()), w.openB(bcast())
	w.must(a.Send([]byte("to all")))
	if d := b.await(); string(d.Data) != "to all" || d.From != netip.MustParseAddr("10.77.0.1") {
		t.Errorf("b received %+v", d)
	}
	if d := a.await(); string(d.Data) != "to all" {
		t.Errorf("a received %+v", d)
	}
	want := []string{
		"info glib: UDP Broadcast heartbeat started on port 694 (694) interface eth0",
		"info glib: UDP Broadcast heartbeat closed on port 694 interface eth0 - Status: 1",
	}
	if got := a.logs.All(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("log\n%s", strings.Join(got, "\n"))
	}
}

// plainB is an ordinary UDP socket in B that reports the type of service.
func (w *wire) plainB() int {
	w.t.Helper()
	var fd int
	w.onB(func() (err error) {
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err == nil {
			err = unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVTOS, 1)
		}
		if err == nil {
			err = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(patience / time.Second)})
		}
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrInet4{Port: port})
		}
		return err
	})
	w.t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func TestTypeOfService(t *testing.T) {
	for _, c := range []struct {
		cfg  hacf.Medium
		want byte
	}{{ucast("10.77.0.2"), 0x10}, {bcast(), 0}} {
		t.Run(string(c.cfg.Kind), func(t *testing.T) {
			w := newWire(t)
			b, a := w.plainB(), w.openA(c.cfg)
			w.must(a.Send([]byte("x")))
			buf, control := make([]byte, 10), make([]byte, 100)
			n, cn, _, from, err := unix.Recvmsg(b, buf, control, 0)
			w.must(err)
			messages, err := unix.ParseSocketControlMessage(control[:cn])
			w.must(err)
			if n != 1 || len(messages) != 1 || messages[0].Data[0] != c.want {
				t.Errorf("%d bytes, control messages %+v, want a tos of %#x", n, messages, c.want)
			}
			if src := from.(*unix.SockaddrInet4); src.Port == port || src.Addr != [4]byte{10, 77, 0, 1} {
				t.Errorf("from %+v, want an ephemeral port", src)
			}
		})
	}
}

// A burst that waited in the queue arrives whole, each datagram in memory of its own.
func TestBurst(t *testing.T) {
	w := newWire(t)
	a, b := w.openA(ucast("10.77.0.2")), w.openB(ucast("10.77.0.1"))
	const count = 100
	for i := range count {
		w.must(a.Send(fmt.Appendf(nil, "datagram %d", i)))
	}
	var all []Datagram
	for range count {
		all = append(all, b.await())
	}
	for i, d := range all {
		if want := fmt.Sprintf("datagram %d", i); string(d.Data) != want {
			t.Fatalf("datagram %d: %q", i, d.Data)
		}
	}
}

// Two ucast media on one device share the port; together they get everything.
func TestUcastMediaShareAPort(t *testing.T) {
	w := newWire(t)
	one, two := w.openA(ucast("10.77.0.2")), w.openA(ucast("10.77.0.1"))
	var senders []*end
	for range 20 {
		senders = append(senders, w.openB(ucast("10.77.0.1")))
	}
	for i, s := range senders {
		w.must(s.Send([]byte{byte(i)}))
	}
	got := map[byte]int{}
	for range senders {
		select {
		case d := <-one.got:
			got[d.Data[0]]++
		case d := <-two.got:
			got[d.Data[0]]++
		case <-time.After(patience):
			t.Fatalf("received only %v", got)
		}
	}
	if len(got) != len(senders) {
		t.Errorf("received %v", got)
	}
}

// What a node sends to its own address comes back, over lo.
func TestUcastToOneself(t *testing.T) {
	w := newWire(t)
	a := w.openA(ucast("10.77.0.1"))
	w.must(a.Send([]byte("me")))
	if d := a.await(); string(d.Data) != "me" {
		t.Errorf("received %+v", d)
	}
}

func TestInterfaceMadeAgain(t *testing.T) {
	for _, cfgs := range [][2]hacf.Medium{{ucast("10.77.0.2"), ucast("10.77.0.1")}, {bcast(), bcast()},
		{mcast("eth0"), mcast("eth0")}, {ucast6("fd77::2"), ucast6("fd77::1")}, {mcast6("eth0"), mcast6("eth0")}} {
		t.Run(string(cfgs[0].Kind), func(t *testing.T) {
			w := newWire(t)
			a, first := w.openA(cfgs[0]), w.openB(cfgs[1])
			a.reaches(first, "before")
			first.Close()
			w.unplug()
			a.logs.Await(a.t, patience, fmt.Sprintf("WARN %s eth0: No such device; waiting to open it again", cfgs[0].Kind))
			if err := a.Send([]byte("lost")); !errors.Is(err, unix.ENODEV) {
				t.Errorf("send without interface: %v", err)
			}
			a.logs.Await(a.t, patience, fmt.Sprintf("ERROR write_child: write failure on %s eth0.: No such device", cfgs[0].Kind))
			w.plug("10.77.0.1/24", "10.77.0.2/24")
			b := w.openB(cfgs[1])
			a.reaches(b, "after")
			b.reaches(a, "and back")
		})
	}
}

// An interface deleted and made again between two looks at it has another index.
func TestInterfaceReplacedAtOnce(t *testing.T) {
	w := newWire(t)
	a := w.openA(ucast("10.77.0.2"))
	w.unplug()
	w.plug("10.77.0.1/24", "10.77.0.2/24")
	b := w.openB(ucast("10.77.0.1"))
	a.reaches(b, "after")
	b.reaches(a, "and back")
}

func TestAddressChanged(t *testing.T) {
	for _, c := range []struct {
		cfg      hacf.Medium
		newA, nB string
	}{
		{bcast(), "10.78.0.1/16", "10.78.0.2/16"},
		{ucast("10.77.0.2"), "10.77.0.7/24", "10.77.0.2/24"},
	} {
		t.Run(string(c.cfg.Kind), func(t *testing.T) {
			w := newWire(t)
			a, b := w.openA(c.cfg), w.openB(bcast())
			a.reaches(b, "before")
			w.must(address(c.newA))
			w.onB(func() error { return address(c.nB) })
			for text := ""; text != "after"; {
				a.Send([]byte("after"))
				d := b.await()
				text = string(d.Data)
				if want, _, _ := strings.Cut(c.newA, "/"); text == "after" && d.From.String() != want {
					t.Errorf("from %s, want %s", d.From, want)
				}
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	w := newWire(t)
	w.must(netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "bare"}, PeerName: "bare1"}))
	bare, err := netlink.LinkByName("bare")
	w.must(err)
	defer netlink.LinkDel(bare)
	for _, c := range []struct {
		name, words, remedy string
		cfg                 hacf.Medium
	}{
		{"no device", "ucast: error setting option SO_BINDTODEVICE(w) on eth9: No such device", "the interface does not exist; see: ip link",
			hacf.Medium{Kind: hacf.Ucast, Device: "eth9", Target: "10.77.0.2", Port: port}},
		{"no device, bcast", "Get broadcast for interface eth9 failed: No such device", "the interface does not exist; see: ip link",
			hacf.Medium{Kind: hacf.Bcast, Device: "eth9", Port: port}},
		{"no broadcast address", "Get broadcast for interface bare failed: Cannot assign requested address", "bcast needs an interface with an IPv4 address",
			hacf.Medium{Kind: hacf.Bcast, Device: "bare", Port: port}},
		{"no target", "ucast: [eth0] missing target IP address/hostname", "", ucast("")},
		{"no device, mcast", "Unable to retrieve local interface address for interface [eth9] using ioctl(SIOCGIFADDR): No such device", "mcast needs an interface with an IPv4 address",
			mcast("eth9")},
		{"no group", "mcast [eth0] bad addr [10.0.0.1]", "", hacf.Medium{Kind: hacf.Mcast, Device: "eth0", Target: "10.0.0.1", Port: port}},
		{"no device, ucast6", "ucast6: error setting option SO_BINDTODEVICE(w) on eth9: No such device", "the interface does not exist; see: ip link",
			hacf.Medium{Kind: hacf.Ucast6, Device: "eth9", Target: "fd77::2", Port: port}},
		{"no address", "ucast6 [eth0] bad addr [10.0.0.1]", "write a literal IPv6 address", ucast6("10.0.0.1")},
		{"no device, mcast6", "mcast6: error setting option IPV6_MULTICAST_IF on eth9: No such device", "the interface does not exist; see: ip link",
			mcast6("eth9")},
		{"no group, mcast6", " mcast6 [eth0] bad addr [fd77::2]", "", hacf.Medium{Kind: hacf.Mcast6, Device: "eth0", Target: "fd77::2", Port: port}},
		{"name too long", "ucast: error setting option SO_BINDTODEVICE(w) on interface-with-a-long-name: No such device", "the interface does not exist; see: ip link",
			hacf.Medium{Kind: hacf.Ucast, Device: "interface-with-a-long-name", Target: "10.77.0.2", Port: port}},
	} {
		e := newEnd(t)
		err := e.open(t.Context(), c.cfg, 0)
		var open *socket.OpenError
		if !errors.As(err, &open) || open.Words != c.words || open.Remedy != c.remedy {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, cfg := range []hacf.Medium{{Kind: hacf.Serial, Device: "/dev/null", Baud: 9600}, {Kind: hacf.Serial, Device: "/no/such", Baud: 9600}, {Kind: "other"}, {Kind: hacf.Ping, Node: "x"}} {
		if err := newEnd(t).open(t.Context(), cfg, 0); err == nil {
			t.Errorf("%+v was opened", cfg)
		}
	}
}

// holder takes the port of eth0 without sharing it.
func (w *wire) holder() int {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	w.must(err)
	w.must(unix.Bind(fd, &unix.SockaddrInet4{Port: port}))
	return fd
}

func TestPortInUse(t *testing.T) {
	w := newWire(t)
	defer unix.Close(w.holder())
	err := newEnd(t).open(t.Context(), ucast("10.77.0.2"), 0)
	var open *socket.OpenError
	if !errors.As(err, &open) || open.Words != "ucast: unable to bind socket to UDP port 694 of eth0: Address already in use" ||
		open.Remedy != "another program holds the port; see: ss -ulnp sport = :694" {
		t.Errorf("%v", err)
	}
}

func TestPortFreedWhileWaiting(t *testing.T) {
	w := newWire(t)
	held := w.holder()
	e := newEnd(t)
	opened := make(chan error, 1)
	go func() { opened <- e.open(t.Context(), ucast("10.77.0.2"), 0) }()
	e.logs.Await(e.t, patience, "glib: ucast: bound receive socket to device: eth0")
	w.must(unix.Close(held))
	select {
	case err := <-opened:
		w.must(err)
	case <-time.After(patience):
		t.Fatal("the port is free, but the medium not open")
	}
}

func TestWaitingForAPortIsCancelled(t *testing.T) {
	w := newWire(t)
	defer unix.Close(w.holder())
	ctx, cancel := context.WithCancel(t.Context())
	e := newEnd(t)
	opened := make(chan error, 1)
	go func() { opened <- e.open(ctx, bcast(), 0) }()
	cancel()
	if err := <-opened; !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "port 694") {
		t.Errorf("opened: %v", err)
	}
}

func TestClosed(t *testing.T) {
	w := newWire(t)
	ctx, cancel := context.WithCancel(t.Context())
	e := newEnd(t)
	w.must(e.open(ctx, ucast("10.77.0.2"), 0))
	cancel()
	w.must(e.Close())
	w.must(e.Close())
	if err := e.Send([]byte("x")); !errors.Is(err, unix.ENODEV) {
		t.Errorf("send after the end: %v", err)
	}
	w.must(unix.Close(w.holder())) // the port is free again
}
