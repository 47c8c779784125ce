package agents

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/mdlayher/packet"

	"systole/compat/lab"
)

// markType is an EtherType for experiments (IEEE 802), in which nobody else speaks here.
const markType = 0x88b5

// mark sends a frame on each device, and prints those that took it: what was sent before has been
// heard when the mark has.
func mark(devices []string) int {
	for _, dev := range devices {
		if sendMark(dev) == nil {
			fmt.Println(dev)
		}
	}
	return 0
}

func sendMark(dev string) error {
	ifi, err := net.InterfaceByName(dev)
	if err != nil {
		return err
	}
	conn, err := packet.Listen(ifi, packet.Raw, markType, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	frame := slices.Concat(net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, ifi.HardwareAddr)
	frame = append(binary.BigEndian.AppendUint16(frame, markType), make([]byte, 46)...)
	_, err = conn.WriteTo(frame, &packet.Addr{HardwareAddr: ifi.HardwareAddr})
	return err
}

// ear hears what a host sends on one of its cards.
type ear struct {
	dev   string
	own   string // its hardware address
	heard *lab.Capture
}

func listen(t *testing.T, h *host, dev string) ear {
	t.Helper()
	own := strings.TrimSpace(h.sh(t, "cat /sys/class/net/"+dev+"/address").Stdout)
	heard := lab.OK(h.Capture(dev))(t)
	t.Cleanup(heard.Stop)
	return ear{dev, own, heard}
}

func (h *host) marks() []int {
	var marks []int
	for _, e := range h.ears {
		marks = append(marks, e.heard.Len())
	}
	return marks
}

// hear waits until everything has been heard that was sent before the marks on these devices.
func (h *host) hear(t *testing.T, from []int, devices []string) {
	t.Helper()
	ctx := patience.For(t)
	for i, e := range h.ears {
		if slices.Contains(devices, e.dev) {
			lab.OK(e.heard.AwaitFrom(ctx, from[i], func(f lab.Frame) bool { return f.EtherType() == markType }))(t)
		}
	}
}

// since tells the announcements and questions that the host has sent since the marks, card by card
// and address by address: two senders do not wait for each other.
func (h *host) since(marks []int) []string {
	var said []string
	for i, e := range h.ears {
		var here []string
		for _, f := range e.heard.All()[marks[i]:] {
			if what := e.told(f); what != "" {
				here = append(here, e.dev+": "+strings.ReplaceAll(what, e.own, "OWN"))
			}
		}
		slices.SortStableFunc(here, func(a, b string) int { return strings.Compare(strings.Fields(a)[1], strings.Fields(b)[1]) })
		said = append(said, here...)
	}
	return said
}

// told returns a frame in words, its address first, or "" if it is not the host's or tells nobody of an address.
func (e ear) told(f lab.Frame) string {
	switch {
	case f.SourceMAC().String() != e.own:
		return ""
	case f.EtherType() == 0x0806 && len(f.Data) >= 42:
		return arp(f.Data)
	case f.EtherType() == 0x86dd && len(f.Data) >= 78:
		return neighbourDiscovery(f.Data)
	}
	return ""
}

// arp tells a request or reply in which the host speaks of an address as its own, or asks for one
// without having one (RFC 5227).
func arp(b []byte) string {
	sender, target := netip.AddrFrom4([4]byte(b[28:])), netip.AddrFrom4([4]byte(b[38:]))
	if sender != target && !sender.IsUnspecified() {
		return ""
	}
	return fmt.Sprintf("%s ARP %d %x to %s, %s %s -> %s %s, %d bytes", target, binary.BigEndian.Uint16(b[20:]), b[14:20],
		mac(b[0:]), mac(b[22:]), sender, mac(b[32:]), target, len(b))
}

// neighbourDiscovery tells an advertisement, and the kernel's question of a new address.
func neighbourDiscovery(b []byte) string {
	from, to, about := netip.AddrFrom16([16]byte(b[22:])), netip.AddrFrom16([16]byte(b[38:])), netip.AddrFrom16([16]byte(b[62:]))
	kind := b[54]
	switch {
	case b[20] != 58 || about.IsLinkLocalUnicast():
		return ""
	case kind == 135 && from.IsUnspecified():
		return fmt.Sprintf("%s is asked for", about)
	case kind != 136 || len(b) < 86:
		return ""
	}
	return fmt.Sprintf("%s is advertised to %s, %s -> %s, hop limit %d, flags %x, option %x %s, %d bytes", about,
		mac(b[0:]), from, to, b[21], b[58:62], b[78:80], mac(b[80:]), len(b))
}

func mac(b []byte) string { return net.HardwareAddr(b[:6]).String() }
