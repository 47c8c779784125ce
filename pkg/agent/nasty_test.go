package agent

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"
)

// nastyWords are what a haresources file should not have.
func nastyWords() []string {
	return []string{
		strings.Repeat("9", 5000), strings.Repeat("x", 300), "$(touch PWNED)", "`touch PWNED`", "a;touch PWNED", "a|b&c>d<e",
		"a b", "*", "%s%n%d", "ü漢字", "\xff\xfe", "-1", "--help", "-1/-1/-1/-1", "../../etc/passwd", "'", `"`, `\`, "\n", "1/2/3/4/5/6",
	}
}

// codes are those of status, start and stop.
type codes [3]int

// nasty is what an agent makes of words that mean nothing to it.
type nasty struct {
	agent string
	of    codes
	empty codes // of an empty word
	long  int   // of a start with a word too long for the name of its state file; 0: as any other
}

// nastyHost is a host on which the programs that agents run do nothing but write down their words.
func nastyHost(t *testing.T) (h *Host, log *recorder, dir string) {
	t.Helper()
	netnstest.TwoNetworks(t)
	net, err := netif.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { net.Close() })
	dir = t.TempDir()
	for name, code := range map[string]string{"mail": "0", "iptables": "2", "mount": "32", "umount": "0", "fsck": "8", "modprobe": "1"} {
		write(t, filepath.Join(dir, name), "#!/bin/sh\nprintf '[%s]\\n' \"$@\" >>"+dir+"/words\nexit "+code+"\n", 0o755)
	}
	log = &recorder{}
	r := New(net, log.logs)
	t.Cleanup(func() { r.Close() })
	env := []string{"PATH=" + dir + ":/usr/bin:/bin"}
	return &Host{
		Net: net, Logs: log.logs, StateDir: filepath.Join(dir, "rsctmp"), BinDir: "/nowhere", OCFRoot: filepath.Join(dir, "ocf"),
		Env: lookup(env), Environ: env, Stdout: io.Discard, Stderr: io.Discard, speaker: inProcess{r},
	}, log, dir
}

// Nothing that stands in haresources ends the daemon, runs something else, counts as held, or
// fails without a word.
func TestNastyWords(t *testing.T) {
	const wrong = notConfigured
	cases := []nasty{
		{"IPaddr", codes{notRunning, wrong, 0}, codes{notRunning, wrong, 0}, 0},
		{"IPaddr2", codes{notRunning, wrong, 0}, codes{wrong, wrong, 0}, 0},
		{"IPv6addr", codes{badArgs, badArgs, badArgs}, codes{badArgs, badArgs, badArgs}, 0},
		{"IPsrcaddr", codes{wrong, wrong, 0}, codes{wrong, wrong, 0}, 0},
		{"SendArp", codes{notRunning, 0, 0}, codes{notRunning, wrong, 0}, generic},
		{"MailTo", codes{notRunning, 0, 0}, codes{notRunning, wrong, 0}, 0},
		{"Delay", codes{notRunning, badArgs, 0}, codes{notRunning, generic, 0}, 0},
		{"portblock", codes{generic, generic, generic}, codes{wrong, wrong, wrong}, 0},
		{"Filesystem", codes{notRunning, notInstalled, 0}, codes{wrong, wrong, wrong}, 0},
		{"LVSSyncDaemonSwap", codes{badArgs, badArgs, badArgs}, codes{badArgs, badArgs, badArgs}, 0},
		{"OCF", codes{generic, generic, generic}, codes{generic, generic, generic}, 0},
		{"Raid1", codes{generic, generic, generic}, codes{generic, generic, generic}, 0},
		{"apache", codes{generic, generic, generic}, codes{generic, generic, generic}, 0},
	}
	h, log, dir := nastyHost(t)
	before := state(t, h)
	for _, c := range cases {
		n := agentNamed(t, c.agent)
		for _, word := range append(nastyWords(), "") {
			want := c.of
			switch {
			case word == "":
				want = c.empty
			case len(word) > 255 && c.long != 0:
				want[1] = c.long
			}
			words := slices.Repeat([]string{word}, max(n.Least-1, 1))
			for i, op := range []string{"status", "start", "stop"} {
				code, said := nastyCall(h, n, append(words, op))
				said += strings.Join(log.Take(), "\n")
				if code != want[i] || said == "" && code != 0 && !n.Quiet || op == "status" && Held([]byte(said)) {
					t.Errorf("%s %.40q %s: %d\n%.200s", c.agent, word, op, code, said)
				}
			}
		}
	}
	if d := diff(before, state(t, h)); len(d) != 0 {
		t.Errorf("changed %v", d)
	}
	for _, name := range []string{"PWNED", filepath.Join(dir, "PWNED"), "/PWNED"} {
		if _, err := os.Stat(name); err == nil {
			t.Errorf("a word was run: %s", name)
		}
	}
}

// nastyCall runs an operation, of which one that would wait is ended.
func nastyCall(h *Host, n Native, words []string) (code int, said string) {
	var out strings.Builder
	quiet := *h
	quiet.Stdout, quiet.Stderr = &out, &out
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	if n.Name == "Delay" {
		cancel()
	}
	defer cancel()
	code = n.Call(ctx, &quiet, Invocation{Script: n.Name, Words: words})
	return code, out.String()
}

// Programs get a word as it is, and as one.
func TestWordsReachPrograms(t *testing.T) {
	h, _, dir := nastyHost(t)
	word := "$(x) 'a' \"b\" ; * ü"
	nastyCall(h, agentNamed(t, "MailTo"), []string{word, word, "start"})
	nastyCall(h, agentNamed(t, "portblock"), []string{word, word, "block", "start"})
	text, err := os.ReadFile(filepath.Join(dir, "words"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "["+word+"]\n"); n != 5 { // mail once, the check and the rule twice each
		t.Errorf("%d times\n%s", n, text)
	}
}
