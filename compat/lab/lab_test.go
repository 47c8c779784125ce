package lab

import (
	"bufio"
	"context"
	"errors"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Main(Applet{"crasher", crasher})
	os.Exit(m.Run())
}

// patience is for events that come within seconds on any machine.
const patience = Patience(time.Minute)

func pair(t *testing.T, f Flavour) (*Lab, *Host, *Host) {
	t.Helper()
	l := Test(t)
	lan := OK(l.Switch("lan", "10.0.0.254/24"))(t)
	gw := netip.MustParseAddr("10.0.0.254")
	a := OK(l.Host(Spec{Name: "a", Flavour: f, Gateway: gw, Ports: map[string]Port{"eth0": On(lan, "10.0.0.1/24")}}))(t)
	b := OK(l.Host(Spec{Name: "b", Flavour: f, Gateway: gw, Ports: map[string]Port{"eth0": On(lan, "10.0.0.2/24")}}))(t)
	return l, a, b
}

func TestHostLooksLikeAMachine(t *testing.T) {
	_, a, _ := pair(t, Bare)
	for _, c := range []struct{ script, want string }{
		{"hostname", "a\n"},
		{"cat /etc/hostname", "a\n"},
		{"id -un hacluster; id -gn hacluster", "hacluster\nhaclient\n"},
		{"readlink /proc/self/ns/net | grep -c net", "1\n"},
		{"cat /proc/1/cmdline | tr '\\0' ' ' | grep -c lab:init", "1\n"},
		{"echo x > /var/run/x && cat /run/x", "x\n"},
		{"test -w /dev/null -a -r /dev/urandom -a -S /dev/log -a -c /dev/pts/ptmx && echo yes", "yes\n"},
		{"ip -4 -o addr show dev eth0 | awk '{print $4, $6}'", "10.0.0.1/24 10.0.0.255\n"},
		{"kill 1; kill -HUP 1; echo alive", "alive\n"},
		{"sh -c 'sh -c \"exit 3\" & exec sleep 0' ; exit 5", ""},
	} {
		r := OK(a.Sh(patience.For(t), c.script))(t)
		if r.Stdout != c.want {
			t.Errorf("%s: %q, want %q; standard error %q", c.script, r.Stdout, c.want, r.Stderr)
		}
	}
}

func TestRunTellsExitCodes(t *testing.T) {
	_, a, _ := pair(t, Bare)
	for _, c := range []struct {
		argv []string
		want int
	}{
		{[]string{"true"}, 0},
		{[]string{"sh", "-c", "exit 7"}, 7},
		{[]string{"sh", "-c", "kill -9 $$"}, 137},
		{[]string{"no-such-command"}, 127},
		{[]string{"/etc/hostname"}, 126},
	} {
		if r := OK(a.Run(patience.For(t), c.argv...))(t); r.Code != c.want {
			t.Errorf("%q: exit code %d, want %d (%s)", c.argv, r.Code, c.want, r.Stderr)
		}
	}
	r := OK(a.Exec(patience.For(t), Command{Argv: []string{"sh", "-c", "pwd; echo $X; cat"}, Env: []string{"X=y"}, Dir: "/etc", Stdin: []byte("in")}))(t)
	if r.Stdout != "/etc\ny\nin" {
		t.Errorf("with directory, environment and input: %q", r.Stdout)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	_, a, _ := pair(t, Bare)
	ctx, cancel := context.WithCancel(t.Context())
	p := OK(a.Start("sleep", "1000"))(t)
	cancel()
	if _, err := a.Run(ctx, "sh", "-c", "sleep 1001; true"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context canceled", err)
	}
	patience.Until(t, "the end of the command", func() bool { return OK(a.Sh(patience.For(t), "pgrep -x sleep -a | grep 1001"))(t).Stdout == "" })
	p.Signal(unix.SIGTERM)
	if code := OK(p.Wait(patience.For(t)))(t); code != 143 {
		t.Errorf("exit code %d after SIGTERM, want 143", code)
	}
}

func TestDaemonOutlivesTheCommandThatStartedIt(t *testing.T) {
	_, a, _ := pair(t, Bare)
	OK(a.Check(patience.For(t), "sh", "-c", "setsid sleep 1002 & exit 0"))(t)
	patience.Until(t, "a daemon without a parent", func() bool { return OK(a.Sh(patience.For(t), "pgrep -x sleep -P 1"))(t).Stdout != "" })
}

func TestFilesFollowTheHostsLinks(t *testing.T) {
	_, a, _ := pair(t, Bare)
	if err := a.WriteFile("/var/run/deep/er/file", []byte("one"), 0o640); err != nil {
		t.Fatal(err)
	}
	if got := OK(a.ReadFile("/run/deep/er/file"))(t); string(got) != "one" {
		t.Errorf("read %q", got)
	}
	if got := OK(a.Check(patience.For(t), "stat", "-c", "%a", "/run/deep/er/file"))(t); got != "640\n" {
		t.Errorf("permissions %q", got)
	}
	OK(a.Check(patience.For(t), "sh", "-c", "ln -s /etc/hostname /root/link"))(t)
	if got := OK(a.ReadFile("/root/link"))(t); string(got) != "a\n" {
		t.Errorf("absolute link leads to %q, want the host's own file", got)
	}
}

func TestSyslog(t *testing.T) {
	_, a, _ := pair(t, Bare)
	log := a.Tail(SyslogFile)
	defer log.Stop()
	OK(a.Check(patience.For(t), "logger", "-p", "daemon.info", "-t", "tester", "hello"))(t)
	l := OK(log.AwaitLog(patience.For(t), `hello$`))(t)
	if !strings.HasPrefix(l.Text, "<30>") {
		t.Errorf("priority is not daemon.info in %q", l.Text)
	}
}

func TestKillAndRestart(t *testing.T) {
	_, a, b := pair(t, Bare)
	addr := netip.MustParseAddr("10.0.0.9")
	OK(a.Check(patience.For(t), "sh", "-c", "echo kept > /root/f; echo lost > /run/f; ip addr add 10.0.0.9/24 dev eth0"))(t)
	OK(a.AwaitAddr(patience.For(t), addr, true))(t)
	p := OK(a.Start("sleep", "1000"))(t)
	at := a.Kill()
	if gone := OK(a.AwaitAddr(patience.For(t), addr, false))(t); gone.After(time.Now()) || gone.Before(at.Add(-time.Minute)) {
		t.Errorf("address gone at %s, power cut at %s", gone, at)
	}
	if _, err := p.Wait(patience.For(t)); !errors.Is(err, errDown) {
		t.Errorf("process on a dead host ends with %v, want %v", err, errDown)
	}
	if _, err := a.Run(patience.For(t), "true"); !errors.Is(err, errDown) {
		t.Errorf("command on a dead host: %v, want %v", err, errDown)
	}
	if got := OK(a.ReadFile("/root/f"))(t); string(got) != "kept\n" {
		t.Errorf("disk of the dead host has %q", got)
	}
	if r := OK(b.Run(patience.For(t), "ping", "-c1", "-W1", "10.0.0.1"))(t); r.Code == 0 {
		t.Error("a dead host answers")
	}
	if err := a.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, err := a.ReadFile("/run/f"); err == nil {
		t.Error("/run survived the reboot")
	}
	if got := OK(a.Check(patience.For(t), "cat", "/root/f"))(t); got != "kept\n" {
		t.Errorf("after the reboot the disk has %q", got)
	}
	OK(b.Check(patience.For(t), "ping", "-c1", "-W2", "10.0.0.1"))(t)
	if a.Holds(addr) {
		t.Error("an address of the last boot is still there")
	}
}

func TestProcessOneSurvivesItsOwnHost(t *testing.T) {
	_, a, _ := pair(t, Bare)
	OK(a.Run(patience.For(t), "sh", "-c", "trap '' TERM; kill -9 1; kill -TERM -1"))(t)
	OK(a.Check(patience.For(t), "true"))(t)
	if got := OK(a.Sh(patience.For(t), "test -e /proc/sysrq-trigger && stat -c %t:%T /proc/sysrq-trigger"))(t).Stdout; got != "1:3\n" && got != "" {
		t.Errorf("/proc/sysrq-trigger is device %q, want the null device: a host must never reboot the machine", got)
	}
}

// crasher is the applet of TestNothingOutlivesItsProgram: a program that makes a
// host, says its processes' ids as this machine sees them, and waits to be killed.
func crasher([]string) int {
	l, err := New()
	if err != nil {
		panic(err)
	}
	h, err := l.Host(Spec{Name: "orphan"})
	if err != nil {
		panic(err)
	}
	if _, err := h.Start("sleep", "1003"); err != nil {
		panic(err)
	}
	os.Stdout.WriteString(strconv.Itoa(h.guest.cmd.Process.Pid) + " " + l.dir + "\n")
	select {}
}

func TestNothingOutlivesItsProgram(t *testing.T) {
	l := Test(t)
	cmd := exec.Command(OK(os.Executable())(t), "lab:crasher")
	out := OK(cmd.StdoutPipe())(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := OK(bufio.NewReader(out).ReadString('\n'))(t)
	pid, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
	cmd.Process.Kill()
	cmd.Wait()
	patience.Until(t, "the end of process 1", func() bool { _, err := os.Stat("/proc/" + pid); return os.IsNotExist(err) })
	sweep(filepath.Dir(dir))
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s of a dead program: %v, want gone", dir, err)
	}
	if _, err := os.Stat(l.dir); err != nil {
		t.Errorf("directory of a living lab: %v", err)
	}
}
