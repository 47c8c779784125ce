package interop

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
)

// badFile is a set of files with which the daemon must not start.
type badFile struct {
	name      string
	ha        string      // ha.cf; goodHaCF if empty
	keys      string      // authkeys; good if empty
	mode      fs.FileMode // of authkeys, on top of 0600
	resources string      // haresources; good if empty
	missing   string      // a file that is not there
	says      string      // our first ERROR line, where it is not the original's too
}

const (
	goodHaCF = "logfile /var/log/ha.log\nkeepalive 200ms\ndeadtime 2\nucast eth0 121.254.175.78\nnode lvsactive.gunnm.xyz lvsstandby.gunnm.xyz\nauto_failback on\n"
	goodKeys = "auth 1\n1 sha1 gunnmlvs\n"
)

// badFiles are files with an error each. Both daemons refuse them with exit code 6; the first
// ERROR line is the same but for a few that ours puts plainer.
func badFiles() []badFile {
	return []badFile{
		{name: "no ha.cf", missing: "ha.cf"},
		{name: "no authkeys", missing: "authkeys"},
		{name: "no haresources", missing: "haresources"},
		{name: "authkeys for all to read", mode: 0o644},
		{name: "authkeys for the group to read", mode: 0o640},
		{name: "key not there", keys: "auth 3\n1 sha1 x\n"},
		{name: "no auth line", keys: "1 sha1 x\n"},
		{name: "unknown method", keys: "auth 1\n1 rot13 x\n", says: `Invalid authtype [rot13]`},
		{name: "sha1 without a key", keys: "auth 1\n1 sha1\n"},
		{name: "key number 16", keys: "auth 16\n16 sha1 x\n"},
		{name: "unknown directive", ha: goodHaCF + "kepalive 2\n"},
		{name: "invalid time", ha: goodHaCF + "keepalive 2s\n", says: `/etc/ha.d//ha.cf:7: keepalive [2s] is not valid`},
		{name: "this node is not in ha.cf", ha: strings.Replace(goodHaCF, "lvsactive", "other", 1)},
		{name: "no node", ha: "logfile /var/log/ha.log\nucast eth0 121.254.175.78\n"},
		{name: "no medium", ha: "logfile /var/log/ha.log\nnode lvsactive.gunnm.xyz\n"},
		{name: "empty ha.cf", ha: "\n"},
		{name: "deadtime too small", ha: goodHaCF + "deadtime 400ms\n"},
		{name: "initdead below deadtime", ha: goodHaCF + "initdead 1\n"},
		{name: "haresources of a stranger", resources: "someone IPaddr2::121.254.175.70\n"},
		{name: "haresources broken by an empty line", resources: activeName + " \\ldirectord::ldirectord.cf \\\n\nIPaddr2::121.254.175.70/32/eth0\n"},
		{name: "respawn of a stranger", ha: goodHaCF + "respawn nosuchuser /bin/true\n"},
		{name: "respawn of a relative path", ha: goodHaCF + "respawn root bin/true\n"},
		{name: "respawn of nothing executable", ha: goodHaCF + "respawn root /etc/hostname\n"},
		{name: "bad failback", ha: goodHaCF + "auto_failback maybe\n", says: `/etc/ha.d//ha.cf:7: auto_failback [maybe] is not valid`},
		{name: "garbage", ha: "\x00\x01\x02garbage\xff\xfe\n\x1b[31m\n" + goodHaCF},
	}
}

// TestBadFiles starts both daemons on each bad file: ours ends with the original's exit code and
// begins its complaint as the original does, and leaves nothing behind.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	port := func(addr string) map[string]lab.Port { return map[string]lab.Port{"eth0": lab.On(lan, addr)} }
	// The same name on both: it is in the messages.
	ours := &node{t: t, ours: true, Host: lab.OK(l.Host(lab.Spec{Name: activeName, Flavour: lab.Systole, Ports: port("121.254.175.77/28")}))(t)}
	original := &node{t: t, Host: lab.OK(l.Host(lab.Spec{Name: "original", Flavour: lab.Originals, Ports: port("121.254.175.79/28")}))(t)}
	original.run("hostname", activeName)
	for _, c := range badFiles() {
		t.Run(c.name, func(t *testing.T) {
			code, says := c.start(t, ours)
			theirCode, want := c.start(t, original)
			if code != theirCode || code != 6 {
				t.Errorf("exit code %d, the original's is %d", code, theirCode)
			}
			if c.says != "" {
				want = c.says
			}
			if want == "" || !strings.HasPrefix(says, want) {
				t.Errorf("says %q, want %q", says, want)
			}
			ours.leftNothing()
		})
	}
}

// start lays the files and starts the daemon. It returns the first line of level ERROR.
func (c badFile) start(t *testing.T, n *node) (code int, says string) {
	t.Helper()
	n.t = t
	n.write("ha.cf", or(c.ha, goodHaCF), 0o644)
	n.write("haresources", or(c.resources, activeName+" 121.254.175.70\n"), 0o644)
	n.write("authkeys", or(c.keys, goodKeys), 0o600)
	n.run("chmod", fmt.Sprintf("%o", 0o600|c.mode), "/etc/ha.d/authkeys")
	if c.missing != "" {
		n.run("rm", "/etc/ha.d/"+c.missing)
	}
	r := lab.OK(n.Run(patience.For(t), "/usr/libexec/heartbeat/heartbeat"))(t)
	return r.Code, firstError(r.Stderr)
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// firstError takes the first complaint out of what a daemon wrote, without time and process number.
func firstError(text string) string {
	m := regexp.MustCompile(`(?m)(?:^|heartbeat: (?:\[\d+\]: )?)(?:ERROR: )(.*)$`).FindStringSubmatch(text)
	if m == nil {
		return text
	}
	return m[1]
}

// leftNothing looks for what a refused start may not leave behind.
func (n *node) leftNothing() {
	n.t.Helper()
	r := lab.OK(n.Sh(patience.For(n.t), `pgrep -f '[h]eartbeat: master'; ls /run/heartbeat.pid 2>/dev/null; ss -Hlun 'sport = :694'; ip -o addr | grep -F 121.254.175.70`))(n.t)
	if r.Stdout != "" {
		n.t.Errorf("left behind: %s", r.Stdout)
	}
}
