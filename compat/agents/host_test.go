package agents

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"systole/compat/lab"
)

// patience is for one command: the original's IPv6addr needs seven seconds.
const patience = lab.Patience(60 * time.Second)

// host is a machine with two networks, on each flavour with the same addresses.
type host struct {
	*lab.Host
	ears   []ear
	before []string // what agents change, as it was after the last command
}

// machine makes a host, and a neighbour if there is to be one.
func machine(t *testing.T, l *lab.Lab, f lab.Flavour, neighbour bool) *host {
	t.Helper()
	kind := map[lab.Flavour]string{lab.Originals: "original", lab.Systole: "ours"}[f]
	lan, other := lab.OK(l.Switch(kind+"-lan"))(t), lab.OK(l.Switch(kind+"-other"))(t)
	if neighbour {
		lab.OK(l.Host(lab.Spec{Name: kind + "-neighbour", Ports: map[string]lab.Port{"eth0": lab.On(lan, "fd00::99/64")}}))(t)
	}
	h := &host{Host: lab.OK(l.Host(lab.Spec{Name: kind, Flavour: f, Layers: layers(t), Ports: map[string]lab.Port{
		"eth0": lab.On(lan, "121.254.175.77/28", "fd00::77/64"), "eth1": lab.On(other, "10.1.1.5/24"),
	}}))(t)}
	h.sh(t, `mkdir -p /run/resource-agents; ip route add default via 121.254.175.65
while ip -6 addr | grep -q tentative; do sleep 0.1; done`)
	h.ears = []ear{listen(t, h, "eth0"), listen(t, h, "eth1")}
	h.play(t, call{text: ":"})
	return h
}

func (h *host) sh(t *testing.T, script string) lab.Result {
	t.Helper()
	return h.exec(t, lab.Command{Argv: []string{"/bin/sh", "-c", script}})
}

func (h *host) exec(t *testing.T, c lab.Command) lab.Result {
	t.Helper()
	return lab.OK(h.Exec(patience.For(t), c))(t)
}

// transcript is what can be seen of one command.
type transcript struct {
	stdout, reasons, code, log, changes, frames []string
}

// field is a part of a transcript under the name by which a table allows it to differ.
type field struct {
	name  string
	lines []string
}

func (f field) text() string { return strings.Join(f.lines, "\n") + "\n" }

func (tr transcript) fields() []field {
	return []field{
		{"stdout", tr.stdout}, {"reasons", tr.reasons}, {"code", tr.code},
		{"log", tr.log}, {"changes", tr.changes}, {"frames", tr.frames},
	}
}

// playing runs CALL and prints what came of it in sections. Nothing of it is a pipe, which a
// process that stays in the background would hold open. It is quiet when there are no
// processes that were not there before.
const playing = `exec 3>&1 </dev/null
: >/var/log/ha.log
mkdir -p /run/compare
were=" $(echo /proc/[0-9]*) "
new() { for at in /proc/[0-9]*; do case $were in *" $at "*) ;; *) return 0 ;; esac; done; return 1; }
( cd /etc/ha.d/resource.d; eval "$CALL" ) >/run/compare/stdout 2>/run/compare/stderr 3>&-
echo "$?" >/run/compare/code
tries=0
while [ -n "$QUIET" ] && new && [ $tries -lt 800 ]; do sleep 0.02; tries=$((tries+1)); done
for file in code stdout stderr; do echo "==== $file"; cat /run/compare/$file; echo; done
echo "==== log"; cat /var/log/ha.log
echo; echo "==== addresses"; ip -o addr
echo "==== links"; ip -o link
echo "==== routes"; ip route
echo "==== rules"; iptables -S INPUT
echo "==== mounts"; cat /proc/mounts
echo "==== files"; ls /run/resource-agents
echo "==== marked"; [ -n "$QUIET" ] && /run/lab/self lab:mark eth0 eth1
echo "==== end"`

func (h *host) play(t *testing.T, c call) transcript {
	t.Helper()
	marks := h.marks()
	env := append([]string{
		"HA_LOGFILE=/var/log/ha.log", "HA_CURHOST=node1", "HA_RSCTMP=/run/resource-agents", "CALL=" + c.text,
	}, c.env...)
	if c.quiet {
		env = append(env, "QUIET=yes")
	}
	r := h.exec(t, lab.Command{Argv: []string{"/bin/sh", "-c", playing}, Env: env})
	seen := sections(r.Stdout)
	if _, whole := seen["end"]; !whole {
		t.Fatalf("%s: %s: %+v", c.place, c.text, r)
	}
	after := state(seen)
	tr := transcript{
		stdout: seen["stdout"], reasons: slices.DeleteFunc(seen["stderr"], unreasonable),
		code: seen["code"], log: logLines(seen["log"]), changes: changes(h.before, after),
	}
	if c.quiet {
		h.hear(t, marks, seen["marked"])
		tr.frames = h.since(marks)
	}
	h.before = after
	return tr
}

func sections(text string) map[string][]string {
	all, name := make(map[string][]string), ""
	for l := range strings.Lines(text) {
		l = strings.TrimSuffix(l, "\n")
		if heading, ok := strings.CutPrefix(l, "==== "); ok {
			name = heading
			all[name] = nil
		} else if l != "" {
			all[name] = append(all[name], l)
		}
	}
	return all
}

// unreasonable says that a line of standard error is neither why an operation failed nor the usage,
// but what programs that the original runs have to say.
func unreasonable(l string) bool {
	return !strings.HasPrefix(l, "ocf-exit-reason:") && !strings.HasPrefix(strings.ToLower(l), "usage:")
}

// logLines strips date and process, and leaves out the one line without text, which the original
// writes whenever its send_arp has ended.
func logLines(all []string) []string {
	tag := regexp.MustCompile(`^.*? (\S+\(.*?\))\[\d+\]:\s+(.*)$`)
	var lines []string
	for _, l := range all {
		if m := tag.FindStringSubmatch(l); m != nil {
			l = m[1] + ": " + m[2]
		}
		if !strings.HasSuffix(l, ": INFO: ") {
			lines = append(lines, l)
		}
	}
	return lines
}

// state lists what agents change. Pid files come and go in their own time, and so do the kernel's
// own addresses.
func state(seen map[string][]string) []string {
	var all []string
	lifetime := regexp.MustCompile(`\s*\\?\s*valid_lft.*`)
	for _, l := range seen["addresses"] {
		if !strings.Contains(l, "fe80::") {
			all = append(all, lifetime.ReplaceAllString(l, ""))
		}
	}
	for i, l := range seen["links"] {
		up := strings.Contains(l, ",UP") || strings.Contains(l, "<UP")
		all = append(all, "link "+strconv.Itoa(i+1)+" up: "+strconv.FormatBool(up))
	}
	all = append(append(all, seen["routes"]...), seen["rules"]...)
	for _, l := range seen["mounts"] {
		if w := strings.Fields(l); strings.HasPrefix(w[1], "/run/") || strings.HasPrefix(w[1], "/srv/") || strings.HasPrefix(w[1], "/etc/") {
			all = append(all, mountText(w))
		}
	}
	for _, l := range seen["files"] {
		if !strings.HasPrefix(l, "send_arp-") && !strings.HasPrefix(l, "IPv6addr-") {
			all = append(all, "file "+l)
		}
	}
	return all
}

// mountText is a line of /proc/mounts, of which the options of an overlay are those of the host's disk.
func mountText(w []string) string {
	if w[2] == "overlay" {
		w[3], _, _ = strings.Cut(w[3], ",")
	}
	return strings.Join(w, " ")
}

// changes are the lines that went and those that came; of equal ones, how many.
func changes(before, after []string) []string {
	var all []string
	was, is := tally(before), tally(after)
	for _, l := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(before, after)))) {
		switch n := is[l] - was[l]; {
		case n < 0:
			all = append(all, fmt.Sprintf("%d × %s", n, l))
		case n > 0:
			all = append(all, fmt.Sprintf("+%d × %s", n, l))
		}
	}
	return all
}

func tally(lines []string) map[string]int {
	n := make(map[string]int)
	for _, l := range lines {
		n[l]++
	}
	return n
}
