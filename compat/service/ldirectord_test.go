package service

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
)

// The cases of Debian's script (ldirectord spec 1), on both.
func TestLdirectordScript(t *testing.T) {
	const (
		config = ": >/etc/ldirectord.cf\n"
		talks  = "echo out >/run/out.ldirectord; echo err >/run/err.ldirectord\n"
		fails  = "echo 3 >/run/rc.ldirectord\n"
		none   = "No configuration file found, doing nothing. ... (warning).\n"
	)
	type row struct {
		before, action string
		want           did
	}
	rows := []row{
		{"", "start", did{out: none}},
		{"", "status", did{out: none}},
		{"", "bogus", did{out: none}},
		{config, "bogus", did{err: "Usage: /etc/init.d/ldirectord {start|stop|restart|try-restart|status|reload|force-reload}\n", code: 1}},
		{config, "", did{err: "Usage: /etc/init.d/ldirectord {start|stop|restart|try-restart|status|reload|force-reload}\n", code: 1}},
		{config + talks, "start", did{out: "Running ldirectord: startout\n.\n", err: "err\n", calls: "ldirectord /etc/ldirectord.cf start"}},
		{"echo CONFIG_FILE=/etc/ha.d/x.cf >/etc/default/ldirectord\n", "start", did{out: none}},
		{"echo CONFIG_FILE=/etc/ha.d/x.cf >/etc/default/ldirectord; : >/etc/ha.d/x.cf\n", "start",
			did{out: "Running ldirectord: start.\n", calls: "ldirectord /etc/ha.d/x.cf start"}},
	}
	for _, action := range []string{"start", "stop", "restart", "try-restart", "reload", "force-reload", "status"} {
		rows = append(rows,
			row{config, action, did{out: "Running ldirectord: " + action + ".\n", calls: "ldirectord /etc/ldirectord.cf " + action}},
			row{config + fails, action, did{out: "Running ldirectord: " + action + " failed!\n", code: 3, calls: "ldirectord /etc/ldirectord.cf " + action}})
	}
	l := lab.Test(t)
	ours := ourHost(t, l, "ours")
	original := lab.OK(l.Host(lab.Spec{Name: "original", Flavour: lab.Originals, Layers: []string{stage(t)}}))(t)
	for _, r := range rows {
		argv := strings.Fields("/etc/init.d/ldirectord " + r.action)
		for _, h := range []*lab.Host{ours, original} {
			got := call(t, h, r.before, argv...)
			if d := cmp.Diff(r.want, got, cmp.AllowUnexported(did{})); d != "" {
				t.Errorf("%s: %s, after %s (-want +got):\n%s", h.Name, r.action, r.before, d)
			}
		}
	}
}

// Without Debian's functions the same is said in plain words.
func TestLdirectordScriptAlone(t *testing.T) {
	l := lab.Test(t)
	h := ourHost(t, l, "ours")
	for before, want := range map[string]did{
		"":                        {out: "No configuration file found, doing nothing.\n"},
		": >/etc/ldirectord.cf\n": {out: "Running ldirectord: start.\n", calls: "ldirectord /etc/ldirectord.cf start"},
		": >/etc/ldirectord.cf; echo 2 >/run/rc.ldirectord\n": {out: "Running ldirectord: start failed!\n", code: 2, calls: "ldirectord /etc/ldirectord.cf start"},
	} {
		got := call(t, h, "rm -f /lib/lsb/init-functions\n"+before, "/etc/init.d/ldirectord", "start")
		if d := cmp.Diff(want, got, cmp.AllowUnexported(did{})); d != "" {
			t.Errorf("after %s (-want +got):\n%s", before, d)
		}
	}
}

// The lock file of Red Hat's form follows the daemon.
func TestLdirectordScriptOnRedHat(t *testing.T) {
	l := lab.Test(t)
	dir := t.TempDir()
	put(t, dir, "/etc/rc.d/init.d/functions", ":\n", 0o644)
	h := ourHost(t, l, "ours", dir)
	const lock = "ls /run/lock/subsys"
	for _, c := range []struct {
		before, action string
		want           did
		lock           string
	}{
		{"", "start", did{out: "Starting ldirectord... success\n", calls: "ldirectord start"}, "ldirectord\n"},
		{"echo 2 >/run/rc.ldirectord\n", "start", did{out: "Starting ldirectord... failure\n", code: 2, calls: "ldirectord start"}, ""},
		{": >/run/lock/subsys/ldirectord\n", "stop", did{out: "Stopping ldirectord... success\n", calls: "ldirectord stop"}, ""},
		{": >/run/lock/subsys/ldirectord; echo 2 >/run/rc.ldirectord\n", "stop",
			did{out: "Stopping ldirectord... failure\n", code: 2, calls: "ldirectord stop"}, "ldirectord\n"},
		{"", "restart", did{out: "Restarting ldirectord... success\n", calls: "ldirectord restart"}, "ldirectord\n"},
		{"", "force-reload", did{out: "Reloading ldirectord... success\n", calls: "ldirectord reload"}, ""},
		{"echo 3 >/run/rc.ldirectord; echo x >/run/out.ldirectord\n", "status", did{out: "x\n", code: 3, calls: "ldirectord status"}, ""},
		{"", "bogus", did{err: "Usage: /etc/init.d/ldirectord {start|stop|restart|try-restart|status|reload|force-reload}\n", code: 1}, ""},
	} {
		got := call(t, h, c.before, "/etc/init.d/ldirectord", c.action)
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(did{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.action, d)
		}
		if r := lab.OK(h.Sh(patience.For(t), lock))(t); r.Stdout != c.lock {
			t.Errorf("%s: lock files %q, want %q", c.action, r.Stdout, c.lock)
		}
	}
}
