package hacf

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite what Systole says in testdata")

// captureEnv answers like the host on which the originals were run.
func captureEnv(node string) Env {
	return Env{
		Node:      node,
		Interface: func(name string) bool { return name == "eth0" || name == "lo" },
		Resolve:   captureResolve,
		Executable: func(p string) bool {
			return slices.Contains([]string{"/bin/true", "/bin/false", "/tmp", "/usr/libexec/heartbeat/ipfail"}, p)
		},
		User:  func(name string) bool { return name == "root" || name == "hacluster" },
		Group: func(name string) bool { return name == "root" || name == "haclient" },
		Service: func(port int) (string, bool) {
			name, ok := map[int]string{7: "echo", 53: "domain", 694: "ha-cluster"}[port]
			return name, ok
		},
		Device: func(p string) Device {
			d, ok := map[string]Device{"/dev/null": DeviceOK, "/etc/passwd": DeviceNotAChar}[p]
			if !ok {
				return DeviceMissing
			}
			return d
		},
		Stonith:  func(kind string) bool { return slices.Contains([]string{"null", "ssh", "external/ssh"}, kind) },
		Readable: func(string) bool { return false },
		Daemon:   func(name string) (string, bool) { return "/usr/libexec/heartbeat/" + name, true },
	}
}

// captureResolve fails with the error numbers that the original happened to report.
func captureResolve(host string) (netip.Addr, error) {
	switch {
	case strings.Contains(host, ","):
		return netip.Addr{}, errors.New("Success")
	case strings.HasPrefix(host, "300.") || strings.Contains(host, ":"):
		return netip.Addr{}, errors.New("No such file or directory")
	}
	return netip.Addr{}, errors.New("Resource temporarily unavailable")
}

func TestCases(t *testing.T) {
	golden.Each(t, func(t *testing.T, file string) { golden.Captures(t, *update, file, played) })
}

// node is the host name of a case: captured files all ran on one host, seeds on their own.
func caseNode(name string) string {
	if i := strings.IndexByte(name, '@'); i >= 0 {
		return name[i+1:]
	}
	return "lvsactive.gunnm.xyz"
}

func played(c golden.Capture) (same, beside string) {
	env := captureEnv(caseNode(c.Name))
	_, base, _ := strings.Cut(c.Comment, "these lines:\n\n")
	cfg, found, lines := Load(env, "/etc/ha.d//ha.cf", []byte(base+c.File("cf")))
	var theirs, ours strings.Builder
	for _, l := range lines {
		out := &theirs
		if l.Own {
			out = &ours
		}
		text := l.Level + ": " + l.Text
		if l.Level == "" {
			text = "stderr: " + l.Text
		}
		fmt.Fprintln(out, strings.TrimRight(text, "\n"))
	}
	for _, d := range found {
		fmt.Fprintln(&ours, "finding", d)
	}
	standard, _, _ := Load(env, "/etc/ha.d//ha.cf", []byte(base))
	ours.WriteString(added(model(standard), model(cfg)))
	return theirs.String(), ours.String()
}

// model writes a Config as lines.
func model(c *Config) string {
	var b bytes.Buffer
	for _, p := range c.Params {
		fmt.Fprintf(&b, "%s = %s\n", p.Name, p.Value)
	}
	fmt.Fprintf(&b, "times %v %v %v %v %v %v\n", c.Keepalive, c.Deadtime, c.Warntime, c.Initdead, c.Deadping, c.MaxRexmitDelay)
	fmt.Fprintf(&b, "nodes %q of all %q\n", c.Nodes, c.AllNodes)
	for _, m := range c.Media {
		fmt.Fprintf(&b, "medium %s %+v\n", m.Name(), m)
	}
	fmt.Fprintf(&b, "logs %q %q %q logd=%v syslog=%v badpack=%v debug=%d\n", c.Logfile, c.Debugfile, c.LogFacility, c.UseLogd, c.SyslogMsgFmt, c.LogBadpack, c.Debug)
	fmt.Fprintf(&b, "failback %d hops %d port %d\n", c.AutoFailback, c.HopFudge, c.UDPPort)
	fmt.Fprintf(&b, "process watchdog=%q realtime=%v/%d cores=%v %q reserve=%d gentime=%v uuidname=%v\n", c.Watchdog, c.Realtime, c.RTPrio, c.Coredumps, c.Coreroot, c.Memreserve, c.GenMethodTime, c.UUIDFromName)
	fmt.Fprintf(&b, "wire classic=%v %s above %d KiB traditional=%v\n", c.MsgFmtClassic, c.Compression, c.CompressionKiB, c.Traditional)
	fmt.Fprintf(&b, "others %q %q %q %+v\n", c.Env, c.Cluster, c.QuorumServer, c.Stonith)
	for _, cl := range c.Clients {
		fmt.Fprintf(&b, "client %+v runs %s\n", cl, cl.Line())
	}
	for _, a := range c.APIAuth {
		fmt.Fprintf(&b, "auth %+v\n", a)
	}
	fmt.Fprintf(&b, "systole %+v\n", c.Systole)
	fmt.Fprintf(&b, "observers %v %v\n", c.Metrics, c.Hooks)
	return b.String()
}

// added returns the lines of b that a does not have.
func added(a, b string) string {
	old := strings.Split(a, "\n")
	var news strings.Builder
	for _, line := range strings.SplitAfter(b, "\n") {
		if !slices.Contains(old, strings.TrimSuffix(line, "\n")) {
			news.WriteString(line)
		}
	}
	return news.String()
}

// TestEveryDirective looks for a case of every directive that there is, and of those that are refused.
func TestEveryDirective(t *testing.T) {
	tried := map[string]bool{}
	for _, file := range golden.Files(t, "testdata/*.txt") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if words := strings.Fields(line); len(words) > 0 {
				tried[words[0]] = true
			}
		}
	}
	for _, k := range keywords() {
		if !tried[k.name] {
			t.Errorf("%s stands in no case of testdata", k.name)
		}
	}
	for _, name := range []string{"hbversion", "normalpoll", "openais", "tipc", "rds", "hbaping"} {
		if !tried[name] {
			t.Errorf("%s, which this build refuses, stands in no case of testdata", name)
		}
	}
}
