package agent

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"

	"systole/pkg/halog/halogtest"
	"systole/pkg/netif"
	"systole/pkg/netif/netnstest"
)

// step is one command of a transcript and what the original did.
type step struct {
	line    int
	words   []string // the script's name, arguments, operation
	stdout  []string
	reason  []string // ocf-exit-reason lines of standard error
	code    string
	log     []string // "tag: text"
	changes []string // "+ inet …", "- 10.9.9.0/24 dev …"
}

// section is a part of a transcript under a "# heading".
type section struct {
	heading string
	steps   []step
}

// play says how a section is played: setup makes the host what it was, change lists what we do
// otherwise, as pairs of expected text and replacement.
type play struct {
	file    string
	heading string // prefix; every section of the file that begins with it, in order
	setup   func(t *testing.T, h *Host)
	change  []string
	skip    string // commands that have this in them
	unlike  []int  // lines of commands that do something else; tests of their own say what
	blind   bool   // the transcript does not show changes of addresses
}

func TestReplay(t *testing.T) {
	plays := []play{
		{file: "IPaddr2-operations", heading: "IPaddr2::121", blind: true},
		{file: "IPaddr2-operations", heading: "start again", setup: begun("121.254.175.70/32/eth0"), blind: true, change: []string{
			// there the frames were all out
			"INFO: killed previously running send_arp for 121.254.175.70", "",
		}},
		{file: "IPaddr2-operations", heading: "stop again"},
		{file: "IPaddr2-operations", heading: "operations that are not known"},
		{file: "IPaddr2-cases", heading: "IPaddr2::", skip: " fd00::"},
		{file: "IPaddr2-cases", heading: "no route at all on eth0", setup: func(t *testing.T, _ *Host) {
			netnstest.Remove(t, "eth0", "121.254.175.77/28")
		}},
		{file: "IPaddr2-cases", heading: "eth0 down", setup: func(t *testing.T, _ *Host) {
			netnstest.Down(t, "eth0")
		}},
		{file: "IPaddr2-cases", heading: "a host route", setup: func(t *testing.T, _ *Host) {
			withoutKernelRoute(t)
			netnstest.Connected(t, "eth1", "121.254.175.70/31")
		}},
		{file: "IPaddr2-cases", heading: "connected route without src", setup: func(t *testing.T, _ *Host) {
			withoutKernelRoute(t)
		}},
		{file: "IPaddr2-lvs-loopback", heading: "LVS-DR", setup: onLo("121.254.175.70/32", "", "lo:0", true), change: []string{
			// the loopback address comes back as it was, with its label and without a broadcast
			"INFO: Adding inet address 121.254.175.70/32 with broadcast address 255.255.255.255 to device lo",
			"INFO: Adding inet address 121.254.175.70/32 to device lo (with label lo:0)",
			"+ inet 121.254.175.70/32 brd 255.255.255.255 scope global lo",
			"+ inet 121.254.175.70/32 scope global lo:0\n+ 121.254.175.70/32 dev lo scope link",
		}},
		{file: "IPaddr2-lvs-loopback", heading: "the same, VIP given as /28", setup: onLo("121.254.175.70/32", "255.255.255.255", "", false)},
		{file: "IPaddr2-lvs-loopback", heading: "loopback alias with a broadcast", setup: onLo("121.254.175.70/32", "121.254.175.79", "lo:0", false), change: []string{
			"INFO: Adding inet address 121.254.175.70/32 with broadcast address 255.255.255.255 to device lo",
			"INFO: Adding inet address 121.254.175.70/32 with broadcast address 121.254.175.79 to device lo (with label lo:0)",
			"+ inet 121.254.175.70/32 brd 255.255.255.255 scope global lo",
			"+ inet 121.254.175.70/32 brd 121.254.175.79 scope global lo:0",
			"- 121.254.175.70/32 dev lo scope link src 121.254.175.70", "",
		}},
		{file: "IPaddr2-lvs-loopback", heading: "the loopback alias has another mask", setup: onLo("121.254.175.70/28", "", "", false)},
		{file: "IPaddr2-lvs-loopback", heading: "stop while only on lo", setup: onLo("121.254.175.70/32", "", "lo:0", false)},
		{file: "IPaddr2-lvs-loopback", heading: "left-over save file", setup: func(t *testing.T, h *Host) {
			write(t, h.statePath("121.254.175.70"), "121.254.175.70 32 255.255.255.255 lo\n", 0o644)
		}},
		{file: "IPaddr2-secondary", heading: "VIP already there with another mask", setup: func(t *testing.T, _ *Host) {
			netnstest.Address(t, "eth1", "10.1.1.70/32", "", "")
		}, change: []string{
			// ours alone says why an address that is there is not held
			"WARNING: 10.1.1.70 is on eth1 with another netmask: 10.1.1.70/32", "",
		}},
		{file: "IPaddr2-secondary", heading: "duplicate address on the neighbour"},
		{file: "IPaddr-cases", heading: "first: 121", skip: " monitor"},
		{file: "IPaddr-cases", heading: "two addresses"},
		{file: "IPaddr-cases", heading: "IPaddr::", skip: " 10.1.1.70 "},
		{file: "IPaddr-cases", heading: "VIP as lo:0", setup: onLo("121.254.175.70/32", "", "lo:0", false), change: []string{
			// the left-over of a failed start made it eth0:1 there
			"eth0:1", "eth0:0",
		}},
		{file: "IPv6addr", heading: "IPv6addr::", setup: withIPv6, change: []string{
			// the original writes into syslog alone
			"IPv6addr(IPv6addr_fd01::70): ERROR: no valid mechanisms: no interface has an address in the network of fd01::70", ": ",
			"IPv6addr(IPv6addr_fd00::74/64/nosuch): ERROR: nosuch: no such interface", ": ",
		}},
		{file: "IPsrcaddr", heading: "IPsrcaddr::", setup: withVIP, unlike: []int{59}},
		{file: "IPsrcaddr", heading: "IPsrcaddr of", setup: withVIP},
		{file: "IPsrcaddr", heading: "no default route", setup: func(t *testing.T, h *Host) {
			withVIP(t, h)
			netnstest.NoDefault(t)
		}},
		// line 58 stops what line 49 has started
		{file: "SendArp", heading: "SendArp", unlike: []int{49, 58}, change: []string{
			// there some stops came when the frames were all out
			"INFO: killed previously running send_arp for 121.254.175.70", "",
		}},
		{file: "Delay", heading: "Delay"},
	}
	for _, p := range plays {
		for _, s := range sections(t, p) {
			t.Run(p.file+"/"+s.heading, func(t *testing.T) { playSection(t, p, s) })
		}
	}
}

func playSection(t *testing.T, p play, s section) {
	netnstest.TwoNetworks(t)
	log := &recorder{}
	h := testHost(t, log)
	if p.setup != nil {
		p.setup(t, h)
	}
	for _, st := range s.steps {
		if slices.Contains(p.unlike, st.line) || p.skip != "" && strings.Contains(strings.Join(st.words, " "), p.skip) {
			continue
		}
		log.Take()
		before := state(t, h)
		var out, errs strings.Builder
		h.Stdout, h.Stderr = &out, &errs
		code := agentNamed(t, st.words[0]).Call(context.Background(), h, Invocation{
			Script: "/etc/ha.d/resource.d/" + st.words[0], Words: st.words[1:],
		})
		got := step{
			line: st.line, words: st.words, stdout: lines(out.String()), code: fmt.Sprint(code),
			reason: reasons(errs.String()), log: log.Take(), changes: diff(before, state(t, h)),
		}
		if p.blind {
			got.changes = nil
		}
		for i := range got.log {
			got.log[i] = strings.ReplaceAll(got.log[i], h.StateDir, "/run/resource-agents")
		}
		st, got = st.changed(p.change), got.changed(p.change)
		if d := cmp.Diff(st, got, cmp.AllowUnexported(step{})); d != "" {
			t.Errorf("%s.txt:%d %s (-original +ours)\n%s", p.file, st.line, strings.Join(st.words, " "), d)
		}
	}
}

// changed returns the step with the differences we intend evened out; a log line of which only
// the tag is left goes.
func (s step) changed(pairs []string) step {
	apply := func(all []string) []string {
		text := strings.Join(all, "\n")
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] != "" {
				text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
			}
		}
		return slices.DeleteFunc(lines(text), func(l string) bool { return strings.HasSuffix(l, ": ") })
	}
	s.log, s.changes, s.stdout = apply(s.log), apply(s.changes), apply(s.stdout)
	slices.Sort(s.changes)
	return s
}

func testHost(t *testing.T, log *recorder) *Host {
	t.Helper()
	net, err := netif.Open()
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Net: net}
	t.Cleanup(func() { r.Close(); net.Close() })
	return &Host{
		Net: net, Logs: log.logs, StateDir: t.TempDir(), BinDir: BinDir, OCFRoot: OCFRoot,
		Env: func(string) string { return "" }, Stdout: io.Discard, Stderr: io.Discard, speaker: inProcess{r},
	}
}

func agentNamed(t *testing.T, name string) Native {
	t.Helper()
	for _, n := range Natives() {
		if n.Name == name {
			return n
		}
	}
	t.Fatalf("no agent %s", name)
	return Native{}
}

// begun starts a resource before the section.
func begun(arg string) func(*testing.T, *Host) {
	return func(t *testing.T, h *Host) {
		inv := Invocation{Words: []string{arg, "start"}}
		if code := agentNamed(t, "IPaddr2").Call(context.Background(), h, inv); code != success {
			t.Fatalf("start %s: %d", arg, code)
		}
	}
}

// withIPv6 gives eth0 its IPv6 address; the kernel asks nobody for those to come.
func withIPv6(t *testing.T, _ *Host) {
	write(t, "/proc/sys/net/ipv6/conf/eth0/dad_transmits", "0\n", 0)
	netnstest.Address(t, "eth0", "fd00::77/64", "", "")
}

func withVIP(t *testing.T, _ *Host) { netnstest.Address(t, "eth0", "121.254.175.70/28", "", "") }

func onLo(prefix, broadcast, label string, route bool) func(*testing.T, *Host) {
	return func(t *testing.T, _ *Host) {
		netnstest.Address(t, "lo", prefix, broadcast, label)
		if route {
			netnstest.Connected(t, "lo", prefix)
		}
	}
}

// withoutKernelRoute replaces the connected route of eth0 by one made by hand.
func withoutKernelRoute(t *testing.T) {
	t.Helper()
	dst, err := netlink.ParseIPNet("121.254.175.64/28")
	if err == nil {
		err = netlink.RouteDel(&netlink.Route{Dst: dst, Scope: netlink.SCOPE_LINK})
	}
	if err != nil {
		t.Fatal(err)
	}
	netnstest.Connected(t, "eth0", "121.254.175.64/28")
}

// recorder keeps log lines as "tag: text".
type recorder struct{ halogtest.Lines }

func (r *recorder) logs(name, instance string) Log {
	return r.Tagged(fmt.Sprintf("%s(%s)", name, instance))
}

// state returns addresses and routes as "ip" prints them.
func state(t *testing.T, h *Host) []string {
	t.Helper()
	tables, err := h.Net.Tables()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range tables.Addresses {
		if !a.Prefix.Addr().IsLinkLocalUnicast() {
			all = append(all, addressText(a))
		}
	}
	for _, r := range tables.Main {
		all = append(all, routeText(r))
	}
	return all
}

func addressText(a netif.Address) string {
	if a.Prefix.Addr().Is6() {
		return "inet6 " + a.Prefix.String() + " scope global"
	}
	text := "inet " + a.Prefix.String()
	if a.Broadcast.IsValid() {
		text += " brd " + a.Broadcast.String()
	}
	if a.Prefix.Addr().IsLoopback() {
		text += " scope host"
	} else {
		text += " scope global"
	}
	if a.Secondary {
		text += " secondary"
	}
	return text + " " + a.Label
}

func routeText(r netif.Route) string {
	text := r.Destination.String()
	if r.Gateway.IsValid() {
		text = "default via " + r.Gateway.String() + " dev " + r.Interface
		if r.Source.IsValid() {
			text += " src " + r.Source.String()
		}
		return text
	}
	text += " dev " + r.Interface
	if r.Protocol == 2 {
		text += " proto kernel"
	}
	text += " scope link"
	if r.Source.IsValid() {
		text += " src " + r.Source.String()
	}
	return text
}

func diff(before, after []string) []string {
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
	slices.Sort(all)
	return all
}

func lines(text string) []string {
	var all []string
	for l := range strings.Lines(text) {
		if l = strings.TrimSuffix(l, "\n"); l != "" {
			all = append(all, l)
		}
	}
	return all
}

func reasons(stderr string) []string {
	var all []string
	for _, l := range lines(stderr) {
		if strings.HasPrefix(l, "ocf-exit-reason:") {
			all = append(all, l)
		}
	}
	return all
}

// sections returns the parts of a transcript that a play wants.
func sections(t *testing.T, p play) []section {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", p.file+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []section
	for i, l := range strings.Split(string(text), "\n") {
		if h, ok := strings.CutPrefix(l, "# "); ok {
			all = append(all, section{heading: h})
		} else if len(all) > 0 {
			all[len(all)-1].read(i+1, l)
		}
	}
	for i := range all {
		all[i].steps = slices.DeleteFunc(all[i].steps, func(st step) bool { return st.words == nil })
	}
	all = slices.DeleteFunc(all, func(s section) bool {
		return !strings.HasPrefix(s.heading, p.heading) || len(s.steps) == 0
	})
	if len(all) == 0 {
		t.Fatalf("%s has no section %q", p.file, p.heading)
	}
	return all
}

// read adds a line of the transcript to the section; a command that is no agent ends the step.
func (s *section) read(number int, l string) {
	logLine := regexp.MustCompile(`^\[ha\.log\] \S+\s+(\S+)\[\d+\]:\s+(.*)$`)
	if command, ok := strings.CutPrefix(l, "$ "); ok {
		words := strings.Fields(command)
		script, ours := strings.CutPrefix(words[0], "/etc/ha.d/resource.d/")
		s.steps = append(s.steps, step{line: number})
		if ours {
			s.steps[len(s.steps)-1].words = append([]string{script}, words[1:]...)
		}
		return
	}
	if len(s.steps) == 0 || l == "" {
		return
	}
	s.steps[len(s.steps)-1].read(l, logLine)
}

func (st *step) read(l string, logLine *regexp.Regexp) {
	switch {
	case strings.HasPrefix(l, "[rc="):
		st.code, _, _ = strings.Cut(strings.TrimPrefix(l, "[rc="), "]")
	case strings.HasPrefix(l, "[ha.log] "):
		if m := logLine.FindStringSubmatch(l); m != nil && strings.TrimSpace(m[2]) != "INFO:" {
			st.log = append(st.log, m[1]+": "+m[2])
		}
	case strings.HasPrefix(l, "[stderr] ocf-exit-reason:"):
		st.reason = append(st.reason, strings.TrimPrefix(l, "[stderr] "))
	case strings.HasPrefix(l, "["):
	case strings.HasPrefix(l, "+ "), strings.HasPrefix(l, "- "):
		if c, ok := change(l); ok {
			st.changes = append(st.changes, c)
		}
	case st.code == "":
		st.stdout = append(st.stdout, l)
	}
}

// change returns a line of "ip -o addr" or "ip route" as state writes it; ok is false for routes
// and link-local addresses of IPv6, and for links.
func change(l string) (string, bool) {
	w := strings.Fields(l)
	if len(w) > 3 && (w[3] == "inet" || w[3] == "inet6" && !strings.HasPrefix(w[4], "fe80:")) {
		return w[0] + " " + strings.Join(w[3:], " "), true
	}
	if strings.Contains(w[1], ":") {
		return "", false
	}
	if w[1] != "default" && !strings.Contains(w[1], "/") {
		w[1] += "/32"
	}
	return strings.Join(w, " "), true
}
