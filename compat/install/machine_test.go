package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
	"systole/compat/layout"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

// disk makes a directory that is laid over a host's disk: the installer, what it installs in
// /src, and played programs in /built.
func disk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "root/install"), ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, e := range layout.Table() {
		if e.Kind == layout.File || e.Kind == layout.Config {
			text, err := os.ReadFile(filepath.Join(root, e.Source))
			if err != nil {
				t.Fatal(err)
			}
			if err := write(filepath.Join(dir, "src", e.Source), text, e.Mode); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Rename(built(t, "heartbeat", "cl_status", "ipfail", "ldirectord"), filepath.Join(dir, "built")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// On the machine itself the account is made, and directories get their owners.
func TestInstallOnAMachine(t *testing.T) {
	l := lab.Test(t)
	h := lab.OK(l.Host(lab.Spec{Name: "fresh", Flavour: lab.Bare, Layers: []string{disk(t)}}))(t)
	ctx := lab.Patience(time.Minute).For(t)
	check := func(script, want string) {
		t.Helper()
		if r := lab.OK(h.Sh(ctx, script))(t); r.Stdout != want || r.Code != 0 {
			t.Errorf("%s: %+v, want %q", script, r, want)
		}
	}
	const install = "umask 077; /root/install -bin /built -src /src"
	check("userdel hacluster; groupdel haclient 2>/dev/null; id hacluster 2>/dev/null || echo none", "none\n")
	check(install, "[\"groupadd\" \"--system\" \"haclient\"]\n[\"useradd\" \"--system\" \"--gid\" \"haclient\" \"--no-create-home\" "+
		"\"--home-dir\" \"/usr/lib/heartbeat\" \"--shell\" \"/bin/false\" \"hacluster\"]\n")
	check("id -un hacluster; id -gn hacluster; getent passwd hacluster | cut -d: -f6,7", "hacluster\nhaclient\n/usr/lib/heartbeat:/bin/false\n")
	check("cd /var/lib/heartbeat; stat -c '%A %U:%G %n' . cores/*", "drwxr-xr-x root:root .\ndrwx------ hacluster:root cores/hacluster\n"+
		"drwx------ nobody:root cores/nobody\ndrwx------ root:root cores/root\n")
	check("stat -c '%A %n' /usr/share/heartbeat /etc/ha.d/harc", "drwxr-xr-x /usr/share/heartbeat\n-rwxr-xr-x /etc/ha.d/harc\n")
	check("/usr/lib64/heartbeat/ipfail; /usr/share/heartbeat/hb_standby", "ipfail /usr/lib64/heartbeat/ipfail\nheartbeat /usr/share/heartbeat/hb_standby\n")
	check(install, "")
	check("echo '# mine' >>/etc/ha.d/rc.d/status; "+install, "/etc/ha.d/rc.d/status was edited and stays\n")
	check("sha256sum -c --quiet "+RecordPath+" 2>/dev/null || true", "/etc/ha.d/rc.d/status: FAILED\n")
	if r := lab.OK(h.Sh(ctx, "setpriv --reuid nobody --clear-groups /root/install -bin /built -src /src"))(t); r.Code != 1 || !strings.Contains(r.Stderr, "permission denied") {
		t.Errorf("as nobody: %+v", r)
	}
}
