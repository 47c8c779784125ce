package clients

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"systole/compat/lab"
	"systole/compat/layout"
)

// TestCommands runs the scripts of testdata/commands. Each has two fresh hosts of the same name and
// addresses, one with the original's package and one with ours, and these commands of its own, which
// take a line of shell:
//
//	both LINE          runs on both hosts; standard output, standard error and exit code are the same
//	answer LINE        the same, but for standard error: a usage text is our own
//	differ WHY LINE    runs on both; something differs, because of WHY
//	prepare LINE       runs on both and must succeed; nothing is compared
func TestCommands(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	lab.OK(lab.EnsureRoot(t.Context()))(t)
	layers := map[daemon][]string{ours: ours.layers(t), original: original.layers(t)}
	t.Run("scripts", func(t *testing.T) {
		testscript.Run(t, testscript.Params{
			Dir: "testdata/commands", ContinueOnError: true,
			Setup: func(env *testscript.Env) error { return twins(env, layers) },
			Cmds: map[string]func(*testscript.TestScript, bool, []string){
				"both": compared(func(string) string { return "" }), "answer": compared(withoutStderr),
				"differ": differ, "prepare": prepare,
			},
		})
	})
}

// labKey finds the hosts of a script.
type labKey struct{}

// machines are the two hosts.
type machines map[daemon]*lab.Host

// twins boots the hosts of a script.
func twins(env *testscript.Env, layers map[daemon][]string) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	env.Defer(l.Close)
	both := machines{}
	for d, over := range layers {
		lan, err := l.Switch(d.String())
		if err != nil {
			return err
		}
		both[d], err = l.Host(lab.Spec{Name: d.String(), Flavour: lab.Originals, Layers: over, EtcHosts: etcHosts,
			Gateway: netip.MustParseAddr(gatewayAddr), Ports: map[string]lab.Port{"eth0": lab.On(lan, activeAddr+"/28")}})
		if err != nil {
			return err
		}
		if _, err := both[d].Check(context.Background(), "hostname", activeName); err != nil {
			return err
		}
	}
	env.Values[labKey{}] = both
	return oursIsOurs(both[ours])
}

// oursIsOurs makes sure that what is called on our host is not Debian's: that lies below, and
// cluster-glue has an ha_logger of its own elsewhere.
func oursIsOurs(h *lab.Host) error {
	script := strings.Join(layout.Applets(), " ")
	_, err := h.Check(context.Background(), "sh", "-c", callPath+`for c in `+script+
		`; do [ "$(readlink -f "$(command -v $c)")" = /usr/libexec/heartbeat/heartbeat ] || { echo "$c is not ours" >&2; exit 1; }; done`)
	return err
}

// callPath is where the scripts' commands are looked for.
const callPath = "PATH=/usr/share/heartbeat:/usr/libexec/heartbeat:$PATH; export PATH; "

// said is what came of a command.
type said struct {
	Out, Err string
	Code     int
}

var (
	pidNumbers = regexp.MustCompile(`\[\d+\]|pid \d+|process \d+`)
	clockTimes = regexp.MustCompile(`(?m)[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}/\d\d/\d\d_\d\d:\d\d:\d\d`)
)

// hints are what our daemon adds to the complaint about a line of its files.
var hints = regexp.MustCompile(`(?m)^DATE \S+ heartbeat: \[N\]: info: /etc/ha\.d//\S+: .*\n`)

func stable(text string) string { return hints.ReplaceAllString(steady(text), "") }

// steady replaces what is never the same twice.
func steady(text string) string {
	return clockTimes.ReplaceAllString(pidNumbers.ReplaceAllStringFunc(text, func(s string) string {
		return strings.Trim(regexp.MustCompile(`\d+`).ReplaceAllString(s, "N"), " ")
	}), "DATE")
}

// run runs a line on both hosts at the same time.
func run(ts *testscript.TestScript, line string) map[daemon]said {
	hosts := ts.Value(labKey{}).(machines)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(patience))
	defer cancel()
	results, errs := map[daemon]said{}, map[daemon]error{}
	one := func(d daemon) (said, error) {
		r, err := hosts[d].Sh(ctx, callPath+"cd /tmp; "+line)
		return said{stable(r.Stdout), stable(r.Stderr), r.Code}, err
	}
	var mine, theirs said
	var mineErr, theirsErr error
	lab.Together(func() { theirs, theirsErr = one(original) }, func() { mine, mineErr = one(ours) })
	results[original], errs[original], results[ours], errs[ours] = theirs, theirsErr, mine, mineErr
	for d, err := range errs {
		ts.Check(err)
		ts.Logf("[%s] exit code %d", d, results[d].Code)
	}
	ts.Logf("[stdout]\n%s[stderr]\n%s", mine.Out, mine.Err)
	return results
}

func withoutStderr(string) string { return "anything" }

// compared makes a command that runs a line on both hosts; blind replaces standard error.
func compared(blind func(string) string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		line := strings.Join(args, " ")
		r := run(ts, line)
		theirs, mine := r[original], r[ours]
		if text := blind(mine.Err); text != "" {
			theirs.Err, mine.Err = text, text
		}
		if d := cmp.Diff(theirs, mine); d != "" {
			ts.Fatalf("%s (-original +ours)\n%s", line, d)
		}
	}
}

func differ(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: differ WHY LINE")
	}
	line := strings.Join(args[1:], " ")
	r := run(ts, line)
	d := cmp.Diff(r[original], r[ours])
	if d == "" {
		ts.Fatalf("%s: does not differ: %s", line, args[0])
	}
	ts.Logf("%s (-original +ours)\n%s", args[0], d)
}

func prepare(ts *testscript.TestScript, _ bool, args []string) {
	line := strings.Join(args, " ")
	for d, r := range run(ts, line) {
		if r.Code != 0 {
			ts.Fatalf("%s", fmt.Sprintf("%s: %s: exit code %d\n%s%s", d, line, r.Code, r.Out, r.Err))
		}
	}
}
