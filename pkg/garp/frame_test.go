package garp

import (
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
)

// The frames of the original's send_arp, byte for byte.
func TestFramesOfTheOriginal(t *testing.T) {
	text, err := os.ReadFile("testdata/send_arp.txt")
	if err != nil {
		t.Fatal(err)
	}
	make := map[string]func(from, mac net.HardwareAddr, ip netip.Addr) ([]byte, error){
		"request": Request, "reply": Reply,
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	if len(lines) != 4 {
		t.Fatalf("%d frames", len(lines))
	}
	for _, line := range lines {
		w := strings.Fields(line)
		got, err := make[w[3]](mac(t, w[0]), mac(t, w[1]), netip.MustParseAddr(w[2]))
		if err != nil || hex.EncodeToString(got) != w[4] {
			t.Errorf("%s %s: %v\ngot  %x\nwant %s", w[3], w[1], err, got, w[4])
		}
		claim, ok := ParseClaim(got)
		if !ok || claim.MAC.String() != w[1] || claim.IP.String() != w[2] {
			t.Errorf("%s: parsed as %+v %v", line, claim, ok)
		}
	}
}

func TestRefused(t *testing.T) {
	good, ip := mac(t, "5e:df:dd:9f:3b:e0"), netip.MustParseAddr("10.0.0.1")
	if _, err := Request(nil, good, ip); !errors.Is(err, ErrNotEthernet) {
		t.Errorf("no MAC: %v", err)
	}
	if _, err := Reply(good, good[:4], ip); !errors.Is(err, ErrNotEthernet) {
		t.Errorf("short MAC: %v", err)
	}
	if _, err := Request(good, good, netip.MustParseAddr("fd00::1")); err == nil {
		t.Error("IPv6 accepted")
	}
}

func TestParseClaimIgnores(t *testing.T) {
	from, ip := mac(t, "5e:df:dd:9f:3b:e0"), netip.MustParseAddr("10.0.0.1")
	question, err := probe(from, ip)
	if err != nil {
		t.Fatal(err)
	}
	good, err := Request(from, from, ip)
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, to byte) []byte {
		b := append([]byte(nil), good...)
		b[at] = to
		return b
	}
	for name, b := range map[string][]byte{
		"probe":            question,
		"short":            good[:FrameLen-1],
		"empty":            nil,
		"other ethertype":  change(13, 0),
		"other hardware":   change(15, 6),
		"other protocol":   change(16, 0x86),
		"long MACs":        change(18, 20),
		"huge MACs":        change(18, 255),
		"long addresses":   change(19, 16),
		"reverse ARP":      change(21, 3),
		"operation 0":      change(21, 0),
		"huge IP addresse": change(19, 255),
	} {
		if c, ok := ParseClaim(b); ok {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func FuzzParseClaim(f *testing.F) {
	for _, s := range []string{
		"ffffffffffff5edfdd9f3be0080600010800060400015edfdd9f3be079feaf4600000000000079feaf46",
		"ffffffffffff5edfdd9f3be0080600010800ff0400015edfdd9f3be079feaf4600000000000079feaf46",
	} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, ok := ParseClaim(b); ok && (len(c.MAC) != 6 || !c.IP.Is4() || c.IP.IsUnspecified()) {
			t.Fatalf("%x: %+v", b, c)
		}
	})
}

func mac(t *testing.T, text string) net.HardwareAddr {
	t.Helper()
	m, err := net.ParseMAC(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
