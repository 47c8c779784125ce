package uml

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"

	"systole/compat/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

// run runs a line of shell in User-Mode Linux.
func run(t *testing.T, m Machine, script string) (string, int, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	var out bytes.Buffer
	m.Output = &out
	code, err := m.Run(t.Context(), "/bin/sh", "-c", script)
	return out.String(), code, err
}

func TestIPVS(t *testing.T) {
	out, code, err := run(t, Machine{}, `ipvsadm -A -t 10.0.0.1:80 -s wlc && ipvsadm -a -t 10.0.0.1:80 -r 10.0.0.2 -g && ipvsadm -Ln`)
	if err != nil || code != 0 {
		t.Fatalf("exit code %d, error %v: %s", code, err, out)
	}
	for _, want := range []string{"IP Virtual Server version", "10.0.0.1:80 wlc", "10.0.0.2:80"} {
		if !strings.Contains(out, want) {
			t.Errorf("output lacks %q: %s", want, out)
		}
	}
}

func TestCommandComesThrough(t *testing.T) {
	dir := t.TempDir()
	out, code, err := run(t, Machine{Share: []string{dir}, Env: []string{"X=it's"}, Dir: dir}, `pwd; echo "$X"; echo written > f; echo bad >&2; exit 7`)
	if err != nil || code != 7 {
		t.Fatalf("exit code %d, want 7; error %v", code, err)
	}
	if want := dir + "\nit's\nbad\n"; out != want {
		t.Errorf("output %q, want %q", out, want)
	}
	if text, err := os.ReadFile(dir + "/f"); string(text) != "written\n" {
		t.Errorf("file written inside has %q (%v)", text, err)
	}
}

func TestRootStaysClean(t *testing.T) {
	if _, code, err := run(t, Machine{}, `echo x > /etc/uml-was-here; mkdir /new`); code != 0 || err != nil {
		t.Fatalf("exit code %d, error %v", code, err)
	}
	roots, err := lab.EnsureRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"/etc/uml-was-here", "/new"} {
		if _, err := os.Lstat(roots.Bare + name); err == nil {
			t.Errorf("%s appeared in the root that all machines share", name)
		}
	}
}

func TestPanicAndLimitAreErrors(t *testing.T) {
	for what, c := range map[string]struct {
		m      Machine
		script string
	}{
		"panic": {Machine{}, "echo c > /proc/sysrq-trigger"},
		"limit": {Machine{Limit: 1}, "sleep 1000"},
	} {
		if _, code, err := run(t, c.m, c.script); !errors.Is(err, ErrDied) {
			t.Errorf("%s: exit code %d, error %v; want %v", what, code, err, ErrDied)
		}
	}
}

func TestCancel(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	ctx, cancel := context.WithCancel(t.Context())
	said := writerFunc(func(b []byte) (int, error) { cancel(); return len(b), nil })
	if _, err := (Machine{Output: said}).Run(ctx, "/bin/sh", "-c", "echo up; sleep 1000"); !errors.Is(err, ErrDied) {
		t.Errorf("error %v, want %v", err, ErrDied)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// TestLabInside makes a lab of hosts in User-Mode Linux: a director with real
// IPVS in front of a web server, and a client.
func TestLabInside(t *testing.T) {
	if Elsewhere(t) {
		return
	}
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	host := func(name, addr string) *lab.Host {
		return lab.OK(l.Host(lab.Spec{Name: name, Ports: map[string]lab.Port{"eth0": lab.On(lan, addr)}}))(t)
	}
	director, real, client := host("director", "10.0.0.1/24"), host("real", "10.0.0.2/24"), host("client", "10.0.0.3/24")
	lab.OK(real.Web(t.Context(), addrPort("0.0.0.0:80"), "real-web"))(t)
	lab.OK(real.Check(t.Context(), "sh", "-c", "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 && ip addr add 10.0.0.70/32 dev lo"))(t)
	lab.OK(director.Check(t.Context(), "sh", "-c", "ip addr add 10.0.0.70/32 dev eth0 && ipvsadm -A -t 10.0.0.70:80 && ipvsadm -a -t 10.0.0.70:80 -r 10.0.0.2 -g"))(t)
	web := client.Ask(addrPort("10.0.0.70:80"), "/gunnm.lvs", lab.Pace{Every: 200e6, Timeout: 5e9})
	defer web.Stop()
	lab.OK(web.AwaitServer(t.Context(), "real-web"))(t)
	if err := director.Delay("eth0", 1e6, 0); err != nil {
		t.Error(err)
	}
	if err := director.Cut("eth0"); err != nil {
		t.Error(err)
	}
	if err := director.Heal("eth0"); err != nil {
		t.Error(err)
	}
}
func addrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }
