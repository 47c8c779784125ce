package pcap

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"testing"
	"time"
)

// file makes a little-endian capture of packets.
func file(link uint32, packets ...[]byte) []byte {
	b := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0}
	b = append(b, make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 262144)
	b = binary.LittleEndian.AppendUint32(b, link)
	for i, p := range packets {
		b = binary.LittleEndian.AppendUint32(b, uint32(1000+i))
		b = binary.LittleEndian.AppendUint32(b, 250000)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = binary.LittleEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}

// ipv4 makes a packet with the fragment word (flags and offset in 8 bytes) as given.
func ipv4(proto Protocol, id, word uint16, payload []byte) []byte {
	b := []byte{0x45, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(20+len(payload)))
	b = binary.BigEndian.AppendUint16(b, id)
	b = binary.BigEndian.AppendUint16(b, word)
	b = append(b, 64, byte(proto), 0, 0, 10, 9, 0, 11, 10, 9, 0, 12)
	return append(b, payload...)
}

func ipv6(next Protocol, payload []byte) []byte {
	b := []byte{0x60, 0, 0, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	b = append(b, byte(next), 64)
	src, dst := netip.MustParseAddr("fd00::11").As16(), netip.MustParseAddr("fd00::12").As16()
	return append(append(append(b, src[:]...), dst[:]...), payload...)
}

func udp(payload string) []byte {
	b := binary.BigEndian.AppendUint16(nil, 40000)
	b = binary.BigEndian.AppendUint16(b, 694)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	return append(append(b, 0, 0), payload...)
}

func ethernet(proto uint16, packet []byte) []byte {
	return append(binary.BigEndian.AppendUint16(make([]byte, 12), proto), packet...)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func TestReadPackets(t *testing.T) {
	whole := udp("0123456789abcdef payload of a datagram in fragments")
	echo := append([]byte{8, 0, 0, 0, 0x9a, 0, 0, 7}, "ping"...)
	frag6 := func(offset uint16, payload []byte) []byte {
		return ipv6(fragment, join([]byte{byte(UDP), 0}, binary.BigEndian.AppendUint16(nil, offset), []byte{0, 0, 0, 1}, payload))
	}
	for _, c := range []struct {
		name string
		link uint32
		in   [][]byte
		want []string
	}{
		{"ethernet", 1, [][]byte{ethernet(protoIPv4, ipv4(UDP, 1, 0x4000, udp("a")))}, []string{"a"}},
		{"padding after a short packet", 1, [][]byte{ethernet(protoIPv4, append(ipv4(UDP, 1, 0, udp("a")), make([]byte, 17)...))}, []string{"a"}},
		{"vlan in vlan", 1, [][]byte{ethernet(protoQinQ, join([]byte{0, 5, 0x81, 0, 0, 6, 8, 0}, ipv4(UDP, 1, 0, udp("a"))))}, []string{"a"}},
		{"raw", 101, [][]byte{ipv4(UDP, 1, 0, udp("a")), ipv6(UDP, udp("b"))}, []string{"a", "b"}},
		{"cooked", 113, [][]byte{join(make([]byte, 14), []byte{8, 0}, ipv4(UDP, 1, 0, udp("a")))}, []string{"a"}},
		{"cooked v2", 276, [][]byte{join([]byte{0x86, 0xdd}, make([]byte, 18), ipv6(UDP, udp("a")))}, []string{"a"}},
		{"arp and tcp are skipped", 1, [][]byte{ethernet(0x0806, make([]byte, 28)), ethernet(protoIPv4, ipv4(6, 1, 0, make([]byte, 20))), ethernet(protoIPv4, ipv4(UDP, 1, 0, udp("a")))}, []string{"a"}},
		{"echo", 101, [][]byte{ipv4(ICMP, 1, 0, echo)}, []string{"ping"}},
		{"fragments", 101, [][]byte{ipv4(UDP, 1, 0x2000, whole[:32]), ipv4(UDP, 2, 0, udp("between")), ipv4(UDP, 1, 4, whole[32:])}, []string{"between", string(whole[8:])}},
		{"fragments turned around, one twice", 101, [][]byte{ipv4(UDP, 1, 4, whole[32:]), ipv4(UDP, 1, 0x2002, whole[16:32]), ipv4(UDP, 1, 0x2002, whole[16:32]), ipv4(UDP, 1, 0x2000, whole[:16])}, []string{string(whole[8:])}},
		{"fragments of different datagrams", 101, [][]byte{ipv4(UDP, 1, 0x2000, whole[:32]), ipv4(UDP, 2, 4, whole[32:])}, nil},
		{"fragment of odd length", 101, [][]byte{ipv4(UDP, 1, 0x2000, whole[:31]), ipv4(UDP, 1, 4, whole[32:])}, nil},
		{"fragment beyond the end of IP", 101, [][]byte{ipv4(UDP, 1, 0x1fff, whole)}, nil},
		{"ipv6 fragments", 101, [][]byte{frag6(1, whole[:32]), frag6(32, whole[32:])}, []string{string(whole[8:])}},
		{"ipv6 options", 101, [][]byte{ipv6(hopByHop, join([]byte{byte(destOptions), 0}, make([]byte, 6), []byte{byte(UDP), 1}, make([]byte, 14), udp("a")))}, []string{"a"}},
		{"cut packets", 101, [][]byte{{}, {0x45}, ipv4(UDP, 1, 0, udp("a"))[:25], ipv6(UDP, udp("a"))[:45], ipv4(UDP, 1, 0, udp("abc")[:10]), ipv6(hopByHop, []byte{17, 9, 0, 0, 0, 0, 0, 0})}, nil},
	} {
		all, err := ReadAll(bytes.NewReader(file(c.link, c.in...)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if len(all) != len(c.want) {
			t.Errorf("%s: %d datagrams, want %d", c.name, len(all), len(c.want))
			continue
		}
		for i, d := range all {
			if string(d.Payload) != c.want[i] {
				t.Errorf("%s: payload %q, want %q", c.name, d.Payload, c.want[i])
			}
		}
	}
}

func TestDatagramFields(t *testing.T) {
	echo := append([]byte{129, 0, 0, 0, 0x9a, 0, 0, 7}, "ping"...)
	all, err := ReadAll(bytes.NewReader(file(101, ipv4(UDP, 1, 0, udp("a")), ipv6(ICMPv6, echo))))
	if err != nil || len(all) != 2 {
		t.Fatalf("%d, %v", len(all), err)
	}
	u, e := all[0], all[1]
	if u.Frame != 1 || u.Src != netip.MustParseAddrPort("10.9.0.11:40000") || u.Dst != netip.MustParseAddrPort("10.9.0.12:694") || u.Echo() {
		t.Errorf("udp %+v", u)
	}
	if !u.At.Equal(time.Unix(1000, 250000*1000)) {
		t.Errorf("at %v", u.At)
	}
	if e.Frame != 2 || !e.Echo() || e.Type != 129 || e.ID != 0x9a00 || e.Seq != 7 || e.Src.Addr() != netip.MustParseAddr("fd00::11") {
		t.Errorf("echo %+v", e)
	}
}

func TestByteOrderAndTicks(t *testing.T) {
	little := file(101, ipv4(UDP, 1, 0, udp("a")))
	big := append([]byte{0xa1, 0xb2, 0x3c, 0x4d}, little[4:]...)
	for _, at := range []int{20, 24, 28, 32, 36} {
		binary.BigEndian.PutUint32(big[at:], binary.LittleEndian.Uint32(little[at:]))
	}
	all, err := ReadAll(bytes.NewReader(big))
	if err != nil || len(all) != 1 || !all[0].At.Equal(time.Unix(1000, 250000)) {
		t.Errorf("%v, %v", all, err)
	}
}

func TestBadFiles(t *testing.T) {
	good := file(1, ethernet(protoIPv4, ipv4(UDP, 1, 0, udp("a"))))
	huge := bytes.Clone(good)
	huge[35] = 0x7f
	for _, c := range []struct {
		name string
		in   []byte
		want error
	}{
		{"empty", nil, io.EOF},
		{"cut header", good[:20], io.ErrUnexpectedEOF},
		{"other magic", append([]byte{1, 2, 3, 4}, good[4:]...), ErrFormat},
		{"link type", file(147), ErrFormat},
		{"cut record header", good[:30], io.ErrUnexpectedEOF},
		{"cut packet", good[:len(good)-1], io.ErrUnexpectedEOF},
		{"no packet after its header", good[:40], io.ErrUnexpectedEOF},
		{"huge packet", huge, ErrFormat},
	} {
		if _, err := ReadAll(bytes.NewReader(c.in)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestForgetsOldFragments(t *testing.T) {
	var f fragments
	for id := range uint32(1000) {
		f.add(ipPacket{id: id, more: true, payload: make([]byte, 8)})
	}
	if len(f.pending) != maxPending || f.pending[0].key.id != 1000-maxPending {
		t.Errorf("%d pending, the oldest %d", len(f.pending), f.pending[0].key.id)
	}
}

// The capture holds a datagram in two fragments, frames 9 and 10.
func TestRealFragments(t *testing.T) {
	f, err := os.Open("../testdata/wire/ucast-sha1-compress-zlib.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.Frame == 10 && len(d.Payload) == 2651 {
			return
		}
	}
	t.Error("the datagram of frames 9 and 10 is not whole")
}

func FuzzReadAll(f *testing.F) {
	f.Add(file(1, ethernet(protoIPv4, ipv4(UDP, 1, 0, udp("a"))), ethernet(protoIPv6, ipv6(UDP, udp("b")))))
	f.Add(file(101, ipv4(UDP, 1, 0x2000, udp("01234567")), ipv4(UDP, 1, 2, udp("a"))))
	f.Add(file(101, ipv6(fragment, make([]byte, 16)), ipv6(hopByHop, make([]byte, 16))))
	f.Add(file(276, make([]byte, 60)))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, _ := ReadAll(bytes.NewReader(b))
		for _, d := range all {
			if len(d.Payload) > maxIP || d.Frame == 0 || !d.Src.IsValid() {
				t.Fatalf("%+v", d)
			}
		}
	})
}
