package service

import (
	"context"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/compat/layout"
)

// systemd itself reads the units, and knows the programs and the manual pages that they name.
func TestSystemdAcceptsTheUnits(t *testing.T) {
	l := lab.Test(t)
	if err := lab.EnsurePackaging(patience.For(t)); err != nil {
		t.Fatal(err)
	}
	h := lab.OK(l.Host(lab.Spec{Name: "systemd", Flavour: lab.Packaging, Layers: []string{stage(t), shipped(t)}}))(t)
	verify := func() (string, int) {
		r := lab.OK(h.Sh(patience.For(t), "systemd-analyze verify --man=yes /usr/lib/systemd/system/heartbeat.service /usr/lib/systemd/system/ldirectord.service"))(t)
		return r.Stdout + r.Stderr, r.Code
	}
	if text, code := verify(); text != "" || code != 0 {
		t.Errorf("exit code %d: %s", code, text)
	}
	lab.OK(h.Check(patience.For(t), "rm", "/usr/libexec/heartbeat/heartbeat"))(t)
	if text, code := verify(); code == 0 || !strings.Contains(text, "heartbeat.service") {
		t.Errorf("without the daemon: exit code %d: %s", code, text)
	}
}

// The other readers of what is installed find nothing wrong with it.
func TestOthersAcceptTheirFiles(t *testing.T) {
	l := lab.Test(t)
	if err := lab.EnsurePackaging(patience.For(t)); err != nil {
		t.Fatal(err)
	}
	h := lab.OK(l.Host(lab.Spec{Name: "others", Flavour: lab.Packaging, Layers: []string{shipped(t)}}))(t)
	for _, c := range []string{
		"logrotate --debug /etc/logrotate.d/heartbeat /etc/logrotate.d/ldirectord 2>&1 | grep -i error",
		"systemd-tmpfiles --create heartbeat.conf 2>&1",
		"for page in " + strings.Join(layout.Manuals(), " ") + "; do LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z /usr/share/man/man${page##*.}/$page 2>&1 >/dev/null; done | grep -v 'cannot adjust line'", // too long a word is no fault
		`for s in $(grep -l '^#!/bin/sh' /etc/init.d/heartbeat /etc/init.d/ldirectord /etc/ha.d/harc /etc/ha.d/rc.d/* /etc/ha.d/resource.d/* /usr/share/systole/end-original); do sh -n $s; done 2>&1`,
	} {
		if r := lab.OK(h.Sh(patience.For(t), c))(t); r.Stdout != "" {
			t.Errorf("%s:\n%s", c, r.Stdout)
		}
	}
}

// What the daemon tells systemd. The host's /dev/log stands for systemd's socket: both take datagrams.
func TestDaemonNotifiesSystemd(t *testing.T) {
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := lab.OK(l.Host(lab.Spec{Name: "node1", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "192.0.2.1/24")}}))(t)
	for name, text := range map[string]string{"ha.cf": "logfile /var/log/ha.log\nbcast eth0\nnode node1\n", "haresources": "", "authkeys": "auth 1\n1 crc\n"} {
		if err := h.WriteFile("/etc/ha.d/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	told := h.Tail(lab.SyslogFile)
	t.Cleanup(told.Stop)
	ctx, cancel := context.WithCancel(patience.For(t))
	defer cancel()
	// As systemd starts it: heartbeat.service has no program before this one.
	p := lab.OK(h.StartCommand(lab.Command{Argv: []string{"/usr/libexec/heartbeat/heartbeat", "-f"}, Env: []string{"NOTIFY_SOCKET=/dev/log", "WATCHDOG_USEC=500000"}}))(t)
	for _, want := range []string{"READY=1", "WATCHDOG=1"} {
		lab.OK(told.AwaitLog(ctx, want))(t)
	}
	lab.OK(h.Check(ctx, "/usr/libexec/heartbeat/heartbeat", "-k"))(t)
	if code := lab.OK(p.Wait(ctx))(t); code != 0 {
		t.Errorf("exit code %d: %s", code, p.Stderr())
	}
	lab.OK(told.AwaitLog(ctx, "STOPPING=1"))(t)
}
