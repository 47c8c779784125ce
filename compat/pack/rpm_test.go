package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"systole/compat/lab"
)

// packaging makes a machine with rpm and systemd.
func packaging(t *testing.T, name string) machine {
	t.Helper()
	l := lab.Test(t)
	if err := lab.EnsurePackaging(t.Context()); err != nil {
		t.Fatal(err)
	}
	return machine{lab.OK(l.Host(lab.Spec{Name: name, Flavour: lab.Packaging}))(t), t}
}

// TestRpmSays: rpm reads the package, and what it says of it is what format and scripts say.
func TestRpmSays(t *testing.T) {
	t.Parallel()
	m := packaging(t, "rpm")
	m.copies(made(t, "rpm", version), "/root/systole.rpm", 0o644)
	for question, want := range map[string]string{
		"--provides":  "heartbeat = 3.0.6\nheartbeat-ldirectord = 4.12.0\nldirectord = 4.12.0\nsystole = 9.8.7-1\n",
		"--obsoletes": "heartbeat <= 3.0.6-99\nheartbeat-ldirectord <= 4.12.0-99\nldirectord <= 4.12.0-99\n",
		"--conflicts": "heartbeat\nheartbeat-ldirectord\nldirectord\n",
		"--requires":  "/usr/sbin/useradd\n",
		"--queryformat=%{NAME} %{VERSION} %{RELEASE} %{LICENSE} %{OS} %{SUMMARY}\n": "systole 9.8.7 1 Apache-2.0 linux " + summary + "\n",
	} {
		lines := strings.SplitAfter(m.run("rpm", "-qp", question, "/root/systole.rpm"), "\n")
		slices.Sort(lines)
		if got := strings.Join(lines, ""); got != want {
			t.Errorf("%s\n%swant\n%s", question, got, want)
		}
	}
	if text := m.run("rpm", "-K", "/root/systole.rpm"); !strings.Contains(text, "digests OK") {
		t.Errorf("rpm -K: %s", text)
	}
	for tag, name := range map[string]string{"PREIN": "preinst", "POSTIN": "postinst", "PREUN": "prerm", "POSTUN": "postrm", "POSTTRANS": "posttrans"} {
		want := string(lab.OK(os.ReadFile("rpm/" + name))(t))
		if got := m.run("rpm", "-qp", "--queryformat=%{"+tag+"}", "/root/systole.rpm"); strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s is\n%s", tag, got)
		}
	}
	for line := range strings.Lines(m.run("rpm", "-qp", "--queryformat=[%{FILENAMES} %{FILEMODES:octal} %{FILEFLAGS:fflags}\n]", "/root/systole.rpm")) {
		f := strings.Fields(line)
		regular := strings.HasPrefix(f[1], "100")
		if noreplace := len(f) > 2 && f[2] == "cn"; noreplace != (regular && strings.HasPrefix(f[0], "/etc/")) {
			t.Errorf("flags of %s", line)
		}
	}
}

// tree lists what lies in a directory, with rights, links and sums, as the table of layout has its
// places.
func (m machine) tree(dir string, f format) []string {
	m.t.Helper()
	back := map[string]string{shareDir + "etc/": "/etc/"}
	for from, to := range f.moves {
		back[to] = from
	}
	var out []string
	list := m.sh("cd " + dir + " && find . ! -type d -printf '%P %m %l\\n' && find . -type f -exec sha256sum {} + | sed -E 's,([^ ]*)  ./(.*),\\2 \\1,'")
	for line := range strings.Lines(list) {
		place, rest, _ := strings.Cut(line, " ")
		place = moved(moved("/"+place, map[string]string{shareDir + "etc/": "/etc/"}), back)
		if !slices.Contains(borrowed(), place) && place != "/usr/bin/cl_status" {
			out = append(out, place+" "+rest)
		}
	}
	slices.Sort(out)
	return out
}

// TestPackagesAgree: both packages hold the same, apart from what a script makes.
func TestPackagesAgree(t *testing.T) {
	t.Parallel()
	m := packaging(t, "both")
	m.copies(made(t, "rpm", version), "/root/systole.rpm", 0o644)
	m.copies(made(t, "deb", version), "/root/systole.deb", 0o644)
	m.sh("mkdir /root/rpm && cd /root/rpm && rpm2cpio /root/systole.rpm | cpio -idm --quiet --no-absolute-filenames && dpkg-deb -x /root/systole.deb /root/deb")
	rpm, deb := m.tree("/root/rpm", formats()["rpm"]), m.tree("/root/deb", formats()["deb"])
	if len(deb) < 150 {
		t.Errorf("only %d lines of the deb: the test does not read them any more", len(deb))
	}
	for _, line := range rpm {
		if !slices.Contains(deb, line) {
			t.Errorf("only in the rpm: %s", line)
		}
	}
	for _, line := range deb {
		if !slices.Contains(rpm, line) {
			t.Errorf("only in the deb: %s", line)
		}
	}
}

// rpm's own scripts, on Debian: rpm does not know that useradd is there.
func (m machine) rpm(args ...string) {
	m.t.Helper()
	m.run(append([]string{"rpm", "--force-debian", "--nodeps"}, args...)...)
}

// TestRpmScripts leads the rpm through its life.
func TestRpmScripts(t *testing.T) {
	t.Parallel()
	m := packaging(t, "life")
	m.copies(made(t, "rpm", version), "/root/old.rpm", 0o644)
	m.copies(made(t, "rpm", newer), "/root/new.rpm", 0o644)
	m.does("userdel", "hacluster")
	m.does("groupdel", "haclient")
	m.puts(admins())
	m.sh("mkdir -p /usr/lib64 && ln -s ../libexec/heartbeat /usr/lib64/heartbeat")

	m.rpm("-i", "/root/old.rpm")
	m.has(admins(), "after the installation")
	want := "haclient\n2555 root:haclient /usr/bin/cl_status\n700 hacluster:root /var/lib/heartbeat/cores/hacluster\n"
	if got := m.sh("id -gn hacluster; stat -c '%a %U:%G %n' /usr/bin/cl_status /var/lib/heartbeat/cores/hacluster"); got != want {
		t.Errorf("after the installation\n%swant\n%s", got, want)
	}
	m.sh("test -r /etc/ha.d/shellfuncs && test -x /usr/libexec/heartbeat/findif && test ! -L /usr/lib64/heartbeat && /usr/lib64/heartbeat/heartbeat -V && test -r /etc/sysconfig/heartbeat")

	mine := map[string]string{"/etc/ha.d/resource.d/Delay": "#!/bin/sh\n# edited\n", "/etc/sysconfig/heartbeat": "HA_RESTART_WAIT=0\n"}
	m.puts(mine)
	m.rpm("-U", "/root/new.rpm")
	m.has(admins(), "after the upgrade")
	m.has(mine, "after the upgrade")
	m.sh("test -r /etc/ha.d/shellfuncs && test -x /usr/libexec/heartbeat/findif")

	m.rpm("-e", "systole")
	m.has(admins(), "after the removal")
	m.lacks("after the removal", "/etc/ha.d/harc", "/usr/libexec/heartbeat", "/usr/share/systole", "/var/lib/systole", "/etc/ha.d/resource.d/ipvs-sync")
	if at := m.sh("readlink /usr/lib64/heartbeat"); at != "../libexec/heartbeat\n" {
		t.Errorf("the administrator's link leads to %q", at)
	}
}
