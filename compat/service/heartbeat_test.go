package service

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/compat/lab"
)

// preparations of the cases
const (
	cf     = "printf 'keepalive 1\\ndeadtime 1\\nauto_failback on\\n' >/etc/ha.d/ha.cf\n"
	bad6   = "echo 6 >/run/rc.start; echo out >/run/out.start; printf err >/run/err.start\n"
	silent = "echo 6 >/run/rc.start\n"
	hook   = "printf '#!/bin/sh\\necho \"startstop $*\" >>/run/calls; echo out; echo err >&2; exit 3\\n' >/etc/ha.d/resource.d/startstop; chmod +x /etc/ha.d/resource.d/startstop\n"
)

func failback(line string) string { return "echo '" + line + "' >/etc/ha.d/ha.cf\n" }

const (
	starting = "Starting High-Availability services: "
	stopping = "Stopping High-Availability services: "
	loading  = "Reloading High-Availability services: "
	waiting  = "Waiting to allow resource takeover to complete:Done.\n\n"
	absent   = "Heartbeat not configured: /etc/ha.d/ha.cf not found. Heartbeat failure [rc=1]. Failed.\n"
	usage    = "Usage: /etc/init.d/heartbeat {start|stop|status|restart|reload|force-reload}\n"
	idle     = "ResourceManager verifyallidle\n"
)

type serviceCase struct {
	name, before, action string
	want                 did
	ours                 string // why the original does otherwise; "" if it does not
}

// serviceCases is tools spec 3.1.
func serviceCases() []serviceCase {
	ok := func(action, before string, want did) serviceCase {
		return serviceCase{name: action, before: before, action: action, want: want}
	}
	cases := []serviceCase{
		ok("start", "", did{out: absent}),
		ok("stop", "", did{out: absent}),
		ok("status", "", did{out: absent}),
		ok("", "", did{out: absent}),
		ok("start", cf, did{out: starting + "Done.\n\n", calls: idle + "heartbeat"}),
		ok("start", cf+"echo busy >/run/err.ResourceManager\n", did{out: starting + "Done.\n\n", err: "busy\n", calls: idle + "heartbeat"}),
		ok("start", cf+"echo told >/run/err.start\n", did{out: starting + "Done.\n\n", calls: idle + "heartbeat"}),
		ok("start", cf+bad6, did{out: starting + " Heartbeat failure [rc=6]. Failed.\n\nout\nerr\n\n", code: 6, calls: idle + "heartbeat"}),
		ok("start", cf+silent, did{out: starting + " Heartbeat failure [rc=6]. Failed.\n\n", code: 6, calls: idle + "heartbeat"}),
		ok("start", cf+hook, did{out: "out\n" + starting + "Done.\n\nout\n", err: "err\nerr\n",
			calls: "startstop pre-start\n" + idle + "heartbeat\nstartstop post-start 0"}),
		ok("start", cf+hook+bad6, did{out: "out\n" + starting + " Heartbeat failure [rc=6]. Failed.\n\nout\nerr\n\nout\n", err: "err\nerr\n", code: 6,
			calls: "startstop pre-start\n" + idle + "heartbeat\nstartstop post-start 6"}),
		ok("start", failback("pacemaker respawn"), did{out: starting + "Done.\n\n", calls: "heartbeat"}),
		ok("start", cf+"echo 'echo read' >/etc/default/heartbeat\n", did{out: "read\n" + starting + "Done.\n\n", calls: idle + "heartbeat"}),

		ok("stop", cf, did{out: stopping + "Done.\n\n", calls: "heartbeat -k"}),
		ok("stop", cf+"echo told >/run/out.startk; echo told >/run/err.startk; echo 4 >/run/rc.startk\n",
			did{out: stopping + " Heartbeat failure [rc=4]. Failed.\n\n", code: 4, calls: "heartbeat -k"}),
		ok("stop", cf+hook, did{out: "out\n" + stopping + "Done.\n\nout\n", err: "err\nerr\n",
			calls: "startstop pre-stop\nheartbeat -k\nstartstop post-stop 0"}),
		ok("stop", cf+hook+"echo 1 >/run/rc.startk\n", did{out: "out\n" + stopping + " Heartbeat failure [rc=1]. Failed.\n\nout\n", err: "err\nerr\n", code: 1,
			calls: "startstop pre-stop\nheartbeat -k\nstartstop post-stop 1"}),

		ok("reload", cf+"echo told >/run/err.startr\n", did{out: loading + "Done.\n\n", err: "told\n", calls: "heartbeat -r"}),
		ok("force-reload", cf, did{out: loading + "Done.\n\n", calls: "heartbeat -r"}),
		ok("reload", cf+"echo 1 >/run/rc.startr\n", did{out: loading + " Heartbeat failure [rc=1]. Failed.\n\n", calls: "heartbeat -r"}),
	}
	for _, code := range []string{"0", "1", "3"} {
		cases = append(cases, ok("status", cf+"echo state >/run/out.starts; echo "+code+" >/run/rc.starts\n",
			did{out: "state\n", code: int(code[0] - '0'), calls: "heartbeat -s"}))
	}
	for _, action := range []string{"", "try-restart", "condrestart", "START"} {
		cases = append(cases, ok(action, cf, did{out: usage, code: 1}))
	}
	return append(cases, standbyCases()...)
}

func standbyCases() []serviceCase {
	refused := func(before, text string) serviceCase {
		return serviceCase{name: "standby", before: before, action: "standby", want: did{out: text + "\n", code: 1}}
	}
	nice := refused(failback("nice_failback on"), "nice_failback is disabled.  Cannot enter standby.")
	nice.ours = "either value means legacy to the daemon, which then refuses"
	const attempt = "Attempting to enter standby mode"
	return []serviceCase{
		{name: "standby", action: "standby", before: cf + "echo told >/run/out.starts; echo going >/run/err.hb_standby\n",
			want: did{out: "auto_failback: on\n" + attempt + "Done.\n", err: "going\n", calls: "heartbeat -s\nhb_standby"}},
		{name: "standby", action: "standby", before: failback("auto_failback off"),
			want: did{out: "auto_failback: off\n" + attempt + "Done.\n", calls: "heartbeat -s\nhb_standby"}},
		{name: "standby", action: "standby", before: cf + "echo 3 >/run/rc.starts\n",
			want: did{out: "auto_failback: on\nHeartbeat is not currently running.\n", code: 1, calls: "heartbeat -s"}},
		refused(failback("auto_failback legacy"), "auto_failback is set to legacy.  Cannot enter standby."),
		refused(failback("node a b"), "auto_failback defaulted to legacy.  Cannot enter standby."),
		refused(failback("nice_failback off"), "nice_failback is disabled.  Cannot enter standby."),
		nice,
		refused(failback("pacemaker on"), "use 'crm_stanby -v on' instead"),
		refused(failback("crm respawn"), "use 'crm_stanby -v on' instead"),
	}
}

// The original's script, with the same played programs, does the same.
func TestHeartbeatScript(t *testing.T) {
	l := lab.Test(t)
	ours := ourHost(t, l, "ours")
	original := lab.OK(l.Host(lab.Spec{Name: "original", Flavour: lab.Originals, Layers: []string{stage(t)}}))(t)
	for _, c := range serviceCases() {
		t.Run(c.name, func(t *testing.T) {
			argv := strings.Fields("/etc/init.d/heartbeat " + c.action)
			got := call(t, ours, c.before, argv...)
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(did{})); d != "" {
				t.Errorf("after %s (-want +got):\n%s", c.before, d)
			}
			theirs := call(t, original, c.before, argv...)
			if same := got == theirs; same != (c.ours == "") {
				t.Errorf("after %s: differs because %q; the original: %+v", c.before, c.ours, theirs)
			}
		})
	}
}

// What a start leaves, and a stop takes away.
func TestHeartbeatScriptFiles(t *testing.T) {
	l := lab.Test(t)
	h := ourHost(t, l, "ours")
	const list = "cd /run && stat -c '%A %U:%G %n' heartbeat heartbeat/* crm resource-agents /var/lock/subsys/heartbeat; ls /run | grep heartbeat-start"
	call(t, h, cf+"rm -rf /run/heartbeat /run/crm /run/resource-agents\n", "/etc/init.d/heartbeat", "start")
	want := "drwxr-x--- hacluster:haclient heartbeat\ndrwxr-x--- hacluster:haclient heartbeat/ccm\n" +
		"drwxr-x--- hacluster:haclient heartbeat/crm\ndrwxr-x--- hacluster:haclient heartbeat/dopd\n" +
		"drwxr-x--- hacluster:haclient crm\ndrwxr-xr-t root:root resource-agents\n"
	if r := lab.OK(h.Sh(patience.For(t), list))(t); r.Stdout != want+"-rw-r--r-- root:root /var/lock/subsys/heartbeat\n" {
		t.Errorf("after a start:\n%s%s", r.Stdout, r.Stderr)
	}
	call(t, h, cf+": >/var/lock/subsys/heartbeat; echo 4 >/run/rc.startk\n", "/etc/init.d/heartbeat", "stop")
	if r := lab.OK(h.Sh(patience.For(t), list))(t); r.Stdout != want+"-rw-r--r-- root:root /var/lock/subsys/heartbeat\n" {
		t.Errorf("after a stop that failed:\n%s%s", r.Stdout, r.Stderr)
	}
	call(t, h, cf+": >/var/lock/subsys/heartbeat\n", "/etc/init.d/heartbeat", "stop")
	if r := lab.OK(h.Sh(patience.For(t), list))(t); r.Stdout != want {
		t.Errorf("after a stop:\n%s%s", r.Stdout, r.Stderr)
	}
	call(t, h, cf+silent, "/etc/init.d/heartbeat", "start")
	if r := lab.OK(h.Sh(patience.For(t), list))(t); r.Stdout != want {
		t.Errorf("after a start that failed:\n%s%s", r.Stdout, r.Stderr)
	}
	call(t, h, cf+"echo x >/etc/ha.d/ipresources\n", "/etc/init.d/heartbeat", "start")
	if r := lab.OK(h.Sh(patience.For(t), "cat /etc/ha.d/haresources; ls /etc/ha.d/ipresources"))(t); r.Stdout != "x\n" {
		t.Errorf("ipresources: %+v", r)
	}
	got := call(t, h, cf+"echo watchdog /dev/nosuch >>/etc/ha.d/ha.cf\n", "/etc/init.d/heartbeat", "start")
	if got.calls != idle+"modprobe softdog\nheartbeat" {
		t.Errorf("with a watchdog: %+v", got)
	}
}

func TestHeartbeatScriptRestart(t *testing.T) {
	l := lab.Test(t)
	h := ourHost(t, l, "ours")
	const atOnce = "echo HA_RESTART_WAIT=0 >/etc/default/heartbeat\n"
	for _, c := range []struct {
		before string
		want   did
	}{
		{cf + hook, did{out: stopping + "Done.\n\n" + waiting + starting + "Done.\n\n", calls: "heartbeat -k\n" + idle + "heartbeat"}},
		{cf + silent + "echo 4 >/run/rc.startk\n", did{code: 6, calls: "heartbeat -k\n" + idle + "heartbeat",
			out: stopping + " Heartbeat failure [rc=4]. Failed.\n\n" + waiting + starting + " Heartbeat failure [rc=6]. Failed.\n\n"}},
	} {
		got := call(t, h, c.before+atOnce, "/etc/init.d/heartbeat", "restart")
		if d := cmp.Diff(c.want, got, cmp.AllowUnexported(did{})); d != "" {
			t.Errorf("after %s (-want +got):\n%s", c.before, d)
		}
	}
	const played = "printf '#!/bin/sh\\necho \"sleep $*\" >>/run/calls\\n' >/usr/local/sbin/sleep; chmod +x /usr/local/sbin/sleep\n"
	for deadtime, want := range map[string]string{"7": "17", "500ms": "10.5", "1.5": "11.5"} {
		got := call(t, h, played+failback("deadtime "+deadtime), "/etc/init.d/heartbeat", "restart")
		if !strings.Contains(got.calls, "\nsleep "+want+"\n") {
			t.Errorf("deadtime %s: %q, want sleep %s", deadtime, got.calls, want)
		}
	}
}

// The settings of the default file reach the daemon whether or not they are exported.
func TestHeartbeatScriptSettings(t *testing.T) {
	l := lab.Test(t)
	h := ourHost(t, l, "ours")
	got := call(t, h, cf+"echo HA_STOPRETRYMAX=3 >/etc/default/heartbeat\n"+
		"printf '#!/bin/sh\\necho \"$HA_STOPRETRYMAX $HA_BIN $HA_FIFO $HA_RESOURCEDIR\" >>/run/calls\\n' >/usr/libexec/heartbeat/heartbeat\n",
		"/etc/init.d/heartbeat", "start")
	if want := idle + "3 /usr/libexec/heartbeat /var/lib/heartbeat/fifo /etc/ha.d/resource.d"; got.calls != want {
		t.Errorf("%q, want %q", got.calls, want)
	}
}

// Without the shell library nothing works, and without the daemon there is nothing to do.
func TestHeartbeatScriptWithoutItsParts(t *testing.T) {
	l := lab.Test(t)
	h := ourHost(t, l, "ours")
	got := call(t, h, cf+"chmod -x /usr/libexec/heartbeat/heartbeat\n", "/etc/init.d/heartbeat", "start")
	if got != (did{}) {
		t.Errorf("without the daemon: %+v", got)
	}
	got = call(t, h, cf+"rm /etc/ha.d/shellfuncs\n", "/etc/init.d/heartbeat", "status")
	if want := (did{err: "/etc/init.d/heartbeat: /etc/ha.d/shellfuncs: no such file\n", code: 2}); got != want {
		t.Errorf("without shellfuncs: %+v", got)
	}
}

// Red Hat's functions write their own words at the end of a line.
func TestHeartbeatScriptOnRedHat(t *testing.T) {
	l := lab.Test(t)
	dir := t.TempDir()
	put(t, dir, "/etc/rc.d/init.d/functions", "echo_success() { printf '[  OK  ]\\r'; }\necho_failure() { printf '[FAILED]\\r'; }\n", 0o644)
	h := ourHost(t, l, "ours", dir)
	for before, want := range map[string]did{
		cf:          {out: starting + "[  OK  ]\r\n\n", calls: idle + "heartbeat"},
		cf + silent: {out: starting + " Heartbeat failure [rc=6]. [FAILED]\r\n\n", code: 6, calls: idle + "heartbeat"},
	} {
		got := call(t, h, before, "/etc/init.d/heartbeat", "start")
		if d := cmp.Diff(want, got, cmp.AllowUnexported(did{})); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	}
}
