package main

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"systole/compat/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	code := m.Run()
	os.RemoveAll(workshop())
	os.Exit(code)
}

const (
	root    = "../.."
	version = "v9.8.7"
	newer   = "v9.9.0"
)

// workshop is a directory of this program's own.
var workshop = sync.OnceValue(func() string {
	dir, err := os.MkdirTemp("", "pack")
	if err != nil {
		panic(err)
	}
	return dir
})

// build builds what a package holds, once, and returns where the programs are.
var build = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(workshop(), "bin")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -buildid=", "-o", dir+"/", "./cmd/...")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	text, err := cmd.CombinedOutput()
	if err != nil {
		os.Stderr.Write(text)
	}
	return dir, err
})

// kinds are the packages that tests need: of two versions, the second newer.
func kinds() []order {
	var out []order
	for _, format := range []string{"deb", "rpm"} {
		for _, v := range []string{version, newer} {
			out = append(out, order{format: format, arch: runtime.GOARCH, version: v, src: root, level: 1, made: time.Unix(1_500_000_000, 0).UTC()})
		}
	}
	return out
}

// packages makes them, once, and returns their paths, in the order of kinds.
var packages = sync.OnceValues(func() ([]string, error) {
	bin, err := build()
	if err != nil {
		return nil, err
	}
	paths := make([]string, len(kinds()))
	var g errgroup.Group
	for i, o := range kinds() {
		g.Go(func() (err error) {
			o.bin, o.out = bin, filepath.Join(workshop(), o.format+o.version)
			paths[i], err = o.pack()
			return err
		})
	}
	return paths, g.Wait()
})

// made returns the path of a package.
func made(t *testing.T, format, version string) string {
	t.Helper()
	paths := lab.OK(packages())(t)
	return paths[slices.IndexFunc(kinds(), func(o order) bool { return o.format == format && o.version == version })]
}

const (
	activeName = "lvsactive.gunnm.xyz"
	howto      = root + "/examples/howto-000/active/etc/ha.d"
)

var (
	vip     = netip.MustParseAddr("121.254.175.70")
	gateway = netip.MustParseAddr("121.254.175.65")
)

// patience is for one command, and for everything that must come to be.
const patience = lab.Patience(time.Minute)

// machine is a host on which packages are installed.
type machine struct {
	*lab.Host
	t *testing.T
}

// newMachine makes the active director of how-to 000, and the gateway that it pings.
func newMachine(t *testing.T, f lab.Flavour) machine {
	t.Helper()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	lab.OK(l.Host(lab.Spec{Name: "gateway", Ports: map[string]lab.Port{"eth0": lab.On(lan, gateway.String()+"/28")}}))(t)
	m := machine{lab.OK(l.Host(lab.Spec{Name: activeName, Flavour: f, Ports: map[string]lab.Port{"eth0": lab.On(lan, "121.254.175.77/28")},
		EtcHosts: "121.254.175.77 " + activeName + "\n"}))(t), t}
	m.write("/usr/sbin/policy-rc.d", policy(0), 0o755)
	return m
}

// policy is the script that tells packages whether they may start and stop services: 0 for yes, 101
// for no. Without one invoke-rc.d asks for the runlevel, which a host without an init system
// does not have.
func policy(code int) string {
	if code == 0 {
		return "#!/bin/sh\nexit 0\n"
	}
	return "#!/bin/sh\nexit 101\n"
}

func (m machine) write(name, text string, perm os.FileMode) {
	m.t.Helper()
	lab.Must(m.t, m.WriteFile(name, []byte(text), perm))
}

// copies puts a file of this machine on the host.
func (m machine) copies(from, to string, perm os.FileMode) {
	m.t.Helper()
	lab.Must(m.t, m.Install(from, to, perm))
}

// does runs a command and returns everything it printed, and its exit code.
func (m machine) does(argv ...string) (string, int) {
	m.t.Helper()
	r := lab.OK(m.Run(patience.For(m.t), argv...))(m.t)
	return r.Stdout + r.Stderr, r.Code
}

// run is does for a command that must succeed.
func (m machine) run(argv ...string) string {
	m.t.Helper()
	text, code := m.does(argv...)
	if code != 0 {
		m.t.Fatalf("%q: exit code %d\n%s", argv, code, text)
	}
	return text
}

func (m machine) sh(script string) string {
	m.t.Helper()
	return m.run("/bin/sh", "-c", script)
}

// apt installs or removes without a network: what it needs lies on the disk.
func (m machine) apt(what string, files ...string) string {
	m.t.Helper()
	return m.run(append([]string{"apt-get", "-q", "-y", "-o", "Dpkg::Options::=--force-confold", what}, files...)...)
}

// holds waits until the machine has the service address, or has it not.
func (m machine) holds(here bool) {
	m.t.Helper()
	lab.OK(m.AwaitAddr(patience.For(m.t), vip, here))(m.t)
}

// settles waits until the daemon holds everything and nothing is in transition: before that a stop is
// delayed.
func (m machine) settles() {
	m.t.Helper()
	text := ""
	if !patience.Within(m.t, func() bool { text, _ = m.does("cl_status", "rscstatus"); return strings.TrimSpace(text) == "all" }) {
		m.t.Fatalf("after a minute cl_status rscstatus says %s", text)
	}
}

// maker says whose daemon runs. Both rename their process; only the original has children.
func (m machine) maker() string {
	m.t.Helper()
	text := m.sh("ps -eo args")
	switch {
	case !strings.Contains(text, "heartbeat: master control process"):
		return "nobody"
	case strings.Contains(text, "heartbeat: FIFO reader"):
		return "original"
	}
	return "systole"
}

func (m machine) is(maker string) {
	m.t.Helper()
	if who := m.maker(); who != maker {
		m.t.Errorf("the daemon is %s, want %s", who, maker)
	}
}

// showsLog prints the daemons' log if the test fails.
func (m machine) showsLog(name string) {
	m.t.Cleanup(func() {
		if text, err := m.ReadFile(name); m.t.Failed() && err == nil {
			m.t.Logf("%s\n%s", name, text)
		}
	})
}
