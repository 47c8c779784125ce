package ipvs

import (
	"net/netip"
	"testing"
	"time"
)

func tcp(addr string) ServiceID { return AddrService(TCP, netip.MustParseAddrPort(addr)) }

func gate(addr string, weight int) Dest {
	return Dest{Addr: netip.MustParseAddrPort(addr), Forward: Route, Weight: weight}
}

func masq(addr string, weight int) Dest {
	return Dest{Addr: netip.MustParseAddrPort(addr), Forward: Masq, Weight: weight}
}

// The texts were taken from "ipvsadm -Sn" and "ipvsadm -Ln" on Linux 6.1.
func TestServiceText(t *testing.T) {
	tests := []struct {
		service       Service
		args, options string
	}{
		{Service{ServiceID: tcp("10.0.0.1:0"), Scheduler: "rr", Persistent: 6 * time.Minute},
			"-t 10.0.0.1:0 -s rr -p 360", "rr persistent 360"},
		{Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc", Persistent: time.Hour, Netmask: 24},
			"-t 10.0.0.1:80 -s wlc -p 3600 -M 255.255.255.0", "wlc persistent 3600 mask 255.255.255.0"},
		{Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc", Persistent: time.Hour, Netmask: 32},
			"-t 10.0.0.1:80 -s wlc -p 3600", "wlc persistent 3600"},
		{Service{ServiceID: tcp("[fd00::1]:80"), Scheduler: "wrr", Persistent: time.Minute, Netmask: 64},
			"-t [fd00::1]:80 -s wrr -p 60 -M 64", "wrr persistent 60 mask 64"},
		{Service{ServiceID: AddrService(UDP, netip.MustParseAddrPort("10.0.0.1:53")), Scheduler: "rr", OnePacket: true,
			SchedFlags: []string{"flag-3", "flag-1"}},
			"-u 10.0.0.1:53 -s rr -o -b flag-1,flag-3", "rr (flag-1,flag-3) ops"},
		{Service{ServiceID: AddrService(SCTP, netip.MustParseAddrPort("10.0.0.6:80")), Scheduler: "sh"},
			"--sctp-service 10.0.0.6:80 -s sh", "sh"},
		{Service{ServiceID: MarkService(5, false), Scheduler: "sh", SchedFlags: []string{"sh-port", "flag-1"}},
			"-f 5 -s sh -b sh-fallback,sh-port", "sh (sh-fallback,sh-port)"},
		{Service{ServiceID: MarkService(7, true), Scheduler: "mh", SchedFlags: []string{"mh-port"}},
			"-f 7 -6 -s mh -b mh-port", "mh (mh-port)"},
	}
	for _, tt := range tests {
		if got := tt.service.String(); got != tt.args {
			t.Errorf("String() = %q, want %q", got, tt.args)
		}
		if got := tt.service.Options(); got != tt.options {
			t.Errorf("Options() of %s = %q, want %q", tt.args, got, tt.options)
		}
		if err := tt.service.Validate(); err != nil {
			t.Errorf("Validate() of %s: %v", tt.args, err)
		}
	}
}

func TestChangeText(t *testing.T) {
	s := Service{ServiceID: tcp("121.254.175.70:80"), Scheduler: "wlc", Persistent: time.Hour}
	ipip := gate("10.0.0.3:80", 0)
	ipip.Forward = Tunnel
	ipip.Upper, ipip.Lower = 100, 50
	tests := []struct {
		change Change
		want   string
	}{
		{Change{Op: AddService, Service: s}, "-A -t 121.254.175.70:80 -s wlc -p 3600"},
		{Change{Op: EditService, Service: s}, "-E -t 121.254.175.70:80 -s wlc -p 3600"},
		{Change{Op: DelService, Service: s}, "-D -t 121.254.175.70:80"},
		{Change{AddDest, s, gate("121.254.175.74:80", 1)}, "-a -t 121.254.175.70:80 -r 121.254.175.74:80 -g -w 1"},
		{Change{AddDest, s, ipip}, "-a -t 121.254.175.70:80 -r 10.0.0.3:80 -i -w 0 -x 100 -y 50"},
		{Change{EditDest, s, masq("10.0.0.4:8080", 65535)}, "-e -t 121.254.175.70:80 -r 10.0.0.4:8080 -m -w 65535"},
		{Change{DelDest, s, gate("121.254.175.74:80", 1)}, "-d -t 121.254.175.70:80 -r 121.254.175.74:80"},
	}
	for _, tt := range tests {
		if got := tt.change.String(); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

// The order of the listing: mark, family, protocol, address, port.
func TestTableText(t *testing.T) {
	rr := func(id ServiceID) Service { return Service{ServiceID: id, Scheduler: "rr"} }
	table := Table{
		{Service: rr(MarkService(9, false))},
		{Service: rr(MarkService(5, true))},
		{Service: rr(tcp("[fd00::1]:80"))},
		{Service: rr(AddrService(UDP, netip.MustParseAddrPort("10.0.0.1:53")))},
		{Service: rr(tcp("10.0.0.2:80"))},
		{Service: rr(tcp("10.0.0.1:443"))},
		{Service: rr(tcp("10.0.0.1:80")), Dests: []Dest{masq("10.0.0.30:80", 1), gate("10.0.0.4:81", 2), gate("10.0.0.4:82", 3)}},
	}
	const want = `-A -t 10.0.0.1:80 -s rr
-a -t 10.0.0.1:80 -r 10.0.0.4:80 -g -w 2
-a -t 10.0.0.1:80 -r 10.0.0.30:80 -m -w 1
-A -t 10.0.0.1:443 -s rr
-A -t 10.0.0.2:80 -s rr
-A -u 10.0.0.1:53 -s rr
-A -t [fd00::1]:80 -s rr
-A -f 5 -6 -s rr
-A -f 9 -s rr
`
	if got := table.Normal().String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestUnknownNumbersHaveText(t *testing.T) {
	tests := []struct{ got, want string }{
		{Protocol(47).String(), "47"}, {TCP.String(), "tcp"}, {UDP.String(), "udp"}, {SCTP.String(), "sctp"},
		{Forward(4).String(), "4"}, {Local.String(), "Local"}, {Masq.String(), "Masq"},
		{Tunnel.String(), "Tunnel"}, {Route.String(), "Route"}, {Op(99).String(), "99"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
