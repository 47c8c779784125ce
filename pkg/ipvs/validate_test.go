package ipvs

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestServiceValidate(t *testing.T) {
	good := Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc"}
	with := func(f func(*Service)) Service { s := good; f(&s); return s }
	tests := []struct {
		service Service
		want    string
	}{
		{good, ""},
		{with(func(s *Service) { s.Scheduler = "a234567890_2-45" }), ""},
		{with(func(s *Service) { s.Persistent = MaxPersistent }), ""},
		{with(func(s *Service) { s.ServiceID = tcp("10.0.0.1:0"); s.Persistent = time.Second }), ""},
		{with(func(s *Service) { s.ServiceID = MarkService(1, true); s.OnePacket = true; s.Netmask = 128 }), ""},
		{with(func(s *Service) { s.ServiceID = ServiceID{} }), "neither an address nor a firewall mark"},
		{with(func(s *Service) { s.FWMark = 3 }), "both firewall mark 3 and address 10.0.0.1:80"},
		{with(func(s *Service) { s.Protocol = 47 }), "protocol 47"},
		{with(func(s *Service) { s.ServiceID = tcp("[fe80::1%eth0]:80") }), "has a zone"},
		{with(func(s *Service) { s.Scheduler = "" }), `scheduler name ""`},
		{with(func(s *Service) { s.Scheduler = "wlc; rm" }), "scheduler name"},
		{with(func(s *Service) { s.Scheduler = "a2345678901234567" }), "scheduler name"},
		{with(func(s *Service) { s.SchedFlags = []string{"sh-port"} }), `flag "sh-port" is not one of scheduler "wlc"`},
		{with(func(s *Service) { s.Persistent = -time.Second }), "persistence of -1s"},
		{with(func(s *Service) { s.Persistent = 1500 * time.Millisecond }), "persistence of 1.5s"},
		{with(func(s *Service) { s.Persistent = MaxPersistent + time.Second }), "from 0 to 2678400"},
		{with(func(s *Service) { s.Netmask = 33 }), "netmask length 33 is not from 0 to 32"},
		{with(func(s *Service) { s.Netmask = HolesMask }), "netmask length -1"},
		{with(func(s *Service) { s.ServiceID = tcp("10.0.0.1:0") }), "zero port specified for non-persistent service"},
		{with(func(s *Service) { s.OnePacket = true }), "only for udp"},
	}
	for _, tt := range tests {
		check(t, tt.service.String(), tt.service.Validate(), tt.want)
	}
}

func TestDestValidate(t *testing.T) {
	v4, v6 := Service{ServiceID: tcp("10.0.0.1:80")}, Service{ServiceID: tcp("[fd00::1]:80")}
	mark6 := Service{ServiceID: MarkService(5, true)}
	tests := []struct {
		service Service
		dest    Dest
		want    string
	}{
		{v4, gate("10.0.0.2:80", MaxWeight), ""},
		{v4, masq("10.0.0.2:0", 0), ""},
		{v4, gate("127.0.0.1:80", 1), ""},
		{v4, gate("[::ffff:10.0.0.2]:80", 1), ""},
		{mark6, gate("[fd00::2]:80", 1), ""},
		{v4, gate("10.0.0.2:80", MaxWeight+1), "weight 65536 is not from 0 to 65535"},
		{v4, gate("10.0.0.2:80", -1), "weight -1"},
		{v4, gate("[fd00::2]:80", 1), "families may not be mixed"},
		{v6, gate("10.0.0.2:80", 1), "families may not be mixed"},
		{mark6, gate("10.0.0.2:80", 1), "families may not be mixed"},
		{v4, gate("0.0.0.0:80", 1), "not a unicast address"},
		{v4, gate("224.0.0.1:80", 1), "not a unicast address"},
		{v4, gate("255.255.255.255:80", 1), "not a unicast address"},
		{v6, gate("[ff02::1]:80", 1), "not a unicast address"},
		{v6, gate("[fe80::1%eth0]:80", 1), "has a zone"},
		{v4, Dest{}, "no address"},
		{v4, Dest{Addr: netip.MustParseAddrPort("10.0.0.2:80"), Forward: 4}, "forwarding method 4"},
		{v4, Dest{Addr: netip.MustParseAddrPort("10.0.0.2:80"), Lower: 5}, "lower threshold 5 is above upper threshold 0"},
	}
	for _, tt := range tests {
		check(t, tt.dest.String(), tt.dest.Validate(tt.service), tt.want)
	}
}

func TestChangeValidate(t *testing.T) {
	s := Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc"}
	heavy := gate("10.0.0.2:80", 70000)
	tests := []struct {
		change Change
		want   string
	}{
		{Change{Op: DelService, Service: Service{ServiceID: s.ServiceID}}, ""},
		{Change{Op: DelService}, "neither an address"},
		{Change{Op: AddService}, "neither an address"},
		{Change{Op: AddDest, Dest: heavy}, "neither an address"},
		{Change{DelDest, s, heavy}, ""},
		{Change{AddDest, s, heavy}, "weight 70000"},
		{Change{EditDest, s, heavy}, "weight 70000"},
		{Change{DelDest, s, gate("[fd00::2]:80", 1)}, "families may not be mixed"},
		{Change{Op: 17, Service: s}, "operation 17 is not known"},
	}
	for _, tt := range tests {
		check(t, tt.change.String(), tt.change.Validate(), tt.want)
	}
}

func TestTableValidateNamesEveryFault(t *testing.T) {
	s := Service{ServiceID: tcp("10.0.0.1:80"), Scheduler: "wlc"}
	bad := Service{ServiceID: MarkService(5, false), Scheduler: "?"}
	if err := (Table{{s, []Dest{gate("10.0.0.2:80", 1)}}}).Validate(); err != nil {
		t.Errorf("good table: %v", err)
	}
	err := Table{{s, []Dest{gate("10.0.0.2:80", 1), gate("10.0.0.3:80", 65536)}}, {bad, nil}}.Validate()
	check(t, "table", err, "-t 10.0.0.1:80: weight 65536")
	check(t, "table", err, "-f 5: scheduler name")
}

func check(t *testing.T, what string, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: refused: %v", what, err)
	case want != "" && err == nil:
		t.Errorf("%s: accepted, want %q", what, want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}
