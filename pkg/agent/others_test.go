package agent

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/ipvs/kernel"
)

// fakeBin puts scripts into a directory that is the whole of PATH, before the system's.
func fakeBin(t *testing.T, r *Runner, scripts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		write(t, filepath.Join(dir, name), "#!/bin/sh\n"+text, 0o755)
	}
	r.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", "D=" + dir}
	return dir
}

// The letters of the original, word for word but for the date.
func TestMailTo(t *testing.T) {
	r, log := installed(t)
	node, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	dir := fakeBin(t, r, map[string]string{"mail": `{ printf '[%s]' "$@"; echo; cat; } >$D/letter` + "\n"})
	letter := func() string {
		t.Helper()
		text, err := os.ReadFile(dir + "/letter")
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now().Format("2006")
		var lines []string
		for l := range strings.Lines(string(text)) {
			if before, after, ok := strings.Cut(l, " at "); ok {
				_, after, _ = strings.Cut(after, now)
				l = before + " at DATE" + after
			}
			lines = append(lines, l)
		}
		return strings.Join(lines, "")
	}
	if res := run(t, r, "start", "MailTo", "a@b"); res.Code != 0 {
		t.Fatalf("start: %+v %q", res, log.Take())
	}
	want := "[-s][Resource Group Takeover in progress at DATE on " + node + "][a@b]\n" +
		"\tResource Group Takeover in progress at DATE on " + node + "\n\n\tCommand line was:\n\t/usr/lib/ocf/resource.d//heartbeat/MailTo start\n"
	if got := letter(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if res := run(t, r, "status", "MailTo", "a@b"); string(res.Output) != "running\nINFO:  Running OK\n" {
		t.Errorf("status: %q", res.Output)
	}
	run(t, r, "stop", "MailTo", "a@b", "Sub ject")
	if got := letter(); !strings.HasPrefix(got, "[-s][Sub ject Migrating resource away at DATE from "+node+"][a@b]\n") {
		t.Errorf("%q", got)
	}
	if res := run(t, r, "status", "MailTo", "a@b"); string(res.Output) != "stopped\nINFO:  Resource is stopped\n" {
		t.Errorf("status: %q", res.Output)
	}
}

func TestMailToComplaints(t *testing.T) {
	_, command := commands(t)
	for want, args := range map[string][]string{
		"At least 1 Email address has to be given!":              {"start"},
		"Additional parameters found: 4 but max. 3 are allowed!": {"a@b", "c", "d", "start"},
	} {
		out, code := command(nil, "MailTo", args...)
		if code != 1 || out != want+"\nUsage: MailTo <email> [<subject>] (start|stop|status|usage|meta-data)" {
			t.Errorf("%q: %q %d", args, out, code)
		}
	}
}

// A Delay that is cancelled ends at once, and what was not started is not held.
func TestDelayCancelled(t *testing.T) {
	r, _ := installed(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	res, err := r.Run(ctx, Call{Name: "Delay", Args: []string{"1000000"}, Op: "start"})
	if err != nil || res.Code != 1 {
		t.Errorf("%+v %v", res, err)
	}
	if res := run(t, r, "status", "Delay", "1000000"); Held(res.Output) {
		t.Errorf("%+v", res)
	}
}

func TestSeconds(t *testing.T) {
	for text, want := range map[string]time.Duration{"0": 0, "1": time.Second, ".5": 500 * time.Millisecond, "2.25": 2250 * time.Millisecond} {
		if got, ok := seconds(text); !ok || got != want {
			t.Errorf("%s: %v %v", text, got, ok)
		}
	}
	for _, text := range []string{"", ".", "x", "1.2.3", "-1", "1e3", "99999999999999999999"} {
		if got, ok := seconds(text); ok {
			t.Errorf("%s: %v", text, got)
		}
	}
}

const dummy = `echo "$OCF_RESOURCE_INSTANCE $OCF_RESKEY_raidconf $OCF_RESKEY_raiddev $OCF_RESKEY_state $x $OCF_STATUS_QOS $1"
case $1 in start) : >$D/on;; stop) rm -f $D/on;; *) [ -e $D/on ] || exit 7;; esac
`

// A wrapper passes the arguments of its word on as parameters, and says what the agent's code means.
func TestByOCF(t *testing.T) {
	r, log := installed(t)
	fakeBin(t, r, nil)
	r.OCFRoot = t.TempDir()
	res := run(t, r, "start", "Raid1", "conf", "dev")
	want := "ERROR: " + r.OCFRoot + "/resource.d//heartbeat/Raid1 is not an executable file "
	if res.Code != 1 || string(res.Output) != want+"\n" {
		t.Errorf("not installed: %+v %q", res, log.Take())
	}
	install(t, r.OCFRoot+"/resource.d/heartbeat/Raid1")
	steps := []struct {
		op, out string
		code    int
	}{
		{"status", "Raid1_conf conf dev    monitor\nINFO:  Resource is stopped\n", 7},
		{"start", "Raid1_conf conf dev    start\nINFO:  Success\n", 0},
		{"status", "Raid1_conf conf dev    monitor\nINFO:  Running OK\n", 0},
		{"stop", "Raid1_conf conf dev    stop\nINFO:  Success\n", 0},
		{"bogus", "ERROR: Unknown operation: bogus\nusage: " + r.Dirs[0] + "/Raid1 <raidtab_config_file> <md_dev_name> (start|stop|status|usage|meta-data)\n", 1},
	}
	for _, s := range steps {
		if res := run(t, r, s.op, "Raid1", "conf", "dev"); res.Code != s.code || string(res.Output) != s.out {
			t.Errorf("%s: %d %q, want %d %q", s.op, res.Code, res.Output, s.code, s.out)
		}
	}
}

func install(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, path, "#!/bin/sh\n"+dummy, 0o755)
}

// OCF::Dummy::d1 does what the original was meant to (agents spec 1.4).
func TestOCF(t *testing.T) {
	r, _ := installed(t)
	fakeBin(t, r, nil)
	r.OCFRoot = t.TempDir()
	conf := t.TempDir()
	r.Env = append(r.Env, "HA_CONFDIR="+conf)
	install(t, r.OCFRoot+"/resource.d/provider/Dummy")
	if res := run(t, r, "status", "OCF", "Dummy", "d1"); res.Code != 1 || len(res.Output) != 0 {
		t.Errorf("without a file: %+v", res)
	}
	if err := os.MkdirAll(conf+"/OCF/Dummy", 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, conf+"/OCF/Dummy/d1", "# of a test\nstate=\"a b\" # here\n\nexport x=y\n", 0o644)
	steps := []struct {
		op, out string
		code    int
	}{
		{"status", "d1   a b y 0 status\nOCF Resource Dummy::d1 is stopped\n", 7},
		{"start", "d1   a b y  start\n", 0},
		{"status", "d1   a b y 0 status\nOCF Resource Dummy::d1 is running\n", 0},
		{"monitor", "d1   a b y 10 monitor\n", 0},
		{"stop", "d1   a b y  stop\n", 0},
		{"bogus", "", 1},
	}
	for _, s := range steps {
		if res := run(t, r, s.op, "OCF", "Dummy", "d1"); res.Code != s.code || string(res.Output) != s.out {
			t.Errorf("%s: %d %q, want %d %q", s.op, res.Code, res.Output, s.code, s.out)
		}
	}
	write(t, conf+"/OCF/Dummy/d1", "rm -rf /nosuch\n", 0o644)
	if res := run(t, r, "status", "OCF", "Dummy", "d1"); res.Code != 1 {
		t.Errorf("a file that is none: %+v", res)
	}
}

// Only addresses may be on two machines for a moment, and no IPv6 one: the kernel finds it out.
func TestMayOverlap(t *testing.T) {
	r, _ := installed(t)
	want := map[string]bool{"IPaddr": true, "IPaddr2": true, "IPsrcaddr": true, "SendArp": true, "LVSSyncDaemonSwap": true, "ipvs-sync": true}
	for _, n := range Natives() {
		if got := r.MayOverlap(n.Name, "1.2.3.4"); got != want[n.Name] {
			t.Errorf("%s: %v", n.Name, got)
		}
		if !r.IsNative(n.Name) {
			t.Errorf("%s is not found as shipped", n.Name)
		}
	}
	if r.MayOverlap("IPaddr2", "fd00::70/64/eth0") {
		t.Error("an IPv6 address may be on two machines")
	}
}

func TestPointsBelow(t *testing.T) {
	const table = `proc /proc proc rw 0 0
/dev/sda1 /srv/my\040data ext4 rw 0 0
tmpfs /srv/my\040data/sub tmpfs rw 0 0
tmpfs /srv/my\040database tmpfs rw 0 0
tmpfs /srv/odd\\name\0 tmpfs rw 0 0
short
`
	if got := pointsBelow(table, "/srv/my data"); !slices.Equal(got, []string{"/srv/my data", "/srv/my data/sub"}) {
		t.Errorf("%q", got)
	}
	if got := pointsBelow(table, "/"); len(got) != 5 || got[4] != `/srv/odd\\name\0` {
		t.Errorf("%q", got)
	}
}

func TestAssignment(t *testing.T) {
	good := map[string][2]string{
		"a=b": {"a", "b"}, "A_1='x y' # c": {"A_1", "x y"}, `export a="" `: {"a", ""}, "a=b # c": {"a", "b"}, "a=": {"a", ""},
	}
	for line, want := range good {
		if name, value, ok := assignment(line); !ok || name != want[0] || value != want[1] {
			t.Errorf("%s: %q %q %v", line, name, value, ok)
		}
	}
	for _, line := range []string{"", "=", "a", "1a=b", "a b=c", "a='b", "a=b c", `a="b"c`, "a;rm=b", "a=b\x00", "a='\x00'"} {
		if name, value, ok := assignment(line); ok {
			t.Errorf("%s: %q %q", line, name, value)
		}
	}
}

func FuzzAssignment(f *testing.F) {
	for _, seed := range []string{"a=b", "export a='b' # c", `a="`, "=", "a=b #\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		name, value, ok := assignment(line)
		if ok && (name == "" || strings.ContainsAny(name, " =\t\n\x00") || strings.Contains(value, "\x00")) {
			t.Errorf("%q: %q %q", line, name, value)
		}
	})
}

func FuzzPointsBelow(f *testing.F) {
	f.Add("a /b\\040c x\n", "/b c")
	f.Fuzz(func(t *testing.T, table, dir string) {
		for _, p := range pointsBelow(table, dir) {
			if !below(p, dir) {
				t.Errorf("%q is not below %q", p, dir)
			}
		}
	})
}

func TestSyncWords(t *testing.T) {
	for text, want := range map[string]string{
		"master":          "master sync daemon (mcast=eth0, syncid=0,",
		"backup eth1":     "backup sync daemon (mcast=eth1, syncid=0,",
		"both eth1 7":     "master sync daemon (mcast=eth1, syncid=7,",
		"master eth1 255": "master sync daemon (mcast=eth1, syncid=255,",
	} {
		w := strings.Fields(text)
		s, err := syncWords(w[0], w[1:])
		if err != nil || !strings.HasPrefix(s.daemon.String(), want) {
			t.Errorf("%s: %v %v", text, s, err)
		}
	}
	for _, text := range []string{"slave", "master eth0 256", "master eth0 x"} {
		w := strings.Fields(text)
		if s, err := syncWords(w[0], w[1:]); err == nil {
			t.Errorf("%s: %+v", text, s)
		}
	}
}

// The kernel's thread has had three names.
func TestIsSyncThread(t *testing.T) {
	for _, name := range []string{"ipvs-m:2:0", "ipvs_syncmaster", "ipvs_sync_master"} {
		if !isSyncThread(name, kernel.Master) || isSyncThread(name, kernel.Backup) {
			t.Error(name)
		}
	}
	if isSyncThread("ipvs-master", kernel.Master) || !isSyncThread("ipvs-b:3:0", kernel.Backup) {
		t.Error("ipvs-b:3:0")
	}
}
