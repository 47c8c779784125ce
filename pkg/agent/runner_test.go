package agent

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	resourced "systole/resource.d"
)

const patience = 20 * time.Second

// scripts returns a Runner over two script directories, with its debug log.
func scripts(t *testing.T) (r *Runner, first, second string, log *recorder) {
	t.Helper()
	base := t.TempDir()
	first, second = filepath.Join(base, "resource.d"), filepath.Join(base, "init.d")
	for _, dir := range []string{first, second} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	log = &recorder{}
	r = New(nil, log.logs)
	r.Dirs, r.DebugLog, r.WorkDir = []string{first, second}, filepath.Join(base, "ha-debug"), base
	t.Cleanup(r.Close)
	return r, first, second, log
}

func debugText(t *testing.T, r *Runner) string {
	t.Helper()
	text, err := os.ReadFile(r.DebugLog)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func run(t *testing.T, r *Runner, op, name string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	res, err := r.Run(ctx, Call{Name: name, Args: args, Op: op})
	if err != nil {
		t.Fatalf("%s %s: %v", name, op, err)
	}
	return res
}

func TestFind(t *testing.T) {
	r, first, second, _ := scripts(t)
	write(t, first+"/both", "", 0o755)
	write(t, second+"/both", "", 0o755)
	write(t, first+"/notexec", "", 0o644)
	write(t, second+"/notexec", "", 0o755)
	write(t, second+"/later", "", 0o700)
	if err := errors.Join(os.Mkdir(first+"/dir", 0o755), os.Symlink(second+"/later", first+"/link"), os.Symlink("nowhere", first+"/broken")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"both": first + "/both", "notexec": second + "/notexec", "later": second + "/later",
		"link": first + "/link", "dir": "", "broken": "", "missing": "", "": "", "#": "", `\ldirectord`: "",
	} {
		if got, ok := r.Find(name); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", name, got, ok, want)
		}
	}
	if _, err := r.Run(context.Background(), Call{Name: "missing", Op: "start"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("run missing: %v", err)
	}
}

func TestExecute(t *testing.T) {
	r, first, _, _ := scripts(t)
	r.Env = []string{"HA_CURHOST=node-a", "PATH=/usr/bin:/bin"}
	write(t, first+"/show", `#!/bin/sh
for a; do echo "arg [$a]"; done
echo "host $HA_CURHOST home ${HOME-unset} in $(pwd)"
read x || echo "no input"
echo to stderr >&2
exit 3
`, 0o755)
	res := run(t, r, "start", "show", "a", "x*y", "b c")
	if res.Code != 3 || res.Path != first+"/show" || res.Native || len(res.Output) != 0 {
		t.Errorf("start: %+v", res)
	}
	want := "arg [a]\narg [x*y]\narg [b c]\narg [start]\nhost node-a home unset in " + r.WorkDir + "\nno input\nto stderr\n"
	if got := debugText(t, r); got != want {
		t.Errorf("debug log:\n%s\nwant:\n%s", got, want)
	}
	res = run(t, r, "status", "show")
	if !strings.HasPrefix(string(res.Output), "arg [status]\n") {
		t.Errorf("status printed %q", res.Output)
	}
	if got := strings.TrimPrefix(debugText(t, r), want); got != "to stderr\n" {
		t.Errorf("debug log got %q of a status", got)
	}
}

func TestWithoutInterpreterLine(t *testing.T) {
	r, first, _, _ := scripts(t)
	write(t, first+"/plain", "echo \"$0 $*\"\nexit 4\n", 0o755)
	if res := run(t, r, "status", "plain", "x"); res.Code != 4 || string(res.Output) != first+"/plain x status\n" {
		t.Errorf("%d %q", res.Code, res.Output)
	}
}

func TestCannotExecute(t *testing.T) {
	r, first, _, _ := scripts(t)
	write(t, first+"/bad", "#!/no/such/interpreter\n", 0o755)
	res, err := r.Run(context.Background(), Call{Name: "bad", Op: "start"})
	if err == nil || res.Code != 126 {
		t.Errorf("%+v %v", res, err)
	}
	write(t, first+"/killed", "#!/bin/sh\nkill -9 $$\n", 0o755)
	if res := run(t, r, "stop", "killed"); res.Code != 128+9 {
		t.Errorf("killed: %+v", res)
	}
}

// A script that leaves a daemon behind is done when it exits itself, for a status too.
func TestDaemonLeftBehind(t *testing.T) {
	r, first, _, _ := scripts(t)
	pids := filepath.Join(t.TempDir(), "pids")
	write(t, first+"/forks", "#!/bin/sh\nsleep 300 &\necho $! >>"+pids+"\necho running\n", 0o755)
	run(t, r, "start", "forks")
	if res := run(t, r, "status", "forks"); !Held(res.Output) || res.Took > patience {
		t.Errorf("%+v", res)
	}
	text, err := os.ReadFile(pids)
	if err != nil || len(strings.Fields(string(text))) != 2 {
		t.Fatalf("%q %v", text, err)
	}
	for _, pid := range strings.Fields(string(text)) {
		kill(t, pid)
	}
}

// A script that hangs ends with the context, and what it started ends too.
func TestCancel(t *testing.T) {
	r, first, _, _ := scripts(t)
	ready := filepath.Join(t.TempDir(), "ready")
	if err := mkfifo(ready); err != nil {
		t.Fatal(err)
	}
	write(t, first+"/hangs", "#!/bin/sh\nsleep 300 &\necho $! >"+ready+"\nwait\n", 0o755)
	ctx, cancel := context.WithCancel(context.Background())
	pid := make(chan string, 1)
	go func() {
		text, _ := os.ReadFile(ready)
		cancel()
		pid <- strings.TrimSpace(string(text))
	}()
	res, err := r.Run(ctx, Call{Name: "hangs", Op: "start"})
	if !errors.Is(err, context.Canceled) || res.Code == 0 {
		t.Errorf("%+v %v", res, err)
	}
	awaitGone(t, <-pid)
}

func TestTimeout(t *testing.T) {
	r, first, _, _ := scripts(t)
	write(t, first+"/hangs", "#!/bin/sh\nexec sleep 300\n", 0o755)
	r.Timeout = 10 * time.Millisecond
	if res, err := r.Run(context.Background(), Call{Name: "hangs", Op: "stop"}); !errors.Is(err, context.DeadlineExceeded) || res.Code == 0 {
		t.Errorf("%+v %v", res, err)
	}
}

// An operation that takes long is named in the log while it runs.
func TestSlow(t *testing.T) {
	r, first, _, _ := scripts(t)
	gate := filepath.Join(t.TempDir(), "gate")
	if err := mkfifo(gate); err != nil {
		t.Fatal(err)
	}
	write(t, first+"/slow", "#!/bin/sh\nread x <"+gate+"\n", 0o755)
	r.After, r.Every = time.Millisecond, time.Hour
	r.Slow = logFunc(func(text string) {
		if want := "WARN: " + first + "/slow a stop still runs after 1ms"; text != want {
			t.Errorf("logged %q, want %q", text, want)
		}
		if err := os.WriteFile(gate, []byte("go\n"), 0); err != nil {
			t.Error(err)
		}
	})
	if res := run(t, r, "stop", "slow", "a"); res.Code != 0 {
		t.Errorf("%+v", res)
	}
}

type logFunc func(string)

func (f logFunc) Log(text string) { f(text) }

// Only the shipped file, byte for byte, stands for the native agent.
func TestFileDecides(t *testing.T) {
	r, first, _, _ := scripts(t)
	r.Natives, r.Shipped = Natives(), resourced.Files
	text, err := fs.ReadFile(resourced.Files, "IPaddr2")
	if err != nil {
		t.Fatal(err)
	}
	decides := func(name string, want bool) {
		t.Helper()
		path, _ := r.Find(name)
		if _, got := r.native(name, path); got != want {
			t.Errorf("%s native: %v, want %v", name, got, want)
		}
	}
	write(t, first+"/IPaddr2", string(text), 0o755)
	decides("IPaddr2", true)
	write(t, first+"/IPaddr2", string(text)+"\n", 0o755)
	decides("IPaddr2", false)
	write(t, first+"/other", string(text), 0o755)
	decides("other", false)
	r.Shipped = nil
	write(t, first+"/IPaddr2", string(text), 0o755)
	decides("IPaddr2", false)
}

func TestHeld(t *testing.T) {
	for text, want := range map[string]bool{
		"INFO:  Running OK\n":           true,
		"good (pid 1) is running...\n":  true,
		"OK":                            true,
		"ERROR: OK is not what this is": true,
		"portblock DROP rule considered to be running (OK)": true,
		"INFO:  Resource is stopped\n":                      false,
		"not running":                                       false,
		"NOT Running\nOK":                                   false,
		"is running\nbut not running":                       false,
		"stopped":                                           false,
		"":                                                  false,
		"ok":                                                false,
		"RUNNING":                                           false,
		"Usage : lvs {start|stop}":                          false,
		"ERROR:  Generic error":                             false,
	} {
		if got := Held([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestParseWord(t *testing.T) {
	for arg, want := range map[string]word{
		"1.2.3.4":                   {ip: "1.2.3.4"},
		"1.2.3.4/24":                {ip: "1.2.3.4", mask: "24"},
		"1.2.3.4/24/eth0":           {ip: "1.2.3.4", mask: "24", nic: "eth0"},
		"1.2.3.4/24/eth0:0/1.2.3.9": {ip: "1.2.3.4", mask: "24", nic: "eth0:0", broadcast: "1.2.3.9"},
		"1.2.3.4/24/1.2.3.9":        {ip: "1.2.3.4", mask: "24", broadcast: "1.2.3.9"},
		"1.2.3.4/24/1.2.3.9/x":      {ip: "1.2.3.4", mask: "24", broadcast: "1.2.3.9"},
		"1.2.3.4/24/eth0/+":         {ip: "1.2.3.4", mask: "24", nic: "eth0", broadcast: "+"},
		"1.2.3.4//eth0":             {ip: "1.2.3.4", mask: "eth0"},
		"/":                         {},
		"":                          {},
		"///":                       {},
	} {
		if got := parseWord(arg); got != want {
			t.Errorf("%q: %+v, want %+v", arg, got, want)
		}
	}
}

func FuzzParseWord(f *testing.F) {
	for _, s := range []string{"1.2.3.4/24/eth0/+", "//", "fd00::70/64/eth0", "a/b/c/d/e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := parseWord(s)
		for _, part := range []string{w.ip, w.mask, w.nic, w.broadcast} {
			if strings.Contains(part, "/") {
				t.Fatalf("%q: %+v", s, w)
			}
		}
	})
}
