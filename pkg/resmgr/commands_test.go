package resmgr

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"systole/pkg/hamsg"

	"golang.org/x/sys/unix"
)

type mainFunc = func([]string, func(string) string, io.Reader, io.Writer, io.Writer) int

// fifo is a daemon's end of a FIFO.
type fifo struct {
	path string
	f    *os.File
}

func openDaemon(t *testing.T) fifo {
	t.Helper()
	path := t.TempDir() + "/fifo"
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return fifo{path, f}
}

// read returns the next message; want there must be one.
func (f fifo) read(t *testing.T) string {
	t.Helper()
	if err := f.f.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 4096)
	n, err := f.f.Read(b)
	if err != nil {
		t.Fatalf("no message: %v", err)
	}
	return string(b[:n])
}

func environ(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestTools(t *testing.T) {
	const standby, takeover = "/usr/share/heartbeat/hb_standby", "/usr/share/heartbeat/hb_takeover"
	const words = " [all|foreign|local|failback]\n"
	d := openDaemon(t)
	cases := []struct {
		main   mainFunc
		args   string
		sent   string
		out    string
		errout string
	}{
		{HbStandbyMain, "", ">>>\nt=ask_resources\nrsc_hold=all\ninfo=me\n<<<\n", "", "Going standby [all]."},
		{HbStandbyMain, "failback", ">>>\nt=ask_resources\nrsc_hold=foreign\ninfo=me\n<<<\n", "", "Going standby [foreign]."},
		{HbStandbyMain, "local", ">>>\nt=ask_resources\nrsc_hold=local\ninfo=me\n<<<\n", "", "Going standby [local]."},
		{HbStandbyMain, "bogus", "", standby + ": wrong resources(bogus).\nusage:\n", standby + words},
		{HbStandbyMain, "all all", "", standby + ": too many arguments\nusage:\n", standby + words},
		{HbStandbyMain, "--help", "", "usage:\n", standby + words},
		{HbTakeoverMain, "", ">>>\nt=hb_takeover\nrsc_hold=all\n<<<\n", "", ""},
		{HbTakeoverMain, "failback", ">>>\nt=hb_takeover\nrsc_hold=failback\n<<<\n", "", ""},
		{HbTakeoverMain, "x", "", takeover + ": wrong resources(x).\nusage:\n", takeover + words},
		{HbAddnodeMain, "a b", ">>>\nt=addnode\nnodelist=a b\n<<<\n", "", ""},
		{HbAddnodeMain, "", "", "usage: hb_addnode <node> <node> ...\n", ""},
		{HbDelnodeMain, "a", ">>>\nt=delnode\nnodelist=a\n<<<\n", "", ""},
		{HbDelnodeMain, "--help", "", "usage: hb_delnode <node> <node> ...\n", ""},
		{HbSetweightMain, "a 5", ">>>\nt=setweight\nnode=a\nweight=5\n<<<\n", "", ""},
		{HbSetweightMain, "a", "", "usage: hb_setweight <node> <weight>\n", ""},
		{HbSetsiteMain, "a s", ">>>\nt=setsite\nnode=a\nsite=s\n<<<\n", "", ""},
		{HbSetsiteMain, "", "", "usage: hb_setsite <node> <site>\n", ""},
	}
	for i, c := range cases {
		var out, errout bytes.Buffer
		code := c.main(strings.Fields(c.args), environ("HA_FIFO", d.path), nil, &out, &errout)
		if want := map[bool]int{true: 0, false: 1}[c.sent != ""]; code != want {
			t.Errorf("%d %s: code %d", i, c.args, code)
		}
		if c.sent != "" {
			expect(t, c.args, d.read(t), c.sent)
		}
		expect(t, "stdout", out.String(), c.out)
		if !strings.Contains(errout.String(), c.errout) {
			t.Errorf("%d %s: stderr %q, want %q", i, c.args, errout.String(), c.errout)
		}
	}
}

// Without a daemon nobody waits, and it is said.
func TestPostWithoutDaemon(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/file", "", 0o600)
	m := hamsg.New("t", "x")
	for _, name := range []string{"/fifo", "/missing"} {
		if err := Post(dir+name, m); !errors.Is(err, ErrNoDaemon) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Post(dir+"/file", m); err == nil || errors.Is(err, ErrNoDaemon) {
		t.Errorf("file: %v", err)
	}
	if err := Post(dir + "/missing"); err != nil {
		t.Errorf("nothing to post: %v", err)
	}
	var out, errout bytes.Buffer
	if code := HbTakeoverMain(nil, environ("HA_FIFO", dir+"/fifo"), nil, &out, &errout); code != 1 {
		t.Errorf("code %d", code)
	}
	expect(t, "stderr", errout.String(), "hb_takeover: heartbeat is not running (nobody reads "+dir+"/fifo)\n")
}

// rm runs ResourceManager on a host of the test.
func (h *host) rm(args ...string) (stdout, stderr string, code int) {
	h.t.Helper()
	var out, errout bytes.Buffer
	code = ResourceManagerMain(args, h.env(), nil, &out, &errout)
	return out.String(), errout.String(), code
}

func (h *host) env(more ...string) func(string) string {
	if err := os.RemoveAll(h.dir + "/etc"); err != nil {
		h.t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(h.dir+"/etc", 0o755), os.Symlink(h.File, h.dir+"/etc/haresources"), os.Symlink(h.Dir, h.dir+"/etc/rc.d")); err != nil {
		h.t.Fatal(err)
	}
	return environ(append(more,
		"HA_CURHOST", us, "HA_DIR", h.dir+"/etc/", "HA_RESOURCEDIR", h.resources, "HA_LOGFILE", h.dir+"/ha.log",
		"HA_DATEFMT", "%Y/%m/%d_%T\t", "HA_DEBUGLOG", h.dir+"/ha-debug", "HA_STOPRETRYMAX", "1")...)
}

func TestResourceManagerCommand(t *testing.T) {
	h := newHost(t)
	h.service("a")
	h.haresources(us+" a::1 a::2", "other b c", us+" d")
	cases := []struct {
		args string
		out  string
		code int
	}{
		{"listkeys " + us, "a::1\nd\n", 0},
		{"listkeys nobody", "", 0},
		{"listkeys .*", "a::1\nb\nd\n", 0},
		{"allkeys", "a::1\nb\nd\n", 0},
		{"ourkeys", "a::1 a::2 \nd \n", 0},
		{"otherkeys", "b c \n", 0},
		{"status a::1", "", 3},
		{"status nosuch", "", 3},
		{"takegroup a::1", "", 0},
		{"status a::1", "", 0},
		{"statgroup a::1", "ALL\n", 0},
		{"verifyallidle", "", 1},
		{"givegroup a::1", "", 0},
		{"statgroup a::1", "NONE\n", 0},
		{"verifyallidle", "", 0},
	}
	for _, c := range cases {
		if out, errout, code := h.rm(strings.Fields(c.args)...); out != c.out || code != c.code {
			t.Errorf("%s: %q %d, want %q %d\n%s", c.args, out, code, c.out, c.code, errout)
		}
	}
	usage := "usage: /usr/share/heartbeat/ResourceManager listkeys machine | takegroup key | givegroup key|status resource\n\n"
	for _, args := range [][]string{{}, {"bogus"}, {"takegroup"}, {"status", ""}} {
		if out, errout, code := h.rm(args...); code != 1 || errout != usage || out != "" {
			t.Errorf("%q: %q %q %d", args, out, errout, code)
		}
	}
	log, err := os.ReadFile(h.dir + "/ha.log")
	if err != nil || !strings.Contains(string(log), "]:    info: Acquiring resource group: "+us+" a::1 a::2\n") {
		t.Errorf("log: %v\n%s", err, log)
	}
}

// mach_down, req_resource and harc as commands leave their messages in the FIFO.
func TestScriptsAsCommands(t *testing.T) {
	h := newHost(t)
	h.ship()
	h.service("a")
	h.haresources("other a::1", us+" a::2")
	d := openDaemon(t)
	cases := []struct {
		main mainFunc
		args string
		env  []string
		sent string
	}{
		{MachDownMain, "other", []string{"HA_NICEFAILBACK", "yes"}, ">>>\nt=resource\nrsc_hold=foreign\ninfo=mach_down\n<<<\n"},
		{MachDownMain, "other", nil, ""},
		{HarcMain, "status", []string{"HA_NICEFAILBACK", "yes", "HA_st", "dead", "HA_src", "other"}, ">>>\nt=resource\nrsc_hold=foreign\ninfo=mach_down\n<<<\n"},
		{HarcMain, "hb_takeover", []string{"HA_src", "other", "HA_rsc_hold", "local"}, ">>>\nt=ask_resources\nrsc_hold=foreign\ninfo=me\n<<<\n"},
	}
	for _, c := range cases {
		var out, errout bytes.Buffer
		code := c.main(strings.Fields(c.args), h.env(append(c.env, "HA_FIFO", d.path)...), nil, &out, &errout)
		if code != 0 {
			t.Errorf("%s: %d %s", c.args, code, errout.String())
		}
		if c.sent != "" {
			expect(t, c.args, d.read(t), c.sent)
		}
	}
	expect(t, "calls", h.calls(), []string{"a 1 start"})
	h.Give(context.Background(), "a::1")
	for _, c := range []struct{ dontAsk, sent string }{
		{"yes", ">>>\nt=ip-request-resp\ndest=" + us + "\nipaddr=a::2\nweown=yes\nok=OK\n<<<\n"},
		{"", ">>>\nt=ip-request\nipaddr=a::2\n<<<\n"},
	} {
		var out, errout bytes.Buffer
		if code := ReqResourceMain([]string{"a::2"}, h.env("HA_FIFO", d.path, "HA_DONTASK", c.dontAsk), nil, &out, &errout); code != 0 {
			t.Errorf("req_resource: %d %s", code, errout.String())
		}
		expect(t, "req_resource", d.read(t), c.sent)
	}
	for _, c := range []struct {
		main mainFunc
		args []string
	}{{MachDownMain, nil}, {ReqResourceMain, nil}, {HarcMain, nil}, {HarcMain, []string{"nosuch"}}, {HarcMain, []string{"../x"}}} {
		var out, errout bytes.Buffer
		if code := c.main(c.args, h.env("HA_FIFO", d.path), nil, &out, &errout); code != 1 {
			t.Errorf("%q: %d", c.args, code)
		}
	}
}

// The effect of a failed start for a command: a process of its own that runs hb_standby.
func TestStandbyLater(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mkfifo(dir+"/told", 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/hb_standby", "#!/bin/sh\necho \"$@\" >"+dir+"/told\n", 0o755)
	standbyLater(dir+"/hb_standby", 0)("local", "a::1")
	text, err := os.ReadFile(dir + "/told")
	if err != nil || string(text) != "local\n" {
		t.Errorf("%q %v", text, err)
	}
}
