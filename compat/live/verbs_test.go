package live

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// outcome is a call of a verb and its exit code. What the host is like is set up in scene; a call may be a
// line of shell around it.
type outcome struct {
	verb, call string
	code       int
}

// clock is how doctor ends where nothing else is wrong: the clock is that of the machine that the test
// runs on, which somebody sets or nobody does.
func clock() int {
	var t unix.Timex
	if is, err := unix.Adjtimex(&t); err == nil && (is == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0) {
		return 1
	}
	return 0
}

// outcomes have every exit code of every verb, which the test sees to.
func outcomes() []outcome {
	const (
		wire    = "systole decode --summary --authkeys wire.keys "
		nobody  = "setpriv --reuid=65534 --regid=65534 --clear-groups "
		page    = "systole genhash -s 127.0.0.1 -p 80 -u / "
		screen  = "script -qec 'TERM=%s systole top' /dev/null"
		explain = "systole explain --dir "
	)
	return []outcome{
		{"check", "systole check --node lb1 clean", 0},
		{"check", "systole check warned", 1},
		{"check", "systole check --short broken", 2},
		{"check", "systole check /nonexistent", 3},
		{"check", "systole check a b", 64},
		{"decode", wire + "wire.pcap", 0},
		{"decode", "systole decode --summary --authkeys other.keys wire.pcap", 1},
		{"decode", wire + "other.keys", 3},
		{"decode", "systole decode", 64},
		{"doctor", "systole doctor --dir empty", clock()},
		{"doctor", "ip address add 192.0.2.10/24 dev lo; systole doctor --dir empty; c=$?; ip address del 192.0.2.10/24 dev lo; exit $c", 2},
		{"doctor", "ulimit -n 3; systole doctor --dir empty", 3},
		{"doctor", nobody + "systole doctor --dir empty", 4},
		{"doctor", "systole doctor --vip nonsense", 64},
		{"explain", explain + "records", 0},
		{"explain", explain + "empty", 1},
		{"explain", explain + "wire.pcap", 2},
		{"explain", "systole explain 1 2", 64},
		{"status", "systole status --socket well", 0},
		{"status", "systole status --socket sick", 1},
		{"status", "systole status --socket mad", 2},
		{"status", "systole status --socket none", 3},
		{"status", nobody + "systole status --socket $PWD/well", 4},
		{"status", "systole status node1", 64},
		{"timeline", "systole timeline --since 1000000h --dir records", 0},
		{"timeline", "systole timeline --dir empty", 1},
		{"timeline", "systole timeline --since 1000000h --dir records --svg /nonexistent/x", 2},
		{"timeline", "systole timeline now", 64},
		{"top", "systole top --count 1", 0},
		{"top", strings.Replace(screen, "%s", "nonsense", 1), 2},
		{"top", "systole top --interval 1ms", 64},
		{"drain", "systole drain --for 1m " + serving, 0},
		{"drain", "systole drain " + unknown, 1},
		{"drain", "systole drain --director-pids /run/none.*.pid " + serving, 3},
		{"drain", nobody + "systole drain " + serving, 4},
		{"drain", "systole drain", 64},
		{"undrain", "systole undrain " + serving, 0},
		{"undrain", "systole undrain " + unknown, 1},
		{"undrain", "systole undrain --director other " + serving, 3},
		{"undrain", nobody + "systole undrain " + serving, 4},
		{"undrain", "systole undrain --for 1m " + serving, 64},
		{"weight", "systole weight " + serving + " 3 && systole weight " + serving + " default", 0},
		{"weight", "systole weight " + unknown + " 3", 1},
		{"weight", "systole weight --director other " + serving + " 3", 3},
		{"weight", nobody + "systole weight " + serving + " 3", 4},
		{"weight", "systole weight " + serving + " heavy", 64},
		{"disable", "systole disable --reason test " + serving, 0},
		{"disable", "systole disable " + unknown, 1},
		{"disable", "systole disable --director other " + serving, 3},
		{"disable", nobody + "systole disable " + serving, 4},
		{"disable", "systole disable --for -1m " + serving, 64},
		{"enable", "systole enable " + serving, 0},
		{"enable", "systole enable " + unknown, 1},
		{"enable", "systole enable --director other " + serving, 3},
		{"enable", nobody + "systole enable " + serving, 4},
		{"enable", "systole enable a b", 64},
		{"genhash", page + "--status 200-299", 0},
		{"genhash", page + "--regex no-such-words", 1},
		{"genhash", "systole genhash -s 127.0.0.1 -p 9 -u / -t 1", 2},
		{"genhash", "systole genhash -s 127.0.0.1", 64},
		{"import", "systole import ipvsadm commands", 0},
		{"import", "systole import keepalived --node a=192.0.2.1 --peer b=192.0.2.2 lost.conf", 1},
		{"import", "systole import keepalived --node a --peer b damaged.conf", 2},
		{"import", "systole import ipvsadm /nonexistent", 3},
		{"import", "systole import bind9 commands", 64},
		{"mon", "systole mon --check -c mon.cf", 0},
		{"mon", "systole mon --check -c /nonexistent", 1},
		{"mon", "systole mon --check -c damaged.conf", 2},
		{"mon", "systole mon what", 64},
		{"monitor", "systole monitor tcp.monitor -p 80 127.0.0.1", 0},
		{"monitor", "systole monitor tcp.monitor -p 9 127.0.0.1", 1},
		{"monitor", "systole monitor nonsense.monitor", 64},
		{"help", "systole help check", 0},
		{"help", "systole help nonsense", 64},
		{"completion", "systole completion zsh", 0},
		{"completion", "systole completion tcsh", 64},
		{"version", "systole version", 0},
		{"version", "systole version --nonsense", 64},
	}
}

// scene is what the calls find in /root: files of the project as they are, and others.
func scene(t *testing.T, h *lab.Host) {
	t.Helper()
	for to, from := range map[string]string{
		"wire.pcap": "../../pkg/hamsg/testdata/wire/ucast-md5-lifecycle.pcap", "commands": "../../examples/howto-004/as-printed/commands",
		"mon.cf": "../../examples/howto-001/titanic5/etc/mon/mon.cf", "clean/ldirectord.cf": "../../examples/howto-004/lb1/etc/ha.d/ldirectord.cf",
		"clean/ha.cf": "../../examples/howto-004/lb1/etc/ha.d/ha.cf", "clean/haresources": "../../examples/howto-004/lb1/etc/ha.d/haresources",
		"warned/ha.cf": "../../examples/howto-001/as-printed/ha.cf", "warned/haresources": "../../examples/howto-001/as-printed/haresources",
		"broken/ha.cf": "../../examples/howto-001/as-printed/ha.cf", "records/00000001.json": "../../pkg/decision/testdata/crash.json",
	} {
		if err := h.Install(from, "/root/"+to, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const now = `"time":"2026-11-21T14:03:07Z"`
	for name, text := range map[string]string{
		"wire.keys": "auth 1\n1 md5 another-Secret_9\n", "other.keys": "auth 1\n1 md5 another\n", "empty/.keep": "",
		"clean/authkeys": "auth 1\n1 sha1 AKeyOfThisTestAlone\n", "warned/authkeys": "auth 1\n1 sha1 AKeyOfThisTestAlone\n",
		"well.json":    `{"version":1,` + now + `,"resources":{"state":"all","settled":true},"nodes":[{"name":"node1","self":true,"status":"active"}]}`,
		"sick.json":    `{"version":1,` + now + `,"nodes":[{"name":"node2","status":"dead"}]}`,
		"mad.json":     "hello",
		"lost.conf":    "vrrp_instance one {\n  interface eth0\n  virtual_router_id 1\n  priority 100\n  no_such_word\n  virtual_ipaddress {\n    192.0.2.10/24\n  }\n}\n",
		"damaged.conf": "vrrp_instance one {\n  interface eth0\n",
		"index.html":   "well\n",
	} {
		if err := h.WriteFile("/root/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lab.OK(h.Check(patience.For(t), "chmod", "711", "/root"))(t)
	for _, name := range []string{"well", "sick", "mad"} {
		lab.OK(h.Start(lab.Self, "lab:told", "/root/"+name, "/root/"+name+".json"))(t)
	}
	lab.OK(h.Start(lab.Self, "lab:web"))(t)
}

// Every verb is called so that it ends with each of the exit codes that its help tells of.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	h := newDesk(t, l, "desk", nil)
	scene(t, h)
	seen := map[string]bool{"doctor 0": true, "doctor 1": true} // which of them is the clock's word
	for _, o := range outcomes() {
		r := lab.OK(h.Exec(patience.For(t), lab.Command{Argv: []string{"sh", "-c", o.call}, Dir: "/root", Env: []string{"LANG=C.UTF-8"}}))(t)
		if r.Code != o.code {
			t.Errorf("%s: exit code %d, want %d\n%s%s", o.call, r.Code, o.code, r.Stdout, r.Stderr)
		}
		if o.code == 64 && (r.Stdout != "" || !strings.Contains(r.Stderr, "--help")) {
			t.Errorf("%s: a wrong call says\n%s%s", o.call, r.Stdout, r.Stderr)
		}
		seen[o.verb+" "+strconv.Itoa(o.code)] = true
	}
	codes := regexp.MustCompile(`(?m)^ +([0-9]+)  `)
	for _, verb := range verbsOf(t, h) {
		_, told, _ := strings.Cut(lab.OK(h.Check(patience.For(t), "systole", verb, "--help"))(t), "Exit codes:")
		for _, m := range codes.FindAllStringSubmatch(told, -1) {
			if !seen[verb+" "+m[1]] {
				t.Errorf("nothing has %s end with %s", verb, m[1])
			}
		}
	}
}
