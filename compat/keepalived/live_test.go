package keepalived_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"systole/compat/keepalived"
	"systole/compat/lab"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

const patience = lab.Patience(60 * time.Second)

// host is a machine of the lab with what is asked of it.
type host struct {
	*lab.Host
	*testing.T
	ctx context.Context
}

// sh runs a command line and returns its output and exit code.
func (h *host) sh(line string) (string, int) {
	h.Helper()
	r := lab.OK(h.Sh(h.ctx, line))(h.T)
	return r.Stdout, r.Code
}

func (h *host) is(line, output string, code int) {
	h.Helper()
	if out, got := h.sh(line); out != output || got != code {
		h.Errorf("%s: exit code %d, %q; want %d, %q", line, got, out, code, output)
	}
}

// TestGenhash has the genhash of keepalived and ours ask the same web servers.
func TestGenhash(t *testing.T) {
	l := lab.Test(t)
	ctx := patience.For(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := &host{lab.OK(l.Host(lab.Spec{Name: "director", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.0.0.1/24", "fd00::1/64")}}))(t), t, ctx}
	web := lab.OK(l.Host(lab.Spec{Name: "web", Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.0.0.2/24", "fd00::2/64")}}))(t)
	lab.OK(web.Web(ctx, netip.MustParseAddrPort("[::]:80"), "web"))(t)
	for _, args := range []string{
		"-s 10.0.0.2 -p 80 -u /", "--server 10.0.0.2 --port 80 --url /x --use-virtualhost www.example.com", "-s 10.0.0.2 -p 80 -u / -P 1.0c -t 3",
		"-s fd00::2 -p 80 -u /",
	} {
		theirs, code := h.sh("genhash " + args)
		if code != 0 || len(theirs) != 33 {
			t.Fatalf("genhash %s: exit code %d, %q", args, code, theirs)
		}
		h.is("systole genhash "+args, theirs, 0)
		h.is("systole genhash "+args+" --digest "+strings.TrimSpace(theirs), theirs, 0)
	}
	shown, _ := h.sh("genhash -v -s 10.0.0.2 -p 80 -u / | grep -v -e usecs -e Date: -e ^00[0-9][0-9]")
	h.is("systole genhash -v -s 10.0.0.2 -p 80 -u / | grep -v -e usecs -e Date: -e ^00[0-9][0-9]", shown, 0)
	h.is("systole genhash -s 10.0.0.2 -p 81 -u /", "", 2)
}

// example is the directory of how-to 002, which the importer has made.
const example = "../../examples/howto-002/dongho-vm111/etc"

func (h *host) copy(from, to string) {
	h.Helper()
	err := filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return h.WriteFile(to+strings.TrimPrefix(path, from), text, 0o755)
	})
	if err != nil {
		h.Fatal(err)
	}
}

// TestScripts runs what was made of how-to 002 on a host: the check of the digest, and the notify
// scripts, each once for a change of state.
func TestScripts(t *testing.T) {
	l := lab.Test(t)
	ctx := patience.For(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := &host{lab.OK(l.Host(lab.Spec{Name: "dongho-vm111", Flavour: lab.Systole, Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.30.6.111/24")}}))(t), t, ctx}
	h.copy(example, "/etc")
	lab.OK(h.Web(ctx, netip.MustParseAddrPort("0.0.0.0:80"), "it works"))(t)

	page, _ := h.sh("systole genhash -s 10.30.6.111 -p 80 -u /apache2-default/")
	const check = "/etc/ha.d/check-10.30.6.110-80 10.30.6.110 80 "
	h.is(check+"10.30.6.111 80", "", 1) // it is not the page of the how-to
	h.sh("sed -i s/c7b4690c8c46625ef0f328cd7a24a0a3/" + strings.TrimSpace(page) + "/ /etc/ha.d/check-10.30.6.110-80")
	h.is(check+"10.30.6.111 80", "", 0)
	h.is("timeout 10 "+check+"10.30.6.112 80", "", 2) // nobody is there

	rules := func(want int) {
		t.Helper()
		if out, _ := h.sh("cat /run/calls"); strings.Count(out, "\n") != want {
			t.Errorf("called %q, want %d calls", out, want)
		}
	}
	// iptables is not in every kernel: the script is called all the same.
	h.sh(`printf '#!/bin/sh\necho "$*" >>/run/calls\n' >/etc/keepalived/redirect.sh; : >/run/calls`)
	const notify = "/etc/ha.d/resource.d/knotify-ETH0 "
	h.is(notify+"status", "stopped\n", 3)
	h.sh("/etc/ha.d/resource.d/startstop pre-start")
	rules(1)
	h.is(notify+"stop", "", 0)
	rules(1)
	h.is(notify+"start", "", 0)
	h.is(notify+"start", "", 0)
	rules(2)
	h.is(notify+"status", "running\n", 0)
	h.is(notify+"stop", "", 0)
	h.sh("/etc/ha.d/resource.d/startstop pre-start")
	rules(3)
	h.is("cat /run/calls", "add 10.30.6.110\ndel 10.30.6.110\nadd 10.30.6.110\n", 0)
	h.is(notify+"frob", "", 1)
}

// The shell can read every script that is made of the cases.
func TestShellReads(t *testing.T) {
	l := lab.Test(t)
	ctx := patience.For(t)
	h := &host{lab.OK(l.Host(lab.Spec{Name: "shell"}))(t), t, ctx}
	text, err := os.ReadFile("testdata/groups.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, conf, _ := strings.Cut(string(text), "-- keepalived.conf --\n")
	conf, _, _ = strings.Cut(conf, "-- node1/")
	tree, report, err := keepalived.Convert("keepalived.conf", []byte(conf), keepalived.Options{Node: keepalived.Node{Name: "a"}, Peer: keepalived.Node{Name: "b"}})
	if err != nil || report.Failed() {
		t.Fatal(err, report.Errors)
	}
	scripts := 0
	for _, f := range tree {
		if f.Mode != 0o755 {
			continue
		}
		scripts++
		if err := h.WriteFile("/"+f.Path, f.Text, f.Mode); err != nil {
			t.Fatal(err)
		}
		h.is("sh -n /"+f.Path, "", 0)
	}
	if scripts != 10 {
		t.Errorf("%d scripts", scripts)
	}
	h.is(`printf '#!/bin/sh\nprintf "[%%s]" "$@"\n' >/usr/local/bin/check; chmod +x /usr/local/bin/check; chmod 755 /usr/local/bin/check
printf '#!/bin/sh\nexit 0\n' >/usr/sbin/systole; chmod +x /usr/sbin/systole
sed 's/ >.dev.null//' /a/etc/ha.d/check-group-WEB >/tmp/check; sh /tmp/check 10.0.0.100 80 10.0.0.12 80`, "[a b][$c]", 0)
}
