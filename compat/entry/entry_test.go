package entry

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// node is a directory that the scripts take for their system.
type node struct {
	t     *testing.T
	dir   string
	shell string
	env   []string
}

// shells returns the shells of this machine that may be somebody's /bin/sh.
func shells() []string {
	var out []string
	for _, name := range []string{"dash", "bash", "ksh", "mksh", "sh"} {
		if path, err := exec.LookPath(name); err == nil {
			out = append(out, path)
		}
	}
	return out
}

// each runs a test on a fresh node for every shell.
func each(t *testing.T, test func(*node)) {
	for _, shell := range shells() {
		t.Run(filepath.Base(shell), func(t *testing.T) {
			dir := t.TempDir()
			n := &node{t: t, dir: dir, shell: shell, env: []string{
				"PATH=" + dir + "/bin:" + os.Getenv("PATH"), "OCF_ROOT=" + dir + "/ocf",
				"HA_DIR=" + dir + "/ha.d/", "HA_FUNCS=" + dir + "/ha.d/shellfuncs", "HA_NOARCHBIN=" + dir + "/share",
				"HA_FIFO=" + dir + "/fifo", "HA_RSCTMP=" + dir, "HA_VARRUN=" + dir, "HA_VARLOCK=" + dir + "/lock",
			}}
			for name, text := range Files() {
				n.write("ha.d/"+name, string(text), 0o755)
			}
			for _, tool := range []string{"mach_down", "ResourceManager", "hb_standby"} {
				n.write("share/"+tool, "#!/bin/sh\necho \""+tool+" $*\" >>"+dir+"/calls\n", 0o755)
			}
			n.write("fifo", "", 0o600)
			test(n)
		})
	}
}

func (n *node) write(name, text string, mode fs.FileMode) {
	n.t.Helper()
	path := filepath.Join(n.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		n.t.Fatal(err)
	}
}

// result is what a script did; process ids and dates are replaced.
type result struct {
	out, err string
	code     int
}

var (
	pids   = regexp.MustCompile(`\[\d+\]`)
	dates  = regexp.MustCompile(`20\d\d/\d\d/\d\d_\d\d:\d\d:\d\d`)
	months = regexp.MustCompile(`(?m)^[A-Z][a-z][a-z] \d\d \d\d:\d\d:\d\d`)
)

func (n *node) stable(text string) string {
	text = pids.ReplaceAllString(text, "[PID]")
	text = dates.ReplaceAllString(text, "DATE")
	text = months.ReplaceAllString(text, "DATE")
	return strings.ReplaceAll(text, n.dir, "DIR")
}

// run executes a command in the node's shell with more environment. Standard input is empty.
func (n *node) run(env []string, argv ...string) result {
	n.t.Helper()
	cmd := exec.Command(n.shell, argv...)
	cmd.Env = append(slices.Clone(n.env), env...)
	cmd.Dir = n.dir
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		n.t.Fatal(err)
	}
	return result{n.stable(out.String()), n.stable(errs.String()), cmd.ProcessState.ExitCode()}
}

// sh runs lines of a user's script after it has sourced shellfuncs.
func (n *node) sh(env []string, script string) result {
	n.t.Helper()
	n.write("user.sh", ". "+n.dir+"/ha.d/shellfuncs\n"+script, 0o755)
	return n.run(env, n.dir+"/user.sh")
}

// take returns what is in a file, and empties it.
func (n *node) take(name string) string {
	path := filepath.Join(n.dir, name)
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	if err := os.Truncate(path, 0); err != nil {
		n.t.Fatal(err)
	}
	return n.stable(string(text))
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(result{})); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestShippedKnowsItsFiles(t *testing.T) {
	for name, text := range Files() {
		if !Shipped(name, text) || Shipped(name, append(text, '\n')) {
			t.Errorf("%s: an edit would go unnoticed, or the file is not known", name)
		}
	}
	if Shipped("rc.d/other", nil) {
		t.Error("a file of the administrator's is taken for shipped")
	}
	for _, part := range Parts("status") {
		if _, ok := Files()[part]; !ok {
			t.Errorf("part %s is not shipped", part)
		}
	}
	names, err := fs.Glob(RC(), "*")
	if err != nil || !slices.Equal(names, []string{"ask_resources", "hb_takeover", "ip-request", "ip-request-resp", "status"}) {
		t.Errorf("%q, %v", names, err)
	}
}

func TestHarc(t *testing.T) {
	each(t, func(n *node) {
		logs := []string{"HA_LOGFILE=" + n.dir + "/log", "HA_DATEFMT=%Y/%m/%d_%T\t"}
		n.write("ha.d/rc.d/mine", "#!/bin/sh\necho \"mine $* $HA_st\"\nexit 3\n", 0o755)
		n.write("ha.d/rc.d/text", "", 0o644)
		for _, c := range []struct {
			env, args []string
			want      result
			log       string
		}{
			{nil, []string{"status"}, result{}, "info: Running DIR/ha.d//rc.d/status status"},
			{[]string{"HA_st=up"}, []string{"mine", "a", "b"}, result{out: "mine mine a b up\n", code: 3}, "info: Running DIR/ha.d//rc.d/mine mine a b"},
			{nil, []string{"nosuch"}, result{code: 1}, "ERROR: DIR/ha.d/harc: DIR/ha.d//rc.d/nosuch: not executable"},
			{nil, []string{"text"}, result{code: 1}, "ERROR: DIR/ha.d/harc: DIR/ha.d//rc.d/text: not executable"},
			{nil, []string{"../harc"}, result{code: 1}, "ERROR: DIR/ha.d/harc: DIR/ha.d//rc.d/../harc: not executable"},
			{nil, nil, result{code: 1}, "ERROR: DIR/ha.d/harc: DIR/ha.d//rc.d/: not executable"},
			{[]string{"HA_DIR=/nowhere/"}, []string{"status"}, result{code: 1}, "ERROR: DIR/ha.d/harc: /nowhere//rc.d does not exist"},
		} {
			got := n.run(append(slices.Clone(logs), c.env...), append([]string{n.dir + "/ha.d/harc"}, c.args...)...)
			same(n.t, strings.Join(c.args, " "), got, c.want)
			same(n.t, strings.Join(c.args, " ")+": log", n.take("log"), "DATE  harc(default)[PID]:    "+c.log+"\n")
		}
	})
}

func TestScriptsForMessages(t *testing.T) {
	const resp = ">>>\nt=ip-request-resp\ndest=b\nipaddr=10.0.0.1/24\nweown=%\nok=OK\n<<<\n"
	request := []string{"HA_t=ip-request", "HA_ipaddr=10.0.0.1/24", "HA_src=b"}
	answer := []string{"HA_t=ip-request-resp", "HA_ipaddr=10.0.0.1/24", "HA_ok=OK", "HA_weown=yes", "HA_dest=a"}
	each(t, func(n *node) {
		n.env = append(n.env, "HA_CURHOST=a")
		for _, c := range []struct {
			script, held     string
			env              []string
			calls, fifo, err string
		}{
			{"status", "", []string{"HA_st=dead", "HA_src=b"}, "mach_down b\n", "", ""},
			{"status", "", []string{"HA_st=active", "HA_src=b"}, "", "", ""},
			{"status", "", nil, "", "", ""},
			{"ip-request", "no", request, "ResourceManager status 10.0.0.1/24\n", strings.Replace(resp, "%", "no", 1), ""},
			{"ip-request", "yes", request, "ResourceManager status 10.0.0.1/24\nResourceManager givegroup 10.0.0.1/24\n", strings.Replace(resp, "%", "yes", 1), ""},
			{"ip-request", "yes", []string{"HA_src=a"}, "", "", ""},
			{"ip-request-resp", "", answer, "ResourceManager takegroup 10.0.0.1/24\n", "", "DATE received ip-request-resp 10.0.0.1/24 OK yes\n"},
			{"ip-request-resp", "", append(answer, "HA_ok=no"), "", "", "DATE received ip-request-resp 10.0.0.1/24 no yes\n"},
			{"ip-request-resp", "", append(answer, "HA_weown=no"), "ResourceManager takegroup 10.0.0.1/24\n", "", "DATE received ip-request-resp 10.0.0.1/24 OK no\n"},
			{"ip-request-resp", "", append(answer, "HA_dest=b"), "", "", ""},
			{"ip-request-resp", "", nil, "", "", ""},
			{"hb_takeover", "", []string{"HA_src=b", "HA_rsc_hold=all"}, "hb_standby all\n", "", ""},
			{"hb_takeover", "", []string{"HA_src=b", "HA_rsc_hold=local"}, "hb_standby foreign\n", "", ""},
			{"hb_takeover", "", []string{"HA_src=b", "HA_rsc_hold=foreign"}, "hb_standby local\n", "", ""},
			{"hb_takeover", "", []string{"HA_src=b", "HA_rsc_hold=failback"}, "hb_standby \n", "", ""},
			{"hb_takeover", "", []string{"HA_src=a", "HA_rsc_hold=all"}, "", "", ""},
			{"ask_resources", "", []string{"HA_src=b", "HA_rsc_hold=all", "HA_info=me"}, "", "", ""},
		} {
			code := map[string]string{"yes": "0", "no": "3"}[c.held]
			n.write("share/ResourceManager", "#!/bin/sh\necho \"ResourceManager $*\" >>"+n.dir+"/calls\n[ \"$1\" != status ] || exit "+code+"\n", 0o755)
			got := n.run(c.env, n.dir+"/ha.d/rc.d/"+c.script)
			what := c.script + " " + strings.Join(c.env, " ")
			same(n.t, what, got, result{err: c.err})
			same(n.t, what+": calls", n.take("calls"), c.calls)
			same(n.t, what+": FIFO", n.take("fifo"), c.fifo)
		}
	})
}

// The administrator's hook runs before a group is given up, and knows the message.
func TestLocalGiveip(t *testing.T) {
	each(t, func(n *node) {
		n.write("ha.d/rc.d/local_giveip", "#!/bin/sh\necho \"local_giveip $HA_ipaddr $HA_src\" >>"+n.dir+"/calls\n", 0o755)
		n.run([]string{"HA_CURHOST=a", "HA_src=b", "HA_ipaddr=x"}, n.dir+"/ha.d/rc.d/ip-request")
		same(n.t, "calls", n.take("calls"), "ResourceManager status x\nlocal_giveip x b\nResourceManager givegroup x\n")
	})
}
