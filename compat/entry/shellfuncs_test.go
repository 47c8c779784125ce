package entry

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Where a line goes is decided by the environment (agents spec 1.2); the expectations are what
// the original's functions wrote in the same environment.
func TestLog(t *testing.T) {
	const script = "ha_log info: a  'b   c'\nha_debug debug: d e\nocf_log warn w\nocf_log debug dd\n"
	const log = "DATE  user.sh(default)[PID]:    info: a b   c\nDATE  user.sh(default)[PID]:    WARNING: w\n"
	const tag = "user.sh(default)[PID]:\tDATE "
	each(t, func(n *node) {
		n.write("bin/logger", "#!/bin/sh\necho \"logger $*\" >>"+n.dir+"/calls\n", 0o755)
		n.write("bin/ha_logger", "#!/bin/sh\necho \"ha_logger $*\" >>"+n.dir+"/calls\nexit ${LOGD_CODE:-0}\n", 0o755)
		n.env = append(n.env, "HA_DATEFMT=%Y/%m/%d_%T\t")
		file, debug := "HA_LOGFILE="+n.dir+"/log", "HA_DEBUGLOG="+n.dir+"/debug"
		for _, c := range []struct {
			env                    []string
			err, log, debug, calls string
		}{
			{nil, "DATE info: a b   c\nDATE WARNING: w\n", "", "", ""},
			{[]string{file}, "", log, "", ""},
			{[]string{file, "HA_LOGFACILITY=none"}, "", log, "", ""},
			{[]string{file, debug}, "", log, tag + "info: a b   c\n" + tag + "WARNING: w\n", ""},
			{[]string{file, debug, "HA_debug=0"}, "", log, tag + "info: a b   c\n" + tag + "WARNING: w\n", ""},
			{[]string{file, debug, "HA_debug=1"}, "", log,
				tag + "info: a b   c\n" + tag + "debug: d e\n" + tag + "WARNING: w\n" + tag + "DEBUG: dd\n", ""},
			{[]string{"HA_debug=1", debug}, "DATE info: a b   c\nDATE WARNING: w\n", "",
				tag + "info: a b   c\n" + tag + "debug: d e\n" + tag + "WARNING: w\n" + tag + "DEBUG: dd\n", ""},
			{[]string{file, "HA_LOGFACILITY=local0", "HA_debug=1"}, "", log, "",
				"logger -t user.sh(default)[PID] -p local0.notice info: a b   c\nlogger -t user.sh(default)[PID] -p local0.debug debug: d e\n" +
					"logger -t user.sh(default)[PID] -p local0.warning WARNING: w\nlogger -t user.sh(default)[PID] -p local0.debug DEBUG: dd\n"},
			{[]string{file, "HA_LOGFACILITY=local0", "HA_LOGD=yes"}, "", "", "",
				"ha_logger -t user.sh(default)[PID] info: a b   c\nha_logger -t user.sh(default)[PID] WARNING: w\n"},
			{[]string{file, "HA_LOGFACILITY=local0", "HA_LOGD=yes", "LOGD_CODE=1"}, "", log, "",
				"ha_logger -t user.sh(default)[PID] info: a b   c\nlogger -t user.sh(default)[PID] -p local0.notice info: a b   c\n" +
					"ha_logger -t user.sh(default)[PID] WARNING: w\nlogger -t user.sh(default)[PID] -p local0.warning WARNING: w\n"},
			{[]string{file, "HA_LOGTAG=mine"}, "", strings.ReplaceAll(log, "user.sh(default)[PID]", "mine"), "", ""},
			{[]string{file, "OCF_RESOURCE_INSTANCE=i"}, "", strings.ReplaceAll(log, "default", "i"), "", ""},
			{[]string{"HA_LOGFILE=/nowhere/log"}, log, "", "", ""},
		} {
			got := n.sh(c.env, script)
			what := strings.Join(c.env, " ")
			same(n.t, what, got, result{err: c.err})
			same(n.t, what+": logfile", n.take("log"), c.log)
			same(n.t, what+": debugfile", n.take("debug"), c.debug)
			same(n.t, what+": programs", n.take("calls"), c.calls)
		}
	})
}

// A person who types sees the text alone.
func TestLogOnATerminal(t *testing.T) {
	each(t, func(n *node) {
		n.write("user.sh", ". "+n.dir+"/ha.d/shellfuncs\nha_log info: x\nha_debug y\n", 0o755)
		master, slave := terminal(n.t)
		cmd := exec.Command(n.shell, n.dir+"/user.sh")
		cmd.Env = append(slices.Clone(n.env), "HA_LOGFILE="+n.dir+"/log", "HA_debug=1")
		cmd.Stdin, cmd.Stderr = slave, slave
		if err := cmd.Run(); err != nil {
			n.t.Fatal(err)
		}
		if err := master.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			n.t.Fatal(err)
		}
		text := make([]byte, len("info: x\r\ny\r\n"))
		if _, err := io.ReadFull(bufio.NewReader(master), text); err != nil {
			n.t.Fatal(err)
		}
		same(n.t, "terminal", string(text), "info: x\r\ny\r\n")
		same(n.t, "logfile", n.take("log"), "")
	})
}

// terminal opens a pseudo terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	master = os.NewFile(uintptr(fd), "ptmx")
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	peer, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY)
	if errno != 0 {
		t.Fatal(errno)
	}
	slave = os.NewFile(peer, "pts")
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

func TestParameters(t *testing.T) {
	each(t, func(n *node) {
		get := func(name string) string {
			r := n.sh(nil, "ha_parameter "+name+"\n")
			if r.code != 0 || r.err != "" {
				n.t.Errorf("%s: %+v", name, r)
			}
			return strings.TrimSuffix(r.out, "\n")
		}
		for _, c := range []struct{ text, name, want string }{
			{"", "keepalive", "2"},
			{"", "deadtime", "5"},
			{"", "auto_failback", ""},
			{"keepalive 3\n", "deadtime", "7"},
			{"keepalive 500ms\n", "deadtime", "2000ms"},
			{"keepalive 0.5\n", "deadtime", "2"},
			{"keepalive 2 # two\n  Deadtime   10\n", "deadtime", "10"},
			{"keepalive 2 # two\n", "KEEPALIVE", "2"},
			{"auto_failback on\nauto_failback off # second\n", "auto_failback", "off"},
			{"logfile /var/log/a b\n", "logfile", "/var/log/a b"},
			{"#warntime 5\nwarntime\t7\n", "warntime", "7"},
			{"crm\n", "crm", ""},
			{"deadtimes 5\n", "deadtime", "5"},
		} {
			n.write("ha.d/ha.cf", c.text, 0o644)
			if got := get(c.name); got != c.want {
				n.t.Errorf("%q: %s is %q, want %q", c.text, c.name, got, c.want)
			}
		}
		if err := os.Remove(filepath.Join(n.dir, "ha.d/ha.cf")); err != nil {
			n.t.Fatal(err)
		}
		if got := get("deadtime"); got != "5" {
			n.t.Errorf("without ha.cf: %q", got)
		}
	})
}

// A message goes into the FIFO at one stroke; no reader is no reason to wait; a FIFO that is not
// there is not made.
func TestClusterMessage(t *testing.T) {
	each(t, func(n *node) {
		const send = "printf 't=x\\na=b\\n' | ha_clustermsg\n"
		fifo := filepath.Join(n.dir, "fifo")
		if err := os.Remove(fifo); err != nil {
			n.t.Fatal(err)
		}
		got := n.sh(nil, send)
		same(n.t, "no FIFO", got, result{err: "DIR/fifo: heartbeat's control FIFO is not there\n", code: 1})
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			n.t.Fatal(err)
		}
		same(n.t, "no reader", n.sh(nil, send), result{})
		reader, err := os.OpenFile(fifo, os.O_RDWR, 0)
		if err != nil {
			n.t.Fatal(err)
		}
		defer reader.Close()
		same(n.t, "reader", n.sh(nil, send), result{})
		text := make([]byte, 100)
		k, err := reader.Read(text)
		if err != nil {
			n.t.Fatal(err)
		}
		same(n.t, "one read", string(text[:k]), ">>>\nt=x\na=b\n<<<\n")
	})
}

func TestFunctions(t *testing.T) {
	each(t, func(n *node) {
		n.write("sleeper.pid", "  "+"1\n", 0o644)
		n.write("gone.pid", "99999999\n", 0o644)
		n.write("lock/locked", "", 0o644)
		for _, c := range []struct {
			script   string
			out, err string
		}{
			{"for v in yes true 1 YES TRUE True ja on ON; do ocf_is_true $v && printf y; done", "yyyyyyyyy", ""},
			{"for v in Yes On no 0 '' y; do ocf_is_true \"$v\" || printf n; done", "nnnnnn", ""},
			{"p() { ha_pseudo_resource r $1; printf '%s ' $?; }; p status; p monitor; p start; p status; p monitor; p stop; p stop; p status; p no", "3 7 0 0 0 0 0 3 3 ", ""},
			{"Echo -n a b; Echo 'c\\c'; Echo 'd\\ne'", "a bcd\ne\n", ""},
			{"ocf_run echo hi; ocf_run -q echo hi; ocf_run true", "", "DATE INFO: hi \n"},
			{"ocf_run sh -c 'echo out; echo err >&2; exit 4'; echo $?", "4\n", "DATE ERROR: out err \n"},
			{"ocf_run -q false; echo $?", "1\n", "DATE ERROR: command failed: false\n"},
			{"ocf_run -warn sh -c 'echo bad; exit 3'; ocf_run -info echo z", "", "DATE WARNING: bad \nDATE INFO: z \n"},
			{"ocf_log crit a; ocf_log err b; ocf_log notice c", "", "DATE CRIT: a\nDATE ERROR: b\nDATE NOTICE: c\n"},
			{"BSD_Status /usr/sbin/sleeper; echo $?", "sleeper (pid 1) is running...\n0\n", ""},
			{"BSD_Status gone; echo $?", "gone dead but pid file exists\n1\n", ""},
			{"BSD_Status locked; echo $?", "locked dead but subsys locked\n2\n", ""},
			{"BSD_Status neverheardof; echo $?", "neverheardof is stopped\n3\n", ""},
			{"echo $OCF_SUCCESS $OCF_ERR_GENERIC $OCF_ERR_ARGS $OCF_ERR_UNIMPLEMENTED $OCF_ERR_PERM $OCF_ERR_INSTALLED $OCF_ERR_CONFIGURED $OCF_NOT_RUNNING", "0 1 2 3 4 5 6 7\n", ""},
			{"echo $HA_BIN $HA_CF $HA_RCDIR $HA_RESOURCEDIR $LC_ALL $OCF_AGENTS", "/usr/libexec/heartbeat DIR/ha.d/ha.cf DIR/ha.d/rc.d DIR/ha.d/resource.d C /usr/lib/ocf/resource.d/heartbeat/\n", ""},
			{"a=$PATH; . $HA_FUNCS; [ \"$a\" = \"$PATH\" ] && echo ${PATH%%:/usr/sbin*}", "/usr/libexec/heartbeat\n", ""},
		} {
			got := n.sh(nil, c.script+"\n")
			same(n.t, c.script, [2]string{got.out, got.err}, [2]string{c.out, c.err})
		}
	})
}

// A user's script may be strict about unset variables and failures.
func TestStrictScripts(t *testing.T) {
	each(t, func(n *node) {
		n.write("strict.sh", "set -eu\n. "+n.dir+"/ha.d/shellfuncs\nha_log x\nha_debug y\nocf_is_true no || ha_log z\n", 0o755)
		same(n.t, "strict", n.run(nil, n.dir+"/strict.sh"), result{err: "DATE x\nDATE z\n"})
	})
}

// Where the OCF library is installed its own functions come along, and ours hold where both have
// one.
func TestOCFLibrary(t *testing.T) {
	each(t, func(n *node) {
		n.write("ocf/lib/heartbeat/ocf-shellfuncs", "have_binary() { echo theirs; }\nocf_is_true() { echo theirs; }\n", 0o644)
		same(n.t, "functions", n.sh(nil, "have_binary x; ocf_is_true yes; echo $?\n"), result{out: "theirs\n0\n"})
	})
}
