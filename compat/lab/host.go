package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Flavour says what a host's disk has on it when it is new.
type Flavour int

// The flavours of a host's disk.
const (
	Bare      Flavour = iota // Debian with iproute2, ipvsadm, keepalived and the like
	Originals                // Bare, and heartbeat and ldirectord as Debian packages them
	Systole                  // Bare, and what "make install" of this project installs
	Servers                  // Debian with real servers of every protocol; EnsureServers makes its root
	Packaging                // Debian with rpm, systemd, man and logrotate; EnsurePackaging makes its root
	Desk                     // Debian with shells, man, tmux and promtool, and Systole; EnsureDesk makes its root
)

// Spec describes a host to be made.
type Spec struct {
	Name     string          // host name, full if it has dots; must be unique in the lab
	Flavour  Flavour         // what is installed
	Layers   []string        // directories laid over the flavour, topmost first; never written to
	Ports    map[string]Port // network cards by device name ("eth0")
	Serial   map[string]*Tty // serial ports by device name ("/dev/ttyS0")
	Gateway  netip.Addr      // default route; none if not valid
	EtcHosts string          // lines of /etc/hosts after localhost's
}

// Port says where a network card is plugged in and which addresses it gets at
// boot.
type Port struct {
	Switch *Switch
	Addrs  []netip.Prefix
}

// On is a Port with addresses in CIDR form. It panics on a malformed one.
func On(sw *Switch, addrs ...string) Port {
	p := Port{Switch: sw}
	for _, a := range addrs {
		p.Addrs = append(p.Addrs, netip.MustParsePrefix(a))
	}
	return p
}

// Host is a machine of the lab. It is safe for use by several goroutines, but
// Kill and Restart must not run at the same time as each other.
type Host struct {
	Name  string
	lab   *Lab
	spec  Spec
	lower []string
	dir   string // holds upper, work and root of the overlay
	cards []*card
	addrs addrBook

	mu    sync.Mutex
	guest *guest // nil while the host is down
}

// etcHostsHead begins every host's /etc/hosts.
const etcHostsHead = "127.0.0.1 localhost\n::1 localhost\n"

// Host makes a host and boots it. On return its network is up and the
// directories that Debian's packages want in /run are there.
func (l *Lab) Host(s Spec) (*Host, error) {
	h := &Host{Name: s.Name, lab: l, spec: s, dir: filepath.Join(l.dir, s.Name)}
	var err error
	if h.lower, err = lowerLayers(s); err != nil {
		return nil, err
	}
	for _, d := range []string{"upper", "work", "root"} {
		if err := os.MkdirAll(filepath.Join(h.dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	h.cards = l.newCards(h)
	if err := h.boot(); err != nil {
		h.Kill()
		return nil, fmt.Errorf("host %s: %w", s.Name, err)
	}
	l.mu.Lock()
	l.hosts = append(l.hosts, h)
	l.mu.Unlock()
	if err := h.WriteFile("/etc/hosts", []byte(etcHostsHead+s.EtcHosts), 0o644); err != nil {
		return nil, err
	}
	return h, h.WriteFile("/etc/hostname", []byte(s.Name+"\n"), 0o644)
}

// lowerLayers lists the directories under a host's own changes, topmost first.
func lowerLayers(s Spec) ([]string, error) {
	if s.Name == "" || strings.ContainsAny(s.Name, "/:, ") {
		return nil, fmt.Errorf("host name %q cannot be used", s.Name)
	}
	build, err := BuildDir()
	if err != nil {
		return nil, err
	}
	layers := slices.Clone(s.Layers)
	switch s.Flavour {
	case Originals:
		return append(layers, filepath.Join(build, "root", "originals")), nil
	case Servers:
		return append(layers, serversRoot(build)), nil
	case Packaging:
		return append(layers, packagingRoot(build)), nil
	case Systole, Desk:
		ours, err := EnsureInstalled(context.Background())
		if err != nil {
			return nil, err
		}
		layers = append(layers, ours)
	}
	if s.Flavour == Desk {
		return append(layers, deskRoot(build)), nil
	}
	return append(layers, filepath.Join(build, "root", "bare")), nil
}

// boot starts process 1, plugs the network in and does what a Debian does with
// tmpfiles.d at boot: without it packages miss their directories in /run.
func (h *Host) boot() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	devices := map[string]string{}
	for name, tty := range h.spec.Serial {
		devices[name] = tty.slave.Name()
	}
	g, err := startGuest(bootOrder{Hostname: h.Name, Lower: h.lower, Dir: h.dir, Self: self, Devices: devices})
	if err != nil {
		return err
	}
	if err := errors.Join(h.watchAddrs(g), h.plugIn(g), h.route(g)); err != nil {
		g.kill()
		return err
	}
	h.mu.Lock()
	h.guest = g
	h.mu.Unlock()
	r, err := h.Run(context.Background(), "systemd-tmpfiles", "--create", "--boot", "--prefix=/run", "--prefix=/var")
	if err == nil && r.Code != 0 && r.Code != 73 { // 73: an owner or so was not allowed; the rest is done
		err = fmt.Errorf("systemd-tmpfiles: %s", r.Stderr)
	}
	return err
}

// Kill cuts the power: the network goes dead first, so that no dying process
// can say goodbye, then everything on the host ends at once. It returns
// the time of the cut; the zero time if the host was down already.
func (h *Host) Kill() time.Time {
	h.mu.Lock()
	g := h.guest
	h.guest = nil
	h.mu.Unlock()
	if g == nil {
		return time.Time{}
	}
	h.lab.unwire(h)
	at := time.Now()
	g.kill()
	h.addrs.forget(at)
	return at
}

// Restart boots the host on the disk it has: /run is empty, the network as the
// Spec says, no daemon runs. If the host is up the power is cut first.
func (h *Host) Restart() error {
	h.Kill()
	if err := h.boot(); err != nil {
		return fmt.Errorf("restart %s: %w", h.Name, err)
	}
	return nil
}

// Become exchanges what is installed on the host and boots it: what the host itself has written on
// its disk stays, as when an administrator changes packages. If the host is up the power is cut first.
func (h *Host) Become(f Flavour) error {
	spec := h.spec
	spec.Flavour = f
	lower, err := lowerLayers(spec)
	if err != nil {
		return err
	}
	h.Kill()
	h.spec, h.lower = spec, lower
	return h.Restart()
}

// Up says whether the host has power.
func (h *Host) Up() bool {
	g, err := h.running()
	if err != nil {
		return false
	}
	select {
	case <-g.down:
		return false
	default:
		return true
	}
}

// Done is closed when the present boot is over, be it by Kill or because the host
// rebooted itself.
func (h *Host) Done() <-chan struct{} {
	if g, err := h.running(); err == nil {
		return g.down
	}
	over := make(chan struct{})
	close(over)
	return over
}

func (h *Host) running() (*guest, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.guest == nil {
		return nil, fmt.Errorf("%s: %w", h.Name, errDown)
	}
	return h.guest, nil
}

func (h *Host) firstAddr() (netip.Addr, bool) {
	for _, c := range h.cards {
		if len(c.port.Addrs) > 0 {
			return c.port.Addrs[0].Addr(), true
		}
	}
	return netip.Addr{}, false
}
