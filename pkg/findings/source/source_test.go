package source

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/findings"
	"systole/pkg/loopback"
)

// install writes files into a new directory.
func install(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Settings of a system that does not run here are those that sysctl --system would make.
func TestConfigured(t *testing.T) {
	dir := install(t, map[string]string{
		"etc/ha.d/ha.cf":           "",
		"usr/lib/sysctl.d/50.conf": "net.a = distribution\nnet.b = distribution\n",
		"usr/lib/sysctl.d/60.conf": "net.c=hidden\n",
		"etc/sysctl.d/60.conf":     "# net.c = comment\n; net.c = comment\n-net/ipv4/conf/eth0.1/arp_ignore = 1\nnet.c = 3\n",
		"etc/sysctl.conf":          "net.b = last\nnonsense\n",
	})
	tree, err := Open(dir+"/etc/ha.d", "node1", false)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"net.a": "distribution", "net.b": "last", "net.c": "3", "net.ipv4.conf.eth0.1.arp_ignore": "1"} {
		if value, known := tree.Sysctl(name); value != want || !known {
			t.Errorf("%s is %q, %v", name, value, known)
		}
	}
	if _, known := tree.Sysctl("net.d"); known {
		t.Error("net.d is known")
	}
	if bare, err := Open(install(t, map[string]string{"ha.cf": ""}), "", false); err != nil || bare.Sysctl != nil || bare.Addresses != nil || bare.Node != "" {
		t.Errorf("a directory is more than its files: %+v, %v", bare, err)
	}
}

// A tree that is said to be this machine's is held to its kernel.
func TestHere(t *testing.T) {
	tree, err := Open(t.TempDir(), "", true)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := os.Hostname()
	if tree.Node != strings.ToLower(name) {
		t.Errorf("the node is %q", tree.Node)
	}
	if value, known := tree.Sysctl("kernel.ostype"); value != "Linux" || !known {
		t.Errorf("kernel.ostype is %q, %v", value, known)
	}
	if _, known := tree.Sysctl("net.ipv4.nothing"); known {
		t.Error("a setting that is not there is known")
	}
	links, err := net.Interfaces()
	if err != nil || len(links) == 0 {
		t.Fatal(err)
	}
	if own, _ := links[0].Addrs(); len(own) > 0 && (len(tree.Addresses) == 0 || tree.Addresses[0].Prefix.String() != own[0].String()) {
		t.Errorf("the addresses are %v, the first of %s %v", tree.Addresses, links[0].Name, own)
	}
}

// A part of a system is not blamed for the scripts that are not in it.
func TestScripts(t *testing.T) {
	part := install(t, map[string]string{"etc/ha.d/resource.d/own": "", "etc/init.d/lvs": ""})
	whole := install(t, map[string]string{"etc/ha.d/resource.d/own": "", "etc/ha.d/resource.d/IPaddr2": "", "etc/init.d/lvs": ""})
	for dir, want := range map[string]map[string]bool{part: nil, whole: {"own": true, "IPaddr2": true, "lvs": true}} {
		tree, err := Open(dir+SystemDir, "", false)
		if d := cmp.Diff(want, tree.Scripts); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	}
}

// What the daemons say at their start: what fails later, without what their parsers say, and without
// notes.
func TestAdvice(t *testing.T) {
	const director = "virtual=192.0.2.10:80\n\treal=192.0.2.10:80 masq\n\tservice=http\n"
	dir := install(t, map[string]string{
		"ha.cf":         "keepalive 2\ndeadtime 5\ninitdead 20\nlogfile /var/log/ha-log\nucast eth0 192.0.2.2\nnode node1 node2\n",
		"haresources":   "node1 ldirectord::ldirectord.cf IPaddr2::192.0.2.10/24/eth0\n",
		"authkeys":      "auth 1\n1 sha1 AKeyOfThisTestAlone\n",
		"ldirectord.cf": director,
		"conf/other.cf": director,
	})
	want := []string{dir + "/ha.cf:2: HA-118: deadtime 5s is less than three times keepalive 2s"}
	if d := cmp.Diff(want, Heartbeat(dir, "node1")); d != "" {
		t.Error(d)
	}
	for _, name := range []string{"ldirectord.cf", "conf/other.cf"} {
		want := []string{dir + "/" + name + ":2: LD-206: 192.0.2.10 is the address of the virtual itself"}
		if d := cmp.Diff(want, Director(dir+"/"+name)); d != "" {
			t.Error(d)
		}
	}
	if got := Heartbeat(dir+"/nothing", "node1"); got != nil {
		t.Errorf("%q", got)
	}
}

// Online asks: a server that listens, one that does not, and a name.
func TestOnline(t *testing.T) {
	open, shut := loopback.Addr(loopback.Listen(t)), loopback.Nobody(t)
	var env findings.Env
	Online(&env, 10*time.Second)
	errs := env.Reach([]netip.AddrPort{open, shut})
	if errs[0] != nil || errs[1] == nil {
		t.Errorf("%v", errs)
	}
	if a, err := env.Resolve("localhost"); err != nil || len(a) == 0 || !a[0].IsLoopback() {
		t.Errorf("%v, %v", a, err)
	}
}

func TestParseHosts(t *testing.T) {
	got := parseHosts("# comment\n192.0.2.1  Node1 node1.example.com # the first\n::ffff:192.0.2.9 nine\nbad line\n192.0.2.3\nfd00::1 node1\n")
	want := map[string][]netip.Addr{
		"node1":             {netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fd00::1")},
		"node1.example.com": {netip.MustParseAddr("192.0.2.1")},
		"nine":              {netip.MustParseAddr("192.0.2.9")},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); d != "" {
		t.Error(d)
	}
}
