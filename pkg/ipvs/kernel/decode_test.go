package kernel

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/mdlayher/netlink"

	"systole/pkg/ipvs"
)

// answer is one line of testdata/dump.txt.
type answer struct {
	kind string
	data []byte
}

func dump(t testing.TB) []answer {
	f, err := os.Open("testdata/dump.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var answers []answer
	for lines := bufio.NewScanner(f); lines.Scan(); {
		kind, text, _ := strings.Cut(lines.Text(), " ")
		data, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, answer{kind, data})
	}
	return answers
}

func TestDecodeDump(t *testing.T) {
	var table ipvs.Table
	for _, a := range dump(t) {
		switch a.kind {
		case "service":
			s, stats, err := decodeService(a.data)
			if err != nil || stats != (ipvs.Stats{}) {
				t.Fatalf("service: %v, counters %+v", err, stats)
			}
			table = append(table, ipvs.Entry{Service: s})
		case "dest":
			e := &table[len(table)-1]
			d, stats, err := decodeDest(a.data, e.Service.ServiceID)
			if err != nil || stats != (ipvs.Stats{}) {
				t.Fatalf("destination: %v, counters %+v", err, stats)
			}
			e.Dests = append(e.Dests, d)
		case "daemon":
			d, err := decodeDaemon(a.data)
			const want = "master sync daemon (mcast=lo, syncid=7, maxlen=1472, group=224.0.0.81, port=8848, ttl=1)"
			if err != nil || d.String() != want {
				t.Errorf("daemon is %s, %v", d, err)
			}
		}
	}
	strange := ipvs.Entry{Service: ipvs.Service{ServiceID: tcp("[fd00::2]:80"), Scheduler: "rr"},
		Dests: []ipvs.Dest{dest("10.0.0.3:80", ipvs.Tunnel, 70000)}}
	want := append(kitchenSink().Normal(), strange).Sorted()
	if diff := cmp.Diff(want, table.Sorted(), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// The wide block counts, whichever comes first; the narrow one is for kernels without it.
func TestDecodeStats(t *testing.T) {
	narrow := func(e *netlink.AttributeEncoder) error { e.Uint32(1, 7); e.Uint64(4, 8); e.Uint32(10, 9); return nil }
	wide := func(e *netlink.AttributeEncoder) error {
		e.Uint64(1, 1<<40)
		e.Uint64(5, 1<<50)
		e.Uint64(10, 1<<33)
		return nil
	}
	tests := []struct {
		name string
		fill func(e *netlink.AttributeEncoder)
		want ipvs.Stats
	}{
		{"narrow", func(e *netlink.AttributeEncoder) { e.Nested(destStats, narrow) }, ipvs.Stats{Conns: 7, InBytes: 8, OutBPS: 9}},
		{"wide", func(e *netlink.AttributeEncoder) { e.Nested(destStats64, wide) }, ipvs.Stats{Conns: 1 << 40, OutBytes: 1 << 50, OutBPS: 1 << 33}},
		{"wide, narrow", func(e *netlink.AttributeEncoder) { e.Nested(destStats64, wide); e.Nested(destStats, narrow) },
			ipvs.Stats{Conns: 1 << 40, OutBytes: 1 << 50, OutBPS: 1 << 33}},
		{"with connections", func(e *netlink.AttributeEncoder) {
			e.Uint32(destActive, 1)
			e.Uint32(destInactive, 2)
			e.Uint32(destPersistent, 3)
		}, ipvs.Stats{Active: 1, Inactive: 2, Persistent: 3}},
	}
	for _, tt := range tests {
		b, err := encode(func(e *netlink.AttributeEncoder) {
			e.Nested(attrDest, func(e *netlink.AttributeEncoder) error { e.Bytes(destAddr, make([]byte, 16)); tt.fill(e); return nil })
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, got, err := decodeDest(b, tcp("10.0.0.1:80")); got != tt.want || err != nil {
			t.Errorf("%s: %+v, %v", tt.name, got, err)
		}
	}
}

func TestDecodeMask(t *testing.T) {
	tests := []struct {
		family uint16
		mask   []byte
		want   int
	}{
		{2, net.CIDRMask(32, 32), 32}, {2, net.CIDRMask(24, 32), 24}, {2, net.CIDRMask(1, 32), 1},
		{2, net.CIDRMask(0, 32), ipvs.HolesMask}, {2, []byte{255, 0, 255, 0}, ipvs.HolesMask}, {2, []byte{127, 0, 0, 0}, ipvs.HolesMask},
		{10, binary.NativeEndian.AppendUint32(nil, 64), 64}, {10, binary.NativeEndian.AppendUint32(nil, 129), ipvs.HolesMask},
	}
	for _, tt := range tests {
		if got := decodeMask(tt.family, tt.mask); got != tt.want {
			t.Errorf("decodeMask(%d, %v) = %d, want %d", tt.family, tt.mask, got, tt.want)
		}
	}
}

func TestDaemonRoundTrip(t *testing.T) {
	tests := []struct{ in, out Daemon }{
		{Daemon{Role: Backup, Interface: "eth0", SyncID: 255, MaxLen: 1400, Group: netip.MustParseAddr("239.1.1.1"), Port: 9000, TTL: 4},
			Daemon{Role: Backup, Interface: "eth0", SyncID: 255, MaxLen: 1400, Group: netip.MustParseAddr("239.1.1.1"), Port: 9000, TTL: 4}},
		{Daemon{Role: Master, Interface: "eth0", Group: netip.MustParseAddr("ff02::81")},
			Daemon{Role: Master, Interface: "eth0", Group: netip.MustParseAddr("ff02::81")}},
		{Daemon{Role: Master, Interface: "eth0", Group: netip.MustParseAddr("::ffff:239.1.1.1")},
			Daemon{Role: Master, Interface: "eth0", Group: netip.MustParseAddr("239.1.1.1")}},
	}
	for _, tt := range tests {
		b, err := encodeDaemon(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeDaemon(b); got != tt.out || err != nil {
			t.Errorf("%s became %s, %v", tt.in, got, err)
		}
	}
}

// What a request says of a service and a destination is what the kernel would say of them.
func TestMessages(t *testing.T) {
	for _, e := range kitchenSink().Normal() {
		m, err := message(ipvs.Change{Op: ipvs.AddService, Service: e.Service})
		if err != nil {
			t.Fatal(err)
		}
		if s, _, err := decodeService(m.Data[4:]); err != nil || !cmp.Equal(s, e.Service, cmpopts.EquateComparable(netip.AddrPort{})) {
			t.Errorf("%s became %s, %v", e.Service, s, err)
		}
		for _, d := range e.Dests {
			m, err := message(ipvs.Change{Op: ipvs.AddDest, Service: e.Service, Dest: d})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := destOf(m.Data[4:], e.Service.ServiceID); err != nil || got != d {
				t.Errorf("%+v became %+v, %v", d, got, err)
			}
		}
	}
}

// destOf reads the destination out of a request, behind the service.
func destOf(attrs []byte, id ipvs.ServiceID) (d ipvs.Dest, err error) {
	a, err := netlink.NewAttributeDecoder(attrs)
	if err != nil {
		return d, err
	}
	for a.Next() {
		if a.Type() == attrDest {
			alone, _ := encode(func(e *netlink.AttributeEncoder) { e.Bytes(netlink.Nested|attrDest, a.Bytes()) })
			d, _, err = decodeDest(alone, id)
		}
	}
	return d, errors.Join(err, a.Err())
}

func TestFlagsAndNetmask(t *testing.T) {
	sink := kitchenSink()
	tests := []struct {
		what           string
		s              ipvs.Service
		flags, netmask uint32
	}{
		{"web", sink[0].Service, flagPersistent, binary.NativeEndian.Uint32([]byte{255, 255, 255, 0})},
		{"dns", sink[3].Service, flagOnePacket, 0xffffffff},
		{"v6", sink[6].Service, flagPersistent, 64},
		{"mark", sink[8].Service, 0x18, 0xffffffff},
		{"mark 6", sink[9].Service, flagPersistent | 0x10, 128},
	}
	for _, tt := range tests {
		if f, m := flags(tt.s), netmask(tt.s); f != tt.flags || m != tt.netmask {
			t.Errorf("%s: flags %#x, netmask %#x, want %#x and %#x", tt.what, f, m, tt.flags, tt.netmask)
		}
	}
}

// FuzzDecode: whatever comes out of the kernel is refused or gives a value that is normal.
func FuzzDecode(f *testing.F) {
	for _, a := range dump(f) {
		f.Add(a.data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, _, err := decodeService(b); err == nil && !cmp.Equal(s, s.Normal(), cmpopts.EquateComparable(netip.AddrPort{})) {
			t.Errorf("service %+v is not normal", s)
		}
		if d, _, err := decodeDest(b, tcp("[fd00::1]:80")); err == nil && !d.Addr.IsValid() {
			t.Errorf("destination %+v has no address", d)
		}
		if d, err := decodeDaemon(b); err == nil && len(d.String()) == 0 {
			t.Error("daemon without text")
		}
	})
}

func TestTextsOfConfig(t *testing.T) {
	if got := (Timeouts{900 * time.Second, 120 * time.Second, 300 * time.Second}).String(); got != "Timeout (tcp tcpfin udp): 900 120 300" {
		t.Error(got)
	}
	if got := (Info{"1.2.1", 4096}).String(); got != "IP Virtual Server version 1.2.1 (size=4096)" {
		t.Error(got)
	}
}
