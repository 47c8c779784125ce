package udp

import (
	"net/netip"
	"testing"
)

func TestBroadcastOf(t *testing.T) {
	for _, c := range []struct{ addr, mask, want string }{
		{"10.9.0.11", "255.255.255.0", "10.9.0.255"},
		{"172.16.5.4", "255.240.0.0", "172.31.255.255"},
		{"10.9.0.1", "255.255.255.252", "10.9.0.3"},
		{"10.9.0.1", "0.0.0.0", "255.255.255.255"},
		{"10.9.0.1", "255.255.255.254", ""},
		{"10.9.0.1", "255.255.255.255", ""},
	} {
		got, err := broadcastOf(netip.MustParseAddr(c.addr), netip.MustParseAddr(c.mask))
		if (err != nil) != (c.want == "") || err == nil && got.String() != c.want {
			t.Errorf("%s/%s: %s, %v, want %q", c.addr, c.mask, got, err, c.want)
		}
	}
}
