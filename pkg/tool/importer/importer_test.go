package importer

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

func run(stdin string, args ...string) (out, errs string, code int) {
	return tooltest.Run(Verb(), stdin, args...)
}

const conf = "vrrp_instance V {\n interface eth0\n state MASTER\n virtual_ipaddress {\n 10.0.0.1/24\n }\n authentication {\n auth_type PASS\n auth_pass abc\n }\n}\n" +
	"virtual_server 10.0.0.1 80 {\n real_server 10.0.0.2 80 {\n TCP_CHECK {\n }\n }\n}\n"

// files lists a directory with the modes.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		rest, _ := filepath.Rel(dir, path)
		out = append(out, info.Mode().String()+" "+rest)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestKeepalived(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	out, errs, code := run(conf, "keepalived", "-", "--node", "a=10.0.0.8", "--peer", "b=10.0.0.9", "--out", dir)
	if code != exitWhole || errs != "" || !strings.Contains(out, "equal") {
		t.Fatalf("exit code %d\n%s%s", code, out, errs)
	}
	want := []string{"-rw------- a/etc/ha.d/authkeys", "-rw------- b/etc/ha.d/authkeys"}
	for _, node := range []string{"a", "b"} {
		for _, name := range []string{"ha.cf", "haresources", "ldirectord.cf"} {
			want = append(want, "-rw-r--r-- "+node+"/etc/ha.d/"+name)
		}
	}
	want = append(want, "-rw-r--r-- report.txt")
	slices.Sort(want)
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("made %q, want %q", got, want)
	}
	report, err := os.ReadFile(filepath.Join(dir, "report.txt"))
	if err != nil || string(report) != out {
		t.Errorf("report.txt is %q, %v; printed was %q", report, err, out)
	}
	again, errs, code := run(conf, "keepalived", "-", "--node", "a", "--peer", "b", "--out", dir)
	if code != exitFailed || again != "" || !strings.Contains(errs, "not empty") {
		t.Errorf("over what is there: exit code %d, %q, %q", code, again, errs)
	}
}

// Without --out everything is printed, and nothing is written.
func TestPrinted(t *testing.T) {
	t.Chdir(t.TempDir())
	out, errs, code := run(conf, "keepalived", "-", "--peer", "b", "--node", "a")
	if code != exitWhole || strings.Count(out, "==> ") != 8 || !strings.Contains(out, "==> b/etc/ha.d/ha.cf <==\n") || !strings.Contains(errs, "equal") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	out, errs, code = run("-A -t 10.0.0.1:80 -s rr\n-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g\n", "ipvsadm", "-")
	if code != exitWhole || !strings.HasPrefix(out, "# Made by") || !strings.Contains(out, "\treal=10.0.0.2:80 gate 1\n") || !strings.Contains(errs, "approximated") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	if got := files(t, "."); len(got) > 0 {
		t.Errorf("written: %q", got)
	}
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		stdin, args string
		code        int
	}{
		{conf + "frobnicate\n", "keepalived - --node a --peer b", exitLost},
		{conf + "{", "keepalived - --node a --peer b", exitRefused},
		{"x", "ipvsadm -", exitRefused},
		{conf, "keepalived " + dir + "/none --node a --peer b", exitFailed},
		{conf, "keepalived - --node a --peer b --peer-file " + dir + "/none", exitFailed},
		{conf, "keepalived - --node a --peer b --out /proc/nothing/here", exitFailed},
		{conf, "keepalived - --node a", tool.Usage},
		{conf, "keepalived - --node a --peer b,c", tool.Usage},
		{conf, "keepalived - --node a --peer b=x", tool.Usage},
		{conf, "keepalived", tool.Usage},
		{conf, "haproxy -", tool.Usage},
	} {
		if _, errs, code := run(c.stdin, strings.Fields(c.args)...); code != c.code || errs == "" {
			t.Errorf("%s: exit code %d, want %d; %s", c.args, code, c.code, errs)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The other node's file decides who is preferred, and what differs is told.
func TestPeerFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"a.conf": conf, "b.conf": strings.Replace(strings.Replace(conf, "MASTER", "BACKUP\n priority 200", 1), "10.0.0.2", "10.0.0.3", 1)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, errs, code := run("", "keepalived", filepath.Join(dir, "a.conf"), "--node", "a", "--peer", "b", "--peer-file", filepath.Join(dir, "b.conf"))
	if code != exitLost || !strings.Contains(out, "\nb ldirectord::ldirectord.cf IPaddr2::10.0.0.1/24/eth0\n") || !strings.Contains(errs, "b.conf:14: real_server 10.0.0.3 80: not so in") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
}

// A directory that cannot be finished is not there at all.
func TestAllOrNothing(t *testing.T) {
	if os.Geteuid() == 0 {
		dir := t.TempDir()
		target := filepath.Join(dir, "full")
		if err := os.WriteFile(target, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		_, errs, code := run(conf, "keepalived", "-", "--node", "a", "--peer", "b", "--out", target)
		left := files(t, dir)
		if code != exitFailed || errs == "" || len(left) != 1 {
			t.Errorf("exit code %d, %q, left %q", code, errs, left)
		}
	}
}
