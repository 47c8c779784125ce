package agents

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	lab.Main()
	os.Exit(m.Run())
}

// patience is for one command: the original's IPv6addr needs seven seconds.
const patience = 60 * time.Second

// command is one line of testdata/commands.txt.
type command struct {
	line     int
	text     string
	compared bool
	differs  string // why ours does something else
}

type part struct {
	name     string
	commands []command
}

func parts(t *testing.T) []part {
	t.Helper()
	text, err := os.ReadFile("testdata/commands.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []part
	why := ""
	for i, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		kind, rest, _ := strings.Cut(l, " ")
		switch kind {
		case "#":
			all = append(all, part{name: rest})
			continue
		case "!":
			why = rest
			continue
		case "$", ">":
			p := &all[len(all)-1]
			p.commands = append(p.commands, command{line: i + 1, text: rest, compared: kind == "$", differs: why})
		default:
			t.Fatalf("line %d: %q", i+1, l)
		}
		why = ""
	}
	return all
}

// TestSame runs every part on hosts of its own.
func TestSame(t *testing.T) {
	for _, p := range parts(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			l := lab.Test(t)
			original, ours := machine(t, l, lab.Originals), machine(t, l, lab.Systole)
			for _, c := range p.commands {
				var theirs transcript
				done := make(chan bool)
				go func() { theirs = original.play(t, c); close(done) }()
				mine := ours.play(t, c)
				<-done
				compare(t, c, theirs, mine)
			}
		})
	}
}

func compare(t *testing.T, c command, original, ours transcript) {
	t.Helper()
	d := cmp.Diff(original.String(), ours.String())
	switch {
	case !c.compared:
	case d != "" && c.differs == "":
		t.Errorf("commands.txt:%d: %s (-original +ours)\n%s", c.line, c.text, d)
	case d == "" && c.differs != "":
		t.Errorf("commands.txt:%d: %s: does not differ (%s)\n%s", c.line, c.text, c.differs, ours)
	case d != "":
		t.Logf("%s: %s\n%s", c.text, c.differs, d)
	}
}

// host is a machine with two networks, on each flavour with the same addresses.
type host struct{ *lab.Host }

func machine(t *testing.T, l *lab.Lab, f lab.Flavour) host {
	t.Helper()
	kind := map[lab.Flavour]string{lab.Originals: "original", lab.Systole: "ours"}[f]
	lan, other := lab.OK(l.Switch(kind+"-lan"))(t), lab.OK(l.Switch(kind+"-other"))(t)
	lab.OK(l.Host(lab.Spec{Name: kind + "-neighbour", Ports: map[string]lab.Port{
		"eth0": lab.On(lan, "121.254.175.65/28", "fd00::65/64", "fd00::99/64"),
	}}))(t)
	h := host{lab.OK(l.Host(lab.Spec{Name: kind, Flavour: f, Ports: map[string]lab.Port{
		"eth0": lab.On(lan, "121.254.175.77/28", "fd00::77/64"), "eth1": lab.On(other, "10.1.1.5/24"),
	}}))(t)}
	h.sh(t, "mkdir -p /run/resource-agents; ip route add default via 121.254.175.65")
	return h
}

func (h host) sh(t *testing.T, script string) lab.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return lab.OK(h.Sh(ctx, script))(t)
}

// transcript is what can be seen of one command.
type transcript struct {
	stdout, reasons, log, changes []string
	code                          int
}

func (tr transcript) String() string {
	return fmt.Sprintf("%s\n%s\nexit code %d\n%s\n%s\n", strings.Join(tr.stdout, "\n"), strings.Join(tr.reasons, "\n"),
		tr.code, strings.Join(tr.log, "\n"), strings.Join(tr.changes, "\n"))
}

const environment = `HA_LOGFILE=/var/log/ha.log HA_CURHOST=node1 HA_RSCTMP=/run/resource-agents
export HA_LOGFILE HA_CURHOST HA_RSCTMP
: >/var/log/ha.log
cd /etc/ha.d/resource.d
`

func (h host) play(t *testing.T, c command) transcript {
	t.Helper()
	before := h.state(t)
	r := h.sh(t, environment+c.text)
	tr := transcript{stdout: lines(r.Stdout), code: r.Code, changes: difference(before, h.state(t))}
	for _, l := range lines(r.Stderr) {
		if strings.HasPrefix(l, "ocf-exit-reason:") || strings.HasPrefix(strings.ToLower(l), "usage:") {
			tr.reasons = append(tr.reasons, l)
		}
	}
	tag := regexp.MustCompile(`^.*? (\S+\(.*?\))\[\d+\]:\s+(.*)$`)
	for _, l := range lines(h.sh(t, "cat /var/log/ha.log").Stdout) {
		if m := tag.FindStringSubmatch(l); m != nil {
			l = m[1] + ": " + m[2]
		}
		tr.log = append(tr.log, l)
	}
	return tr
}

// state lists what agents change. Pid files come and go in their own time.
func (h host) state(t *testing.T) []string {
	t.Helper()
	return lines(h.sh(t, `ip -o addr | sed 's/ *valid_lft.*//' | grep -v fe80::
ip route
iptables -S INPUT
grep ' /run/' /proc/mounts
ls /run/resource-agents | grep -v -e ^send_arp- -e ^IPv6addr- | sed 's/^/file /'`).Stdout)
}

func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

func difference(before, after []string) []string {
	var all []string
	for _, l := range before {
		if !slices.Contains(after, l) {
			all = append(all, "- "+l)
		}
	}
	for _, l := range after {
		if !slices.Contains(before, l) {
			all = append(all, "+ "+l)
		}
	}
	return all
}
