package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"time"

	"systole/pkg/netif"
)

// Machine is the one that is examined, as its kernel tells it at the moment of Look. It belongs to
// the network namespace of the thread that called Look.
type Machine struct {
	net    *netif.Handle
	tables netif.Tables
}

// Look opens the machine. Close it.
func Look() (*Machine, error) {
	h, err := netif.Open()
	if err != nil {
		return nil, err
	}
	t, err := h.Tables()
	if err != nil {
		h.Close()
		return nil, err
	}
	return &Machine{h, t}, nil
}

// Close gives the kernel's socket back.
func (m *Machine) Close() { m.net.Close() }

// sysctl reads a setting, by its name with dots; an interface's own dots are slashes. false:
// this kernel has none.
func sysctl(name string) (string, bool) {
	text, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	return strings.TrimSpace(string(text)), err == nil
}

// table reads a file of /proc/net, of the calling thread's namespace.
func table(name string) (string, error) {
	text, err := os.ReadFile("/proc/thread-self/net/" + name)
	return string(text), err
}

// holds says on which interface an address is.
func (m *Machine) holds(a netip.Addr) (on string, bits int, found bool) {
	for _, have := range m.tables.Addresses {
		if have.Prefix.Addr() == a {
			return have.Interface, have.Prefix.Bits(), true
		}
	}
	return "", 0, false
}

// link returns an interface that can ask with ARP: up, and with a hardware address.
func (m *Machine) link(name string) (*net.Interface, error) {
	l, err := m.net.Link(name)
	switch {
	case err != nil:
		return nil, err
	case !l.Up:
		return nil, fmt.Errorf("%s is down", name)
	case l.Loopback || len(l.MAC) != 6:
		return nil, fmt.Errorf("%s knows no ARP", name)
	}
	return l.Net(), nil
}

// networkOf is the interface in whose network an address is.
func (m *Machine) networkOf(a netip.Addr) (string, bool) {
	for _, have := range m.tables.Addresses {
		if have.Interface != "lo" && have.Prefix.Bits() < a.BitLen() && have.Prefix.Masked().Contains(a) {
			return have.Interface, true
		}
	}
	return "", false
}

// interfaceOf is where a VIP is looked for: where it is, where the files say, its network.
func (m *Machine) interfaceOf(v VIP) (string, bool) {
	if v.Interface != "" && v.Interface != "lo" {
		return v.Interface, true
	}
	if on, _, there := m.holds(v.Addr); there && on != "lo" && !strings.HasPrefix(on, "tunl") {
		return on, true
	}
	return m.networkOf(v.Addr)
}

// commandLimit is for programs that list rulesets.
const commandLimit = 10 * time.Second

// output runs a program that lists something; false if it is not there or fails.
func output(ctx context.Context, argv ...string) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	text, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	return string(text), err == nil
}
