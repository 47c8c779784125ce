package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/compat/uml"
)

// original makes a machine on which the original's packages run with how-to 000's files.
//
// Two things are not the how-to's: the times are shorter, and on a kernel without ip_vs the group
// has no ldirectord, which could not start. The how-to's place of ipfail is made by a link.
func original(t *testing.T) (m machine, deb string) {
	t.Helper()
	deb = made(t, "deb", version)
	m = newMachine(t, lab.Originals)
	m.showsLog("/var/log/ha.log")
	edits := []string{"keepalive 2\n", "keepalive 200ms\n", "deadtime 10\n", "deadtime 1\ninitdead 2\n"}
	if !uml.HasIPVS() {
		edits = append(edits, " ldirectord::ldirectord.cf ", " ")
	}
	m.sh("ln -s ../libexec/heartbeat /usr/lib64/heartbeat")
	for _, name := range []string{"ha.cf", "haresources", "ldirectord.cf", "authkeys"} {
		text := lab.OK(os.ReadFile(filepath.Join(howto, name)))(t)
		m.write("/etc/ha.d/"+name, strings.NewReplacer(edits...).Replace(string(text)), 0o644)
	}
	m.sh("chmod 600 /etc/ha.d/authkeys; chown hacluster:haclient /etc/ha.d/haresources")
	m.write("/etc/default/heartbeat", "HA_RESTART_WAIT=0\n", 0o644) // there is no other node to leave resources to
	m.write("/etc/ha.d/resource.d/own", "#!/bin/sh\nexit 0\n", 0o750)
	m.write("/etc/ha.d/rc.d/ask_resources", "#!/bin/sh\n# edited\nexit 0\n", 0o755) // of the package, edited
	m.sh("cd " + lab.OriginalsDir + " && for p in heartbeat ldirectord; do ln -s ${p}_*.deb $p.deb; done")
	m.copies(deb, "/root/systole.deb", 0o644)
	m.run("service", "heartbeat", "start")
	m.settles()
	m.holds(true)
	m.is("original")
	return m, "/root/systole.deb"
}

const (
	link       = "../libexec/heartbeat\n" // is set aside while systole is there
	editedHere = "??5?????? c /etc/ha.d/rc.d/ask_resources\n"
)

func originals() []string {
	return []string{lab.OriginalsDir + "/heartbeat.deb", lab.OriginalsDir + "/ldirectord.deb"}
}

// owned is what the administrator wrote, byte by byte: content, rights, owner and times.
func (m machine) owned() string {
	m.t.Helper()
	return m.sh("cd /etc/ha.d && for f in ha.cf haresources authkeys ldirectord.cf resource.d/own rc.d/ask_resources ../default/heartbeat; do sha256sum $f; stat -c '%a %U %G %y' $f; done; readlink /usr/lib64/heartbeat || true")
}

// verify lists what is not as the packages have it.
func (m machine) verify(packages ...string) string {
	m.t.Helper()
	text, _ := m.does(append([]string{"dpkg", "--verify"}, packages...)...)
	return text
}

// same holds what the administrator owns against an earlier owned.
func (m machine) same(mine, when string) {
	m.t.Helper()
	if now := m.owned(); strings.TrimSuffix(now, link) != strings.TrimSuffix(mine, link) {
		m.t.Errorf("%s the administrator's files are\n%swere\n%s", when, now, mine)
	}
}

// TestSwap exchanges the packages of the original for ours on a running node, and back. The files of
// the administrator stay as they are, and the service goes on.
func TestSwap(t *testing.T) {
	t.Parallel()
	m, deb := original(t)
	mine, theirs := m.owned(), m.verify("heartbeat", "ldirectord", "resource-agents")
	m.comes(deb, mine)
	m.goes(mine, theirs)
}

// comes: systole takes the places of the original.
func (m machine) comes(deb, mine string) {
	m.apt("install", deb)
	m.same(mine, "after the installation")
	m.is("systole")
	m.holds(true)
	m.run("service", "heartbeat", "restart")
	m.is("systole")
	m.holds(true)
	m.settles()
	if uml.HasIPVS() && !strings.Contains(m.run("ipvsadm", "-Ln"), vip.String()+":80") {
		m.t.Error("the director has no virtual service")
	}
	if text := m.run("dpkg-query", "-W", "-f", "${Package} ${Status}\n", "systole", "resource-agents"); strings.Count(text, "install ok installed") != 2 {
		m.t.Errorf("after the installation the packages are\n%s", text)
	}
	if text := m.verify("systole"); text != editedHere {
		m.t.Errorf("after the installation these are not the package's:\n%s", text)
	}
}

// goes: the original is back, as it was.
func (m machine) goes(mine, theirs string) {
	m.apt("install", originals()...)
	m.same(mine, "after the way back")
	m.settles()
	m.holds(true)
	m.is("original")
	m.apt("purge", "systole")
	m.same(mine, "after the purge")
	if now := m.verify("heartbeat", "ldirectord", "resource-agents"); now != theirs {
		m.t.Errorf("after the purge dpkg says of the original's files\n%ssaid before\n%s", now, theirs)
	}
	if at := m.sh("readlink /usr/lib64/heartbeat"); at != link {
		m.t.Errorf("the administrator's link leads to %q", at)
	}
	if left := m.sh("find / -xdev \\( -name '*systole*' ! -name systole-lab-root -o -name '*.resource-agents' -o -name decisions \\) ! -path '/root/*'"); left != "" {
		m.t.Errorf("the purge leaves\n%s", left)
	}
	m.run("service", "heartbeat", "stop")
	m.holds(false)
}

// TestSwapByDpkg: dpkg alone has another order than apt, and here an administrator does not let packages
// stop and start services. The original's daemon runs on; a restart by hand changes over. It says
// itself that it releases the group.
func TestSwapByDpkg(t *testing.T) {
	t.Parallel()
	m, deb := original(t)
	mine := m.owned()
	m.write("/usr/sbin/policy-rc.d", policy(101), 0o755)
	m.run("dpkg", "--force-confold", "-i", deb)
	m.is("original")
	m.holds(true)
	m.run("service", "heartbeat", "restart")
	m.is("systole")
	m.holds(true)
	log := string(lab.OK(m.ReadFile("/var/log/ha.log"))(t))
	_, shutdown, _ := strings.Cut(log, "Giving up all HA resources.")
	before, _, complete := strings.Cut(shutdown, "Heartbeat shutdown complete.")
	if !complete || !strings.Contains(before, "Releasing resource group: "+activeName) {
		t.Error("the original was not shut down as it should be")
	}

	// What dpkg remembers of the original's packages may go.
	m.run("dpkg", "--purge", "heartbeat", "ldirectord")
	m.same(mine, "after the purge of the original")
	if text := m.verify("systole"); text != editedHere {
		t.Errorf("after the purge of the original these are not the package's:\n%s", text)
	}
	m.sh("ls /etc/rc2.d/S??heartbeat")
}

// TestOriginalThatHangs: what does not end is killed, and what it held is given up.
func TestOriginalThatHangs(t *testing.T) {
	t.Parallel()
	m, deb := original(t)
	m.write("/usr/sbin/policy-rc.d", policy(101), 0o755)
	m.apt("install", deb)
	m.sh("kill -STOP $(cat /run/heartbeat.pid)")
	if text := m.run("/usr/share/systole/end-original", "1"); !strings.Contains(text, "does not end and is killed") {
		t.Errorf("it says %q", text)
	}
	m.is("nobody")
	m.holds(false)
	m.run("service", "heartbeat", "start")
	m.is("systole")
	m.holds(true)
	if text := m.run("/usr/share/systole/end-original", "1"); text != "" {
		t.Errorf("of our daemon it says %q", text)
	}
	m.is("systole")
}
