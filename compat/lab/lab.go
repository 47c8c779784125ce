// Package lab makes test hosts on one machine: real kernels' network stacks,
// real Debian disks, real daemons, and nothing of it on the user's machine.
//
// A Lab is a set of switches and hosts. A switch is a bridge in a network
// namespace that only the Lab has; a host is a process 1 in network, mount,
// UTS, PID and IPC namespaces of its own, on an overlay over a Debian root:
//
//	       the lab's own namespace
//	+-----------------------------------+
//	|  lan (bridge, 10.0.0.254)         |      each wire is a veth pair
//	|   p1        p2        p3          |
//	+----|---------|---------|----------+
//	  eth0|     eth0|     eth0|
//	+-----+--+ +----+---+ +---+----+
//	| active | | standby| | client |           overlay: own changes
//	|  init  | |  init  | |  init  |                  + Systole (flavour Systole)
//	+--------+ +--------+ +--------+                  + Debian root in build/root
//
// Process 1 is this very program, started again as the applet "lab:init"
// (see Main): it mounts the disk, runs what it is told through a socket pair,
// reaps orphans, receives syslog, and ends when the Lab ends. Therefore nothing
// can be left behind: namespaces, mounts, wires and daemons die with process 1,
// and process 1 dies with the program that made the Lab, however that ended.
// Only the directory of the disks stays after a crash; the next New removes it.
//
// Faults are what an administrator fears: a pulled plug (Unplug), a silent cut
// (Cut), one-way deafness (Deafen), loss and delay (Lose, Delay), a vanished
// interface (RemoveDev), a power cut (Kill), a reboot (Restart). Two hosts may
// also share a null modem cable (Cable), cut and mended alike. Everything that
// happens is recorded with the time it was seen: address changes of each host
// (AddrEvents), log lines (Tail), frames (Capture) and answers that a client
// got (Ask, Ping, ARP). Waiting is always for an event, never for a time; what
// tells nobody of its coming is asked for (Poll), within a test's Patience.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Lab is a set of switches and hosts. Make it with New (or Test) and Close it.
type Lab struct {
	dir     string
	release func() // removes dir and gives its lock back
	ns      *os.File

	mu       sync.Mutex
	switches []*Switch
	hosts    []*Host
	cables   []*Cable
	ports    int // wires made so far: names the ports
	macs     int // network cards made so far: numbers the hardware addresses
}

// insideEnv is in the environment of a process 1, which must not make labs.
const insideEnv = "SYSTOLE_LAB_INIT"

// errNoMain: without Main a process 1 would run all of its program again.
var errNoMain = errors.New("the program does not call lab.Main first")

// errNoRoot is why nothing here works for an ordinary user.
var errNoRoot = errors.New("a lab of hosts needs root")

// New makes an empty lab. It needs root. The Debian roots must be there:
// EnsureRoot makes them.
func New() (*Lab, error) {
	if os.Geteuid() != 0 {
		return nil, errNoRoot
	}
	if os.Getenv(insideEnv) != "" {
		return nil, errNoMain
	}
	dir, release, err := newScratch()
	if err != nil {
		return nil, err
	}
	ns, err := newNetns()
	if err != nil {
		release()
		return nil, fmt.Errorf("lab's network namespace: %w", err)
	}
	l := &Lab{dir: dir, release: release, ns: ns}
	if err := l.inSwitches(readySwitches); err != nil {
		l.Close()
		return nil, fmt.Errorf("lab's network namespace: %w", err)
	}
	return l, nil
}

// Close ends every host and removes everything the lab made. Calling it again
// does nothing.
func (l *Lab) Close() {
	l.mu.Lock()
	hosts, cables := l.hosts, l.cables
	l.hosts, l.switches, l.cables = nil, nil, nil
	l.mu.Unlock()
	for _, h := range hosts {
		h.Kill()
	}
	for _, c := range cables {
		c.close()
	}
	l.ns.Close()
	l.release()
}

// Hosts lists the lab's hosts in the order they were added.
func (l *Lab) Hosts() []*Host {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]*Host(nil), l.hosts...)
}

// EtcHosts writes /etc/hosts of every running host: all hosts of the lab by
// name with the first address of each.
func (l *Lab) EtcHosts() error {
	text := etcHostsHead
	for _, h := range l.Hosts() {
		if a, ok := h.firstAddr(); ok {
			text += fmt.Sprintf("%s %s\n", a, h.Name)
		}
	}
	for _, h := range l.Hosts() {
		if err := h.WriteFile("/etc/hosts", []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// TB is what this package asks of a *testing.T or *testing.B. It keeps package
// testing out of programs that use a lab without being a test.
type TB interface {
	Helper()
	Name() string
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Skip(args ...any)
	Failed() bool
	Context() context.Context
}

// Test is New for a test: it makes the Debian roots if they are missing, skips
// when the user is not root, and closes the lab when the test ends. Of a failed
// test it logs what the hosts' processes 1 said.
func Test(t TB) *Lab {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := EnsureRoot(t.Context()); err != nil {
		t.Fatalf("debian root for test hosts: %v", err)
	}
	l, err := New()
	if err != nil {
		t.Fatalf("new lab: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s", l.initLogs())
		}
		l.Close()
	})
	return l
}

// OK makes a value or its error into one a test can use in an expression:
//
//	lan := lab.OK(l.Switch("lan"))(t)
func OK[V any](v V, err error) func(TB) V {
	return func(t TB) V {
		t.Helper()
		if err != nil {
			t.Fatalf("%v", err)
		}
		return v
	}
}

// Must ends the test if there is an error: for what gives nothing else.
func Must(t TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v", err)
	}
}

// initLogs gathers what process 1 of each host wrote about its own troubles.
func (l *Lab) initLogs() string {
	var b strings.Builder
	for _, h := range l.Hosts() {
		text, _ := os.ReadFile(filepath.Join(h.dir, initLog))
		fmt.Fprintf(&b, "host %s: process 1 wrote %q\n", h.Name, text)
	}
	return b.String()
}

// hostByMAC finds the host that has the network card.
func (l *Lab) hostByMAC(mac string) (*Host, bool) {
	for _, h := range l.Hosts() {
		if h.hasMAC(mac) {
			return h, true
		}
	}
	return nil, false
}

// Holders says which hosts have the address now, in the order they were added:
// more than one is a split brain.
func (l *Lab) Holders(addr netip.Addr) []*Host {
	var out []*Host
	for _, h := range l.Hosts() {
		if h.Holds(addr) {
			out = append(out, h)
		}
	}
	return out
}
