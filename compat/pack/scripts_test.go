package main

import (
	"strings"
	"testing"

	"systole/compat/lab"
)

// admins are files of /etc that an administrator wrote, or edited, or had before systole came.
func admins() map[string]string {
	return map[string]string{
		"/etc/ha.d/ha.cf":                        "logfile /var/log/ha.log\nkeepalive 200ms\ndeadtime 1\ninitdead 2\nbcast eth0\nnode " + activeName + " lvsstandby.gunnm.xyz\nauto_failback on\n",
		"/etc/ha.d/haresources":                  activeName + " IPaddr2::121.254.175.70/32/eth0\n",
		"/etc/ha.d/authkeys":                     "auth 1\n1 sha1 gunnmlvs\n",
		"/etc/ha.d/ldirectord.cf":                "virtual=121.254.175.70:80\n",
		"/etc/ha.d/resource.d/own":               "#!/bin/sh\n",
		"/etc/ha.d/resource.d/LVSSyncDaemonSwap": "#!/bin/sh\n# mine\n",
		"/etc/ha.d/conf/more":                    "kept here\n",
	}
}

// edited are files of the package.
func edited() map[string]string {
	return map[string]string{
		"/etc/ha.d/resource.d/Delay": "#!/bin/sh\n# edited\n",
		"/etc/default/heartbeat":     "HA_RESTART_WAIT=0\n",
	}
}

func (m machine) has(files map[string]string, when string) {
	m.t.Helper()
	for name, want := range files {
		if text, err := m.ReadFile(name); err != nil || string(text) != want {
			m.t.Errorf("%s: %s is %q (%v), want %q", when, name, text, err, want)
		}
	}
}

func (m machine) puts(files map[string]string) {
	m.t.Helper()
	for name, text := range files {
		m.write(name, text, 0o700)
	}
}

func (m machine) lacks(when string, names ...string) {
	m.t.Helper()
	for _, name := range names {
		if _, code := m.does("test", "-e", name); code == 0 {
			m.t.Errorf("%s: %s is there", when, name)
		}
	}
}

func (m machine) pid() string {
	m.t.Helper()
	return strings.TrimSpace(m.sh("cat /run/heartbeat.pid"))
}

// TestScripts leads the package through its life on a machine that never had the original.
func TestScripts(t *testing.T) {
	t.Parallel()
	m := newMachine(t, lab.Bare)
	m.showsLog("/var/log/ha.log")
	m.copies(made(t, "deb", version), "/root/old.deb", 0o644)
	m.copies(made(t, "deb", newer), "/root/new.deb", 0o644)
	m.does("userdel", "hacluster")
	m.does("groupdel", "haclient")
	m.puts(admins())
	for _, step := range []func(machine){machine.installed, machine.upgraded, machine.removed, machine.reinstalled, machine.purged} {
		step(m)
	}
}

// kept are the administrator's files, what is edited, and what is deleted.
func (m machine) kept(when string) {
	m.t.Helper()
	m.has(admins(), when)
	m.has(edited(), when)
	m.lacks(when, "/etc/ha.d/resource.d/ipvs-sync", "/etc/ha.d/rc.d/ask_resources")
}

func (m machine) installed() {
	const boot = "ls /etc/rc*.d /etc/systemd/system"
	before := m.sh(boot)
	m.apt("install", "/root/old.deb")
	m.has(admins(), "after the installation")
	m.is("nobody")
	if now := m.sh(boot); now != before {
		m.t.Errorf("the installation enabled something: %s", now)
	}
	want := "haclient\n2555 root:haclient /usr/bin/cl_status\n700 hacluster:root /var/lib/heartbeat/cores/hacluster\n" +
		"700 nobody:root /var/lib/heartbeat/cores/nobody\n700 root:root /var/lib/heartbeat/cores/root\n755 root:root /etc/ha.d/resource.d/ipvs-sync\n"
	if got := m.sh("id -gn hacluster; stat -c '%a %U:%G %n' /usr/bin/cl_status /var/lib/heartbeat/cores/* /etc/ha.d/resource.d/ipvs-sync"); got != want {
		m.t.Errorf("after the installation\n%swant\n%s", got, want)
	}
}

// upgraded: the daemon that runs is not disturbed.
func (m machine) upgraded() {
	m.puts(edited())
	m.sh("rm /etc/ha.d/resource.d/ipvs-sync /etc/ha.d/rc.d/ask_resources")
	m.run("service", "heartbeat", "start")
	m.holds(true)
	pid := m.pid()
	if text := m.apt("install", "/root/new.deb"); !strings.Contains(text, "heartbeat goes on with the version that it was started with") {
		m.t.Errorf("the upgrade does not say that the daemon is the old one:\n%s", text)
	}
	m.kept("after the upgrade")
	m.is("systole")
	m.holds(true)
	if now := m.pid(); now != pid {
		m.t.Errorf("the upgrade exchanged the daemon %s for %s", pid, now)
	}
	m.run("service", "heartbeat", "restart")
	m.holds(true)
}

func (m machine) removed() {
	m.apt("remove", "systole")
	m.kept("after the removal")
	m.is("nobody")
	m.holds(false)
	if text := m.run("dpkg-divert", "--list", "*"); strings.Contains(text, "systole") {
		m.t.Errorf("after the removal there are diversions:\n%s", text)
	}
}

func (m machine) reinstalled() {
	m.apt("install", "/root/old.deb")
	m.kept("after the second installation")
	m.is("nobody")
}

func (m machine) purged() {
	const identity = "od -x /var/lib/heartbeat/hb_uuid"
	before := m.sh(identity)
	m.apt("purge", "systole")
	m.has(admins(), "after the purge")
	m.has(map[string]string{"/etc/default/heartbeat": edited()["/etc/default/heartbeat"]}, "after the purge")
	m.lacks("after the purge", "/etc/ha.d/harc", "/etc/ha.d/rc.d", "/etc/init.d/heartbeat", "/var/lib/systole", "/usr/libexec/heartbeat", "/usr/share/systole",
		"/var/lib/heartbeat/fifo", "/var/lib/heartbeat/decisions")
	if now := m.sh(identity); now != before {
		m.t.Errorf("the purge made the uuid %s of %s", now, before)
	}
}
