package mon_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
	"systole/compat/uml"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

const patience = lab.Patience(60 * time.Second)

// monLayer is a directory with the real mon as Debian packages it, to be laid over a host's disk.
// It is fetched once into the project's build directory.
func monLayer(t *testing.T) string {
	t.Helper()
	build, err := lab.BuildDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(build, "layers", "mon")
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "mon.")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(fresh)
	const script = `set -e
apt-get download -q mon libtime-period-perl || { apt-get update -q; apt-get download -q mon libtime-period-perl; }
for p in *.deb; do dpkg-deb -x "$p" root; done
cp -a root/lib/. root/usr/lib/ # /lib is a link to it
rm -r root/lib root/usr/lib/tmpfiles.d # it names an account that is not there
mkdir -p root/run/mon`
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("fetch mon: %v\n%s", err, out)
	}
	if err := os.Rename(filepath.Join(fresh, "root"), dir); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return dir
}

// recorder stands where lvs.alert is, and writes down how it is called: with arguments, variables
// and input. Times are T.
const recorder = `#!/bin/sh
{
	for a; do printf '[%s]' "$a"; done | sed 's/\[-t\]\[[0-9]*\]/[-t][T]/'
	echo
	env | grep ^MON_ | sort | sed 's/=1[0-9]\{9\}$/=T/'
	sed 's/^/| /'
} >/var/log/alert.$$
{ flock 9; cat /var/log/alert.$$ >&9; echo ==; } 9>>/var/log/alerts >&9
`

// site is a host that runs a mon.
type site struct {
	*lab.Host
	lines *lab.Tail
}

func (s *site) write(t *testing.T, name, text string, perm os.FileMode) {
	t.Helper()
	lab.Must(t, s.WriteFile(name, []byte(text), perm))
}

// calls are the alerts that were called, without repeats: how often a failure is seen again before
// somebody mends it is chance. Each failure was seen twice at least: the second call differs from
// the first in what it knows of the run before.
func (s *site) calls(t *testing.T) []string {
	t.Helper()
	text, err := s.ReadFile("/var/log/alerts")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range strings.Split(strings.TrimSuffix(string(text), "==\n"), "==\n") {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// logged are mon's lines in the system log without time, process and repeats.
func (s *site) logged(t *testing.T) []string {
	t.Helper()
	text, err := s.ReadFile(lab.SyslogFile)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^(<[0-9]+>)[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} (mon)\[[0-9]+\](: .*)$`)
	epoch := regexp.MustCompile(`\b1[0-9]{9}\b`)
	var out []string
	for _, line := range strings.Split(string(text), "\n") {
		if m := form.FindStringSubmatch(line); m != nil {
			text := epoch.ReplaceAllString(m[1]+m[2]+m[3], "T")
			if !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// config is how-to 001's, with its en dashes, at a faster pace.
const config = `cfbasedir = /etc/mon
alertdir  = /usr/local/mon/alert.d
mondir    = /usr/lib/mon/mon.d
maxprocs  = 20
histlength = 100
randstart  = 1s
authtype   = getpwnam

hostgroup       realNode-1              10.0.0.146

hostgroup       realNode-2              10.0.0.147

watch realNode-1
    service http
        interval 1s
        monitor http.monitor -t 2
        period wd {Sun-Sat}
            alert lvs.alert -P tcp -V 10.0.0.149:80 –R 10.0.0.146 -W 1 -F dr -X down
            upalert lvs.alert -P tcp -V 10.0.0.149:80 -R 10.0.0.146 –W 1 -F dr

watch realNode-2
    service http
        interval 1s
        monitor http.monitor -t 2
        period wd {Sun-Sat}
            alert lvs.alert -P tcp -V 10.0.0.149:80 -R 10.0.0.147 -W 1 -F dr -X down
            upalert lvs.alert -P tcp -V 10.0.0.149:80 -R 10.0.0.147 –W 1 -F dr
`

// TestBesideMon runs how-to 001's mon.cf under the real mon and under ours, on two hosts that watch
// the same web servers: what they call and what they log is the same.
func TestBesideMon(t *testing.T) {
	l := lab.Test(t)
	ctx := patience.For(t)
	lan := lab.OK(l.Switch("lan"))(t)
	web := lab.OK(l.Host(lab.Spec{Name: "web", Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.0.0.146/24", "10.0.0.147/24")}}))(t)
	sites := []*site{
		{Host: lab.OK(l.Host(lab.Spec{Name: "original", Flavour: lab.Originals, Layers: []string{monLayer(t)}, Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.0.0.1/24")}}))(t)},
		{Host: lab.OK(l.Host(lab.Spec{Name: "ours", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.0.0.2/24")}}))(t)},
	}
	second := lab.OK(web.Web(ctx, netip.MustParseAddrPort("10.0.0.147:80"), "second"))(t)
	lab.OK(sites[1].Check(ctx, "ln", "-s", "systole", "/usr/sbin/mon"))(t)
	for _, s := range sites {
		s.lines = s.Tail("/var/log/alerts")
		defer s.lines.Stop()
		s.write(t, "/usr/local/mon/alert.d/lvs.alert", recorder, 0o755)
		s.write(t, "/etc/mon/mon.cf", config, 0o644)
		s.write(t, "/etc/mon/auth.cf", "command section\nlist: all\n", 0o644)
		lab.OK(s.Check(ctx, "sh", "-c", "mkdir -p /run/mon /var/log/mon /var/lib/mon; cd /; mon -f -c /etc/mon/mon.cf"))(t)
	}
	await := func(re string) {
		t.Helper()
		for _, s := range sites {
			if _, err := s.lines.AwaitLog(ctx, re); err != nil {
				t.Fatalf("%s: %s: %v", s.Name, re, err)
			}
		}
	}
	await(`^MON_LAST_OUTPUT=10\.0\.0\.146`) // an alert that is not the first
	lab.OK(web.Web(ctx, netip.MustParseAddrPort("10.0.0.146:80"), "first"))(t)
	await(`\[-u\].*\[10\.0\.0\.146\]\[–W\]`)
	if err := second.Signal(9); err != nil {
		t.Fatal(err)
	}
	await(`^MON_LAST_OUTPUT=10\.0\.0\.147`)
	for _, s := range sites {
		pid := strings.TrimSpace(lab.OK(s.Check(ctx, "sh", "-c", "cat /run/mon/mon.pid 2>/dev/null || cat /run/mon.pid"))(t))
		log := s.Tail(lab.SyslogFile)
		lab.OK(s.Check(ctx, "kill", pid))(t)
		if _, err := log.AwaitLog(ctx, "exiting"); err != nil {
			t.Fatal(err)
		}
		log.Stop()
	}
	if diff := cmp.Diff(sorted(sites[0].calls(t)), sorted(sites[1].calls(t))); diff != "" {
		t.Errorf("calls: -mon +ours\n%s", diff)
	}
	if diff := cmp.Diff(sorted(sites[0].logged(t)), sorted(sites[1].logged(t))); diff != "" {
		t.Errorf("system log: -mon +ours\n%s", diff)
	}
}

func sorted(all []string) []string {
	slices.Sort(all)
	return all
}

// TestLVSAlert has the alert inside change the kernel's table as how-to 001 wants it: a web server
// goes and comes, and ipvsadm sees it.
func TestLVSAlert(t *testing.T) {
	if uml.Elsewhere(t, uml.Installed) {
		return
	}
	l := lab.Test(t)
	ctx := lab.Patience(5 * time.Minute).For(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := lab.OK(l.Host(lab.Spec{Name: "titanic5.etri.re.kr", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "129.254.203.145/26")}}))(t)
	realServer := lab.OK(l.Host(lab.Spec{Name: "titanic6.etri.re.kr", Ports: map[string]lab.Port{"eth0": lab.On(lan, "129.254.203.146/26")}}))(t)
	web := lab.OK(realServer.Web(ctx, netip.MustParseAddrPort("0.0.0.0:80"), "titanic6"))(t)
	conf, err := os.ReadFile("../../examples/howto-001/titanic5/etc/mon/mon.cf")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.WriteFile("/etc/mon/mon.cf", conf, 0o644); err != nil {
		t.Fatal(err)
	}
	lab.OK(h.Check(ctx, "sh", "-c", "ipvsadm -A -t 129.254.203.149:80 -s rr; ipvsadm -a -t 129.254.203.149:80 -r 129.254.203.146 -g"))(t)
	lab.OK(h.Check(ctx, "systole", "mon", "-f", "-r", "0.1s", "-c", "/etc/mon/mon.cf"))(t)
	await := func(what string, want bool) {
		t.Helper()
		var table string
		if err := lab.Poll(ctx, 100*time.Millisecond, func() (so bool, err error) {
			table, err = h.Check(ctx, "ipvsadm", "-Sn")
			return strings.Contains(table, "-a -t 129.254.203.149:80 -r 129.254.203.146:80 -g -w 1") == want, err
		}); err != nil {
			log, _ := h.ReadFile(lab.SyslogFile)
			t.Fatalf("%s: %v\n%s\n%s", what, err, table, log)
		}
	}
	if err := web.Signal(9); err != nil {
		t.Fatal(err)
	}
	await("the dead server is out", false)
	lab.OK(realServer.Web(ctx, netip.MustParseAddrPort("0.0.0.0:80"), "titanic6"))(t)
	await("it is back", true)
	for _, c := range []struct {
		args string
		code int
	}{{"-u -V 129.254.203.149:80 -R 129.254.203.146", 0}, {"-V 129.254.203.149:80 -R 10.0.0.9", 0}, {"-u -V 129.254.203.150:80 -R 129.254.203.146", 1}} {
		if r := lab.OK(h.Sh(ctx, fmt.Sprintf("systole monitor lvs.alert %s", c.args)))(t); r.Code != c.code {
			t.Errorf("lvs.alert %s: exit code %d, %s", c.args, r.Code, r.Stderr)
		}
	}
}
