package ipvs

import (
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestNormalise(t *testing.T) {
	address := Service{ServiceID: tcp("10.0.0.1:80")}
	anyPort := Service{ServiceID: tcp("10.0.0.1:0"), Persistent: time.Minute}
	mark := Service{ServiceID: MarkService(5, false)}
	tests := []struct {
		service Service
		forward Forward
		real    string
		want    string
	}{
		{address, Route, "10.0.0.2:8080", "10.0.0.2:80"},
		{address, Tunnel, "10.0.0.2:8080", "10.0.0.2:80"},
		{address, Masq, "10.0.0.2:8080", "10.0.0.2:8080"},
		{address, Route, "10.0.0.2:0", "10.0.0.2:80"},
		{address, Masq, "[::ffff:10.0.0.2]:8080", "10.0.0.2:8080"},
		{anyPort, Route, "10.0.0.2:80", "10.0.0.2:0"},
		{mark, Route, "10.0.0.2:8080", "10.0.0.2:8080"},
		{mark, Masq, "10.0.0.2:0", "10.0.0.2:0"},
	}
	for _, tt := range tests {
		d := Normalise(tt.service, Dest{Addr: netip.MustParseAddrPort(tt.real), Forward: tt.forward, Weight: 3})
		if d.Addr.String() != tt.want || d.Weight != 3 || d.Forward != tt.forward {
			t.Errorf("Normalise(%s, %s %s) = %v, want address %s", tt.service.ServiceID, tt.forward, tt.real, d, tt.want)
		}
	}
}

func TestServiceNormal(t *testing.T) {
	mapped := netip.MustParseAddrPort("[::ffff:10.0.0.1]:80")
	tests := []struct{ in, want Service }{
		{Service{ServiceID: ServiceID{Addr: mapped, Protocol: TCP, IPv6: true}, Netmask: 24, SchedFlags: []string{}},
			Service{ServiceID: tcp("10.0.0.1:80")}},
		{Service{ServiceID: ServiceID{Addr: mapped, Protocol: TCP, FWMark: 5}, Scheduler: "sh", SchedFlags: []string{"flag-2", "sh-port"}},
			Service{ServiceID: MarkService(5, false), Scheduler: "sh", SchedFlags: []string{"sh-port"}}},
		{Service{ServiceID: tcp("[fd00::1]:80"), Persistent: time.Minute, Netmask: 128},
			Service{ServiceID: tcp("[fd00::1]:80"), Persistent: time.Minute}},
		{Service{ServiceID: tcp("[fd00::1]:80"), Persistent: time.Minute, Netmask: 32},
			Service{ServiceID: tcp("[fd00::1]:80"), Persistent: time.Minute, Netmask: 32}},
		{Service{ServiceID: tcp("10.0.0.1:80"), Netmask: HolesMask}, Service{ServiceID: tcp("10.0.0.1:80")}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.in.Normal(), cmpopts.EquateComparable(netip.AddrPort{})); diff != "" {
			t.Errorf("Normal of %+v (-want +got):\n%s", tt.in, diff)
		}
		if !tt.in.Equal(tt.want) {
			t.Errorf("%+v is not equal to its normal form", tt.in)
		}
	}
}

func TestSortedKeepsFirst(t *testing.T) {
	s := Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc"}
	other := s
	other.Scheduler = "rr"
	got := Table{
		{s, []Dest{gate("10.0.0.3:80", 1)}},
		{other, []Dest{gate("10.0.0.2:80", 2), gate("10.0.0.3:80", 9)}},
	}.Sorted().String()
	const want = "-A -t 10.0.0.1:80 -s wlc\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 2\n-a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 1\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSchedFlags(t *testing.T) {
	tests := []struct {
		scheduler string
		names     []string
		bits      uint32
		fault     bool
	}{
		{"sh", []string{"sh-fallback", "sh-port"}, 0x18, false},
		{"mh", []string{"mh-fallback", "flag-2"}, 0x18, false},
		{"rr", []string{"flag-3"}, 0x20, false},
		{"wlc", []string{"flag-1", "sh-port"}, 0x08, true},
		{"sh", []string{"mh-port"}, 0, true},
		{"rr", nil, 0, false},
	}
	for _, tt := range tests {
		bits, err := SchedFlagBits(tt.scheduler, tt.names)
		if bits != tt.bits || (err != nil) != tt.fault {
			t.Errorf("SchedFlagBits(%s, %v) = %#x, %v", tt.scheduler, tt.names, bits, err)
		}
	}
	if got := SchedFlagNames("sh", 0x3b); !cmp.Equal(got, []string{"sh-fallback", "sh-port", "flag-3"}) {
		t.Errorf("SchedFlagNames(sh, 0x3b) = %v", got)
	}
}

func TestIs6(t *testing.T) {
	for id, want := range map[ServiceID]bool{
		tcp("10.0.0.1:80"): false, tcp("[fd00::1]:80"): true, MarkService(1, false): false, MarkService(1, true): true,
		{Addr: netip.MustParseAddrPort("[::ffff:10.0.0.1]:80"), IPv6: true}: false,
	} {
		if id.Is6() != want {
			t.Errorf("Is6 of %s is %t", id, id.Is6())
		}
	}
}
