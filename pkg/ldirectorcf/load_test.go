package ldirectorcf

import (
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/diag"
	"systole/pkg/ipvs"
)

// load loads a file that must be accepted.
func load(t *testing.T, text string) (*Config, []diag.Diagnostic) {
	t.Helper()
	config, found := Load(fixtureEnv(t), "FILE", []byte(text))
	if diag.Failed(found) {
		t.Fatalf("%q refused: %v", text, found)
	}
	return config, found
}

// one wraps section lines into a file with one virtual.
func one(lines string) string { return "virtual=10.1.0.70:80\n" + lines }

func TestService(t *testing.T) {
	config, _ := load(t, "virtual=10.1.0.70:53\n\treal=10.1.0.11:53 masq 3 l:1 u:2\n\tops=yes\n\tnetmask=255.255.0.0\n\tpersistent=60\n"+
		"\tscheduler=sh\n\tschedflags=sh-port,sh-fallback\nvirtual6=9\n\treal6=[::1] ipip\n")
	want := ipvs.Service{
		ServiceID: ipvs.ServiceID{Addr: netip.MustParseAddrPort("10.1.0.70:53"), Protocol: ipvs.UDP},
		Scheduler: "sh", SchedFlags: []string{"sh-port", "sh-fallback"}, Persistent: time.Minute, Netmask: 16, OnePacket: true,
	}
	got := config.Virtuals[0].Service
	if got.ServiceID != want.ServiceID || got.Scheduler != want.Scheduler || !slices.Equal(got.SchedFlags, want.SchedFlags) ||
		got.Persistent != want.Persistent || got.Netmask != want.Netmask || got.OnePacket != want.OnePacket {
		t.Errorf("service %+v, want %+v", got, want)
	}
	r := config.Virtuals[0].Reals[0]
	if r.Forward != ipvs.Masq || r.Weight != 3 || r.Lower != 1 || r.Upper != 2 || r.Line != 2 {
		t.Errorf("real %+v", r)
	}
	mark := config.Virtuals[1]
	if mark.Service.ServiceID != (ipvs.ServiceID{FWMark: 9, IPv6: true}) || mark.ID != "fwm6:9" || mark.Name != "9" || mark.Protocol() != "fwm" {
		t.Errorf("mark %+v", mark)
	}
}

// TestRangeAcrossBytes is the range that the original's string comparison empties (ldirectord spec 3.2).
func TestRangeAcrossBytes(t *testing.T) {
	config, _ := load(t, one("\treal=59.154.201.254->59.154.202.1:80 gate\n"))
	var got []string
	for _, r := range config.Virtuals[0].Reals {
		got = append(got, r.Addr.String())
	}
	if strings.Join(got, " ") != "59.154.201.254 59.154.201.255 59.154.202.0 59.154.202.1" {
		t.Errorf("range %v", got)
	}
	whole, _ := load(t, one("\treal=255.255.0.0->255.255.255.255:80 gate\n"))
	if n := len(whole.Virtuals[0].Reals); n != maxRange {
		t.Errorf("%d reals, want %d", n, maxRange)
	}
	_, found := Load(Env{}, "FILE", []byte(one("\treal=10.0.0.0->10.1.0.0:80 gate\n")))
	if last := found[len(found)-1]; last.Text != "Invalid Range: 10.0.0.0-10.1.0.0: more than 65536 addresses" || last.Line != 2 {
		t.Errorf("too large a range: %+v", last)
	}
}

func TestLimits(t *testing.T) {
	config, found := load(t, one("\treal=10.1.0.11:80 gate 99999999999 l:4294967296 u:9999999999\n\tpersistent=99999999999\n"))
	r := config.Virtuals[0].Reals[0]
	if r.Weight != 65535 || r.Lower != math.MaxUint32 || r.Upper != math.MaxUint32 {
		t.Errorf("real %+v", r)
	}
	if n := len(found); n != 3 {
		t.Errorf("%d warnings: %v", n, found)
	}
	if p := config.Virtuals[0].Service.Persistent; p != math.MaxInt32*time.Second {
		t.Errorf("persistent %v", p)
	}
	if config, _ := load(t, one("\tnetmask=255.0.255.0\n\tpersistent=1\n")); config.Virtuals[0].Service.Netmask != 8 {
		t.Errorf("netmask %d", config.Virtuals[0].Service.Netmask)
	}
}

// TestInherited checks globals that stand below the section, and fork=yes for the interval.
func TestInherited(t *testing.T) {
	config, _ := load(t, one("\tcheckinterval=3\n\temailalertstatus=none\n")+
		"virtual6=7\nfork=yes\nquiescent=yes\nreaddquiescent=yes\ncleanstop=no\nfallback=127.0.0.1\nfallback6=[::1]:99 masq\n"+
		"fallbackcommand=/x \"y\"\nemailalert=\"a@b\"\nemailalertfrom=c@d\nemailalertfreq=60\nsmtp=mail\ncheckcount=4\nfailurecount=5\n")
	v, mark := config.Virtuals[0], config.Virtuals[1]
	if v.CheckInterval != 3*time.Second || mark.CheckInterval != 10*time.Second {
		t.Errorf("intervals %v %v", v.CheckInterval, mark.CheckInterval)
	}
	if !v.Quiescent || !v.ReaddQuiescent || v.CleanStop || v.CheckCount != 4 || v.FailureCount != 5 || v.FallbackCommand != `/x "y"` {
		t.Errorf("virtual %+v", v)
	}
	if v.Mail.Alert != "a@b" || v.Mail.From != "c@d" || v.Mail.Every != time.Minute || v.Mail.SMTP != "mail" || v.Mail.Status != nil {
		t.Errorf("mail %+v", v.Mail)
	}
	if *v.Fallback != (Fallback{netip.MustParseAddr("127.0.0.1"), 80, ipvs.Route}) {
		t.Errorf("fallback %+v", v.Fallback)
	}
	if *mark.Fallback != (Fallback{netip.MustParseAddr("::1"), 99, ipvs.Masq}) {
		t.Errorf("fallback of the mark %+v", mark.Fallback)
	}
	if config.Global.Fallback.Port != 0 {
		t.Errorf("global fallback changed: %+v", config.Global.Fallback)
	}
}

// TestRefusedKeepsGlobals: the caller logs its exit to the log file read before the error.
func TestRefusedKeepsGlobals(t *testing.T) {
	config, found := Load(Env{}, "FILE", []byte("logfile=\"/tmp/x.log\"\nvirtual=1\n\nfoo\n"))
	if !diag.Failed(found) || config.Global.LogFile != "/tmp/x.log" || config.Virtuals != nil {
		t.Errorf("%+v %v", config, found)
	}
}

// TestZeroEnv checks a file without a machine.
func TestZeroEnv(t *testing.T) {
	config, found := Load(Env{}, "FILE", []byte("logfile=\"/x\"\nmaintenancedir=/x\ncallback=\"/x\"\nvirtual=1.2.3.4:80\n\treal=1.2.3.5:80 gate\n\tmonitorfile=/x\n"))
	if len(found) != 0 || len(config.Virtuals) != 1 {
		t.Errorf("%v", found)
	}
	if _, found := Load(Env{}, "FILE", []byte("virtual=vip:80\n#\n")); !diag.Failed(found) {
		t.Error("a name resolved")
	}
}

// TestWarnings looks for our own words about files that the original accepts in silence.
func TestWarnings(t *testing.T) {
	env := fixtureEnv(t)
	env.Executable = func(path string) bool { return path == "/bin/true" }
	for _, c := range []struct {
		text string
		line int
		want string
	}{
		{"virtual=10.1.0.70\n#\n", 1, "firewall mark 10"},
		{"virtual=5x\n#\n", 1, `"x" is ignored`},
		{"callback=\"/nonesuch\"\n", 1, "cannot be executed"},
		{"logfile=\"lokal0\"\n", 1, "syslog facility"},
		{"execute=\n", 1, "is ignored"},
		{"fallback=\n", 1, "127.0.0.1"},
		{one("\treal=10.1.0.11:80 gate -w 7\n"), 2, `"-w" is ignored`},
		{one("\treal=10.1.0.11:80 gate u:9 l:5\n"), 2, "before the upper threshold"},
		{one("\treal=10.1.0.11:80 gate l:5\n"), 2, "refuses a lower threshold"},
		{one("\treal=10.1.0.11:81 gate\n"), 2, "only masq can change it"},
		{one("\treal=10.1.0.11:80 gate\n\treal=web1:80 gate\n"), 3, "stands on line 2 too"},
		{one("\treal=10.1.0.11:80 gate 1 \"/a\",\"b\" c\n"), 2, `"c" is ignored`},
		{one("\tscheduler=wlv\n"), 2, "did you mean wlc?"},
		{one("\tschedflags=sh-prot\n"), 2, "did you mean sh-port?"},
		{one("\tnetmask=255.255.255.0\n"), 1, "without persistent="},
		{one("\tnetmask=0.0.0.0\n"), 2, "prefix of 32 bits"},
		{one("\tops=yes\n"), 1, "protocol=udp"},
		{one("\tchecktype=external\n"), 1, "checkcommand= is not given"},
		{one("\tchecktype=external\n\tcheckcommand=/bin/check me\n"), 1, "no arguments"},
		{one("\tchecktype=external-perl\n\tcheckcommand=/bin/check\n"), 1, "cannot be executed"},
		{one("\tservice=mysql\n\tlogin=\"x\"\n\treal=web1:80 gate\n"), 1, "database check"},
		{"virtual=10.1.0.70:0\n#\n", 1, "port 0"},
	} {
		_, found := Load(env, "FILE", []byte(c.text))
		if !slices.ContainsFunc(found, func(d diag.Diagnostic) bool {
			return d.Severity == diag.Warning && d.Text == "" && d.Line == c.line && strings.Contains(d.Remedy, c.want)
		}) || diag.Failed(found) {
			t.Errorf("%q: no %q on line %d: %v", c.text, c.want, c.line, found)
		}
		for _, d := range found {
			if line := Format(d, 1); d.Text == "" && line != "" {
				t.Errorf("%q prints %q", c.text, line)
			}
		}
	}
}

// TestRemedies are the hints that no file of testdata/bad brings out.
func TestRemedies(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"checktimeout 10\n", "write checktimeout=10"},
		{"checktimeout x =10\n", "nothing between the name and the ="},
		{"quiesent=yes\n", "did you mean quiescent?"},
		{"Virtual=1.2.3.4:80\n", "did you mean virtual?"},
		{"service=http\n", "under a virtual= line"},
		{"autoreload=true\n", "write autoreload=yes"},
		{"autoreload=\"yes\"\n", "write autoreload=yes"},
		{"emailalertstatus=running stopping\n", "by commas"},
		{"emailalertstatus=runing\n", "did you mean running?"},
		{"emailalertstatus=running \n", "remove the blank after running"},
		{"emailalertstatus=all\r\n", "carriage return"},
		{"virtual=vip1\n#\n", "write vip1:80"},
		{"virtual=[::1]\n#\n", "virtual6=[ADDRESS]:PORT"},
		{"virtual6=[::1]\n#\n", "virtual6=[ADDRESS]:PORT"},
		{"virtual6=::1:80\n#\n", "brackets"},
		{"virtual=300.1.1.1:80\n#\n", "below 256"},
		{"virtual=5\n\tfallback=127.0.0.1:http\n", "port as a number"},
		{"virtual=1.2.3.4:80\n\tvirtual=1.2.3.4:81\n", "column 0"},
		{"virtual=1.2.3.4:80\n\tfork=yes\n", "column 0 above"},
		{"virtual=1.2.3.4:80\n\tsheduler=rr\n", "did you mean scheduler?"},
		{"virtual=1.2.3.4:80\n\tscheduler rr\n", "write scheduler=rr"},
		{"virtual=1.2.3.4:80\n\tlogin=\"a#b\"\n", "# starts a comment"},
		{"virtual=1.2.3.4:80\n\tlogin=ab # \"c\"\n", `login="ab"`},
		{"virtual=1.2.3.4:80\n\tnetmask=255.255.255.0 #\n", "remove the blank"},
		{"virtual=1.2.3.4:80\n\tnetmask=/16\n", "netmask=255.255.0.0"},
		{"virtual=1.2.3.4:80\n\treal=1.1.1.1:80 dr\n", "write gate"},
		{"virtual=1.2.3.4:80\n\treal=1.1.1.1:80 gate 1 'a','b'\n", "double quotes"},
		{"virtual=1.2.3.4:80\n\treal=1.1.1.1:80 gate 1 l:x\n", "l:5 u:20"},
		{"virtual=1.2.3.4:80\n\treal=\n", "ADDRESS[:PORT] METHOD"},
		{"virtual=1.2.3.4:80\nfork=no\n\treal=1.1.1.1 gate\n", "line 2 ended the virtual of line 1"},
	} {
		_, found := Load(fixtureEnv(t), "FILE", []byte(c.text))
		if len(found) == 0 || !diag.Failed(found) || !strings.Contains(found[len(found)-1].Remedy, c.want) {
			t.Errorf("%q: no %q: %v", c.text, c.want, found)
		}
	}
}
