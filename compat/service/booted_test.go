package service

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

const (
	// boot makes a branch of cgroups for systemd and begins it as process 1 of a namespace in it.
	boot = `mkdir -p /run/cgroups && mount -t cgroup2 none /run/cgroups && mkdir -p /run/cgroups/$1 && echo $$ >/run/cgroups/$1/cgroup.procs &&
exec unshare --cgroup --pid --fork --kill-child --mount --propagation private sh -c '
mount -t proc proc /proc && mount -t tmpfs tmp /run && umount -R /sys/fs/cgroup 2>/dev/null
mount -t tmpfs cgroup /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup &&
container=lxc exec /usr/lib/systemd/systemd --system --log-target=console --show-status=no'`
	// inside runs a command among systemd's processes.
	inside = `exec nsenter -t "$(pgrep -x systemd -o)" -m -p -C -- "$@"`

	bootedHaCf = "keepalive 200ms\ndeadtime 1\ninitdead 1\nbcast eth0\nnode node1 node2\nauto_failback on\nlogfile /var/log/ha-log\n"
	// lastUnit is ordered as what a resource stands on, and writes when it ends.
	lastUnit = "[Unit]\nBefore=network.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\n" +
		"ExecStop=sh -c 'echo the network ends >>/var/log/ha-log'\n[Install]\nWantedBy=multi-user.target\n"
)

// booted is a host whose services systemd runs.
type booted struct {
	*testing.T
	host *lab.Host
	init *lab.Process
}

// bootSystemd starts systemd on a host with our package's files. A kernel that has no cgroup2 to mount
// cannot run it.
func bootSystemd(t *testing.T) *booted {
	t.Helper()
	l := lab.Test(t)
	if err := lab.EnsurePackaging(patience.For(t)); err != nil {
		t.Fatal(err)
	}
	layers := []string{lab.OK(lab.EnsureInstalled(patience.For(t)))(t)}
	lan := lab.OK(l.Switch("lan"))(t)
	h := lab.OK(l.Host(lab.Spec{Name: "node1", Flavour: lab.Packaging, Layers: layers, Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.1/24")}}))(t)
	for name, text := range map[string]string{
		"/etc/ha.d/ha.cf": bootedHaCf, "/etc/ha.d/haresources": "node1 IPaddr2::192.0.2.70/24/eth0\n", "/etc/ha.d/authkeys": "auth 1\n1 crc\n",
		"/etc/systemd/system/ground.service":              lastUnit,
		"/etc/systemd/system/heartbeat.service.d/wd.conf": "[Service]\nWatchdogSec=1s\n",
	} {
		if err := h.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := lab.OK(h.Sh(patience.For(t), "mkdir -p /run/try && mount -t cgroup2 none /run/try && umount /run/try"))(t); r.Code != 0 {
		t.Skip("no cgroup2 here: " + r.Stderr)
	}
	branch := fmt.Sprintf("systole-%d", os.Getpid())
	b := &booted{T: t, host: h, init: lab.OK(h.Start("sh", "-c", boot, "boot", branch))(t)}
	t.Cleanup(func() { b.end(branch) })
	patience.Until(t, "systemd to be up", func() bool {
		r := lab.OK(h.Sh(patience.For(t), `pgrep -x systemd >/dev/null && `+strings.Replace(inside, `"$@"`, "systemctl is-system-running", 1)))(t)
		return strings.Contains("running\ndegraded\n", r.Stdout) && r.Stdout != ""
	})
	return b
}

// end kills what is left and removes the branch of cgroups, which is the machine's.
func (b *booted) end(branch string) {
	if err := b.init.Signal(unix.SIGKILL); err != nil {
		b.Logf("systemd: %v", err) // it is at its end already
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the test's own is over
	defer cancel()
	r, err := b.host.Sh(ctx, "cd /run/cgroups && for i in $(seq 100); do find "+branch+" -depth -type d -exec rmdir {} + 2>/dev/null; [ -d "+branch+" ] || exit 0; sleep 0.1; done; exit 1")
	if err != nil || r.Code != 0 {
		b.Errorf("the cgroup %s is left over: %v, %+v", branch, err, r)
	}
}

// does runs a command that has to succeed, and returns what it printed, without the end of the line.
func (b *booted) does(argv ...string) string {
	b.Helper()
	r := lab.OK(b.host.Run(patience.For(b.T), append([]string{"sh", "-c", inside, "inside"}, argv...)...))(b.T)
	if r.Code != 0 {
		b.Fatalf("%q: exit code %d\n%s%s\n%s", argv, r.Code, r.Stdout, r.Stderr, b.log())
	}
	return strings.TrimSuffix(r.Stdout, "\n")
}

func (b *booted) log() string {
	text, _ := b.host.ReadFile("/var/log/ha-log")
	return string(text)
}

// shows is a property of the unit.
func (b *booted) shows(property string) string {
	b.Helper()
	return b.does("systemctl", "show", "heartbeat.service", "--value", "--property="+property)
}

// holds waits until the service address is there, or is not.
func (b *booted) holds(want bool) {
	b.Helper()
	lab.OK(b.host.AwaitAddr(patience.For(b.T), netip.MustParseAddr("192.0.2.70"), want))(b.T)
}

// another waits until the unit has another main process than before.
func (b *booted) another(before string) string {
	b.Helper()
	var pid string
	patience.Until(b.T, "another daemon than "+before, func() bool {
		pid = b.shows("MainPID")
		return pid != "0" && pid != before && b.shows("ActiveState") == "active"
	})
	return pid
}

// TestSystemdRunsTheService boots systemd and leads the service through its life: start, reload, a
// daemon that was killed, one that hangs, stop, start, and the end of the machine.
func TestSystemdRunsTheService(t *testing.T) {
	t.Parallel()
	b := bootSystemd(t)
	b.does("systemctl", "enable", "--now", "ground.service", "heartbeat.service")
	if kind, state, watch := b.shows("Type"), b.shows("ActiveState"), b.shows("WatchdogUSec"); kind != "notify" || state != "active" || watch != "1s" {
		t.Errorf("after the start: %s, %s, watchdog %s", kind, state, watch)
	}
	b.holds(true)
	first := b.shows("MainPID")

	b.does("systemctl", "reload", "heartbeat")
	patience.Until(t, "the reload", func() bool { return strings.Contains(b.log(), "Configuration unchanged.") })
	if pid := b.shows("MainPID"); pid != first {
		t.Errorf("a reload made %s of %s", pid, first)
	}

	b.does("kill", "-9", first)
	second := b.another(first)
	b.holds(true)
	b.does("kill", "-STOP", second)
	third := b.another(second)
	b.holds(true)
	if result := b.shows("NRestarts"); result != "2" {
		t.Errorf("%s restarts, daemons %s %s %s", result, first, second, third)
	}

	b.does("systemctl", "stop", "heartbeat")
	b.holds(false)
	if state, result := b.shows("ActiveState"), b.shows("Result"); state != "inactive" || result != "success" {
		t.Errorf("after the stop: %s, %s", state, result)
	}

	b.does("systemctl", "start", "heartbeat")
	b.holds(true)
	b.does("systemctl", "--no-block", "poweroff")
	lab.OK(b.init.Wait(patience.For(t)))(t)
	b.holds(false)
	log := b.log()
	if gave, ended := strings.LastIndex(log, "Heartbeat shutdown complete."), strings.LastIndex(log, "the network ends"); gave < 0 || ended < gave {
		t.Errorf("at the end of the machine the resources are given up before the network ends:\n%s", log)
	}
}
