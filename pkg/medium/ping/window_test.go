package ping

import (
	"net/netip"
	"testing"
)

func TestWindow(t *testing.T) {
	var w window
	for _, c := range []struct {
		seq  uint16
		want bool
	}{
		{0, true}, {0, false}, {1, true}, {0, false}, {127, true}, {128, true}, {127, false},
		{0, true}, // left the window with 128
		{65535, true}, {65535, false}, {1, false},
	} {
		if got := w.first(c.seq); got != c.want {
			t.Errorf("%d: %v", c.seq, got)
		}
	}
}

// What other programs' raw sockets may see must not be taken for a reply of ours.
func TestReplyRefusals(t *testing.T) {
	head := []byte{0x45, 0, 0, 32, 0, 0, 0, 0, 64, 1, 0, 0, 10, 9, 0, 1, 10, 9, 0, 11}
	packet := func(typ byte, id uint16, payload string) []byte {
		b := append([]byte(nil), head...)
		b = append(b, typ, 0, 0, 0, byte(id>>8), byte(id), 0, 1)
		return append(b, payload...)
	}
	s := &session{id: 0x9a00, wire: protocolOf(netip.MustParseAddr("10.9.0.1"))}
	for _, c := range []struct {
		name   string
		packet []byte
		want   bool
	}{
		{"ours", packet(0, 0x9a00, "data"), true},
		{"request", packet(8, 0x9a00, "data"), false},
		{"other identifier", packet(0, 0x9a01, "data"), false},
		{"empty payload", packet(0, 0x9a00, ""), true},
		{"cut echo", packet(0, 0x9a00, "")[:25], false},
		{"cut header", head[:12], false},
		{"header only", head, false},
		{"nothing", nil, false},
	} {
		if _, got := s.reply(c.packet); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
