package hacf

import (
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/diag"
)

func TestParseTime(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"2": 2 * time.Second, ".5": 500 * time.Millisecond, "1.5.2": 1500 * time.Millisecond, ".": 0, "0.0004": 0,
		"500ms": 500 * time.Millisecond, "500MSEC": 500 * time.Millisecond, "5000000US": 5 * time.Second,
		"2usec": 0, "1000.6ms": 1001 * time.Millisecond, "3000000": 3000000 * time.Second,
		"2s": -1, "": -1, "ms": -1, "-1": -1, "1e3": -1, "1m": -1, "x": -1, strings.Repeat("9", 400): -1,
	} {
		got, ok := parseTime(in)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("parseTime(%q) = %v, %v; want %v", in, got, ok, want)
		}
	}
}

func TestLeadingInt(t *testing.T) {
	for in, want := range map[string]int{
		"": 0, "x": 0, "5x": 5, "+5": 5, "-1": -1, "-": 0, "0": 0, "99999999999": 1<<31 - 1,
	} {
		if got := leadingInt(in); got != want {
			t.Errorf("leadingInt(%q) = %d, want %d", in, got, want)
		}
	}
}

func TestParams(t *testing.T) {
	c, _, _ := Load(Env{Node: "A"}, "ha.cf", []byte("node a\nbcast eth0\nkeepalive 500ms\ndeadtime 5\nlogfacility local0\ncrm no\nenv X=1\n"))
	for name, want := range map[string]string{
		"keepalive": "500ms", "deadtime": "5", "deadping": "5000ms", "initdead": "12000ms", "warntime": "2500ms",
		"crm": "no", "pacemaker": "no", "hbversion": "3.0.6", "logfile": "/dev/null", "udpport": "694", "auto_failback": "legacy",
	} {
		if got, ok := c.Param(name); !ok || got != want {
			t.Errorf("%s = %q, %v; want %q", name, got, ok, want)
		}
	}
	for _, name := range []string{"node", "watchdog", "bcast", "coreroot", "nonsense"} {
		if got, ok := c.Param(name); ok {
			t.Errorf("%s is set to %q", name, got)
		}
	}
	for _, want := range []string{"HA_keepalive=500ms", "HA_X=1"} {
		if !slices.Contains(c.Environ(), want) {
			t.Errorf("no %s in %q", want, c.Environ())
		}
	}
}

func TestDaemonName(t *testing.T) {
	for path, want := range map[string]string{
		"/usr/lib64/heartbeat/ipfail": "ipfail", "/usr/lib/heartbeat/ccm": "ccm", "/usr/libexec//heartbeat/dopd": "dopd",
		"/usr/lib64/heartbeat/other": "", "/opt/heartbeat/ipfail": "", "ipfail": "", "": "",
	} {
		if got, ok := DaemonName(path); ok != (want != "") || ok && got != want {
			t.Errorf("DaemonName(%q) = %q, %v; want %q", path, got, ok, want)
		}
	}
}

// The respawn line of every release runs where our daemons are; one that is nobody's fails.
func TestRespawnPaths(t *testing.T) {
	env := Env{
		Executable: func(p string) bool { return p == "/usr/libexec/heartbeat/ipfail" },
		Daemon:     func(name string) (string, bool) { return "/usr/libexec/heartbeat/" + name, name == "ipfail" },
	}
	for path, want := range map[string]string{
		"/usr/libexec/heartbeat/ipfail": "/usr/libexec/heartbeat/ipfail", "/usr/lib64/heartbeat/ipfail": "/usr/libexec/heartbeat/ipfail",
		"/usr/lib64/heartbeat/ccm": "", "/usr/local/bin/ipfail": "",
	} {
		r := Read(env, "ha.cf", []byte("respawn hacluster "+path+" -x\n"))
		if r.Failed() != (want == "") {
			t.Errorf("%s: failed %v: %v", path, r.Failed(), r.Diagnostics)
		}
		if want != "" && r.Config.Clients[0].Line() != want+" -x" {
			t.Errorf("%s runs %q", path, r.Config.Clients[0].Line())
		}
	}
}

func TestSuggestions(t *testing.T) {
	for name, want := range map[string]string{
		"keepalvie": "did you mean keepalive?", "Keepalive": "did you mean keepalive?", "atuo_failback": "did you mean auto_failback?",
		"nodes": "did you mean node?", "keepalive=3": "put a blank after keepalive", "hbaping": "there is no fibre channel ping: use ping",
		"bogus": "there is no such directive: remove the line, or put # in front", `kee\`: "ha.cf has no continuation lines: write the directive on one line",
	} {
		if got := unknownRemedy(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestLogTargetsFollowTheFile(t *testing.T) {
	r := Read(Env{}, "ha.cf", []byte("a\nlogfile /l\nb\nlogfacility local0\nsyslogmsgfmt off\nc\n"))
	var got []Logs
	for _, l := range r.Lines {
		if strings.HasPrefix(l.Text, "Illegal") {
			got = append(got, l.Logs)
		}
	}
	want := []Logs{{}, {Logfile: "/l"}, {Logfile: "/l", Facility: "local0", Plain: true}}
	if !slices.Equal(got, want) {
		t.Errorf("log targets %+v, want %+v", got, want)
	}
}

func TestMissingFiles(t *testing.T) {
	text := func(lines []Line) (s string) {
		for _, l := range lines {
			s += l.Level + ": " + l.Text + "\n"
		}
		return s
	}
	sample := "info: An annotated sample F file is provided in the documentation.\ninfo: Please copy it to F, read it, customize it, and try again.\n"
	if got, want := text(MissingConfig("F")), "ERROR: Cannot open config file [F]\n"+sample+"ERROR: Heartbeat not started: configuration error.\n"; got != want {
		t.Errorf("no ha.cf: %s", got)
	}
	if got, want := text(MissingResources("F")), "ERROR: Cannot open resources file [F]\n"+sample; got != want {
		t.Errorf("no haresources: %s", got)
	}
}

func TestLines(t *testing.T) {
	got := Lines([]diag.Diagnostic{
		{File: "f", Line: 3, Severity: diag.Error, Text: "Bad nodename in f [x]", Remedy: "write a"},
		{File: "f", Severity: diag.Warning, Remedy: "careful"}, {File: "f", Severity: diag.Note, Remedy: "quiet"},
		{File: "f", Severity: diag.Error, Text: "alone"},
	})
	want := []Line{
		{Level: "ERROR", Text: "Bad nodename in f [x]"}, {Level: "info", Text: "f:3: write a", Own: true},
		{Level: "WARN", Text: "f: careful", Own: true}, {Level: "ERROR", Text: "alone"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if errors := ErrorLines([]diag.Diagnostic{{File: "f", Severity: diag.Warning, Remedy: "careful"}}); errors[0].Level != "ERROR" {
		t.Errorf("warning of haresources: %+v", errors)
	}
}

// Whatever the text: no panic, every finding has its place, a refused file says so, and an
// accepted one has times that hold together.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{
		"", "node a\nbcast eth0\n", "keepalive 2s", "ucast\nmcast\nucast6\nmcast6 \nping_group\nstonith\nstonith_host\nrespawn\napiauth\n",
		"node a,b c\nping 1.1.1.1\nauto_failback on # x\r\nlogfile /l\n", "apiauth a uid= gid==,,", "mcast eth0 225.0.0.1 1 1 1 1",
		"systole_heal off\nsystole_arp_probe no", "key\x00alive 1", "crm yes", "node\u00a0a\nuse_logd", "udpport 99999999999999999999",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, found, lines := Load(captureEnv("a"), "ha.cf", []byte(text))
		for _, d := range found {
			if d.File != "ha.cf" || d.Line < 0 || d.Text == "" && d.Remedy == "" {
				t.Errorf("finding without place or words: %+v", d)
			}
		}
		refused := slices.ContainsFunc(lines, func(l Line) bool { return l.Level == "ERROR" })
		if diag.Failed(found) && !refused {
			t.Error("refused without a word")
		}
		if !diag.Failed(found) && (c.Keepalive <= 0 || c.Deadtime <= 2*c.Keepalive || c.Initdead < c.Deadtime || len(c.Media) == 0) {
			t.Errorf("accepted: %+v", c)
		}
	})
}
