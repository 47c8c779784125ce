package cluster_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/hacf"
	"systole/pkg/sim"
)

const (
	active  = "lvsactive.gunnm.xyz"
	standby = "lvsstandby.gunnm.xyz"
	gateway = "121.254.175.65"
)

// scene is a scenario of the original's transcripts, played by two machines that do not say
// that they are Systole.
type scene struct {
	name     string
	failback hacf.Failback
	groups   map[string][]sim.Group // of a node, when the two files differ
	both     []sim.Group            // of both nodes
	ipfail   bool
	play     func(w *sim.World, a, b *sim.Node)
	less     []string // lines of the original, on either node, that we do not write, and why not
}

// Lines that we do not write, by intent (docs/differences.md).
var (
	// ipfail of the original is so slow that it finds resources stable again after a start with
	// auto_failback on, and gives up "foreign" once more, which moves nothing.
	idleCycle = []string{`wants to go standby \[foreign\]`, `(can take our|of|completed) .*foreign`, `acquire \[foreign\]`,
		`acquisition done \[foreign\]`, `remote resource transition completed`}
	// A late status kills its sender once more in the original.
	lateDeath = []string{`is dead$`, `gave up resources\.$`, `Late heartbeat: Node 121`}
	// The original delays a stop for as long as the peer is unsettled, not only for its own work.
	noWait = []string{`until current resource activity finishes`}
)

var (
	oneGroup  = []sim.Group{{Owner: active, Name: "www"}}
	twoGroups = []sim.Group{{Owner: active, Name: "www"}, {Owner: standby, Name: "aux"}}
	ownNames  = map[string][]sim.Group{active: {{Owner: active, Name: "www"}}, standby: {{Owner: standby, Name: "www"}}}
)

func startBoth(w *sim.World, a, b *sim.Node) {
	b.Start() // in the transcripts the standby is a little ahead
	w.Advance(2 * time.Millisecond)
	a.Start()
	w.Advance(20 * time.Second)
}

func ask(n *sim.Node, w *sim.World, what string) {
	n.Local("t", "ask_resources", "rsc_hold", what, "info", "me")
	w.Advance(15 * time.Second)
}

func take(n *sim.Node, w *sim.World, what string) {
	n.Local("t", "hb_takeover", "rsc_hold", what)
	w.Advance(15 * time.Second)
}

func stopStart(w *sim.World, a, b *sim.Node) {
	startBoth(w, a, b)
	a.Stop()
	w.Advance(9 * time.Second)
	a.Start()
	w.Advance(16 * time.Second)
}

func scenes() []scene {
	on, off, legacy := hacf.FailbackOn, hacf.FailbackOff, hacf.FailbackLegacy
	return []scene{
		{"active-stop-start-failback-on", on, nil, oneGroup, true, stopStart, idleCycle},
		{"active-stop-start-failback-off", off, nil, oneGroup, true, stopStart, nil},
		{"crash-active", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.Crash()
			w.Advance(10 * time.Second)
		}, nil},
		{"crash-standby", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			b.Crash()
			w.Advance(10 * time.Second)
		}, nil},
		{"both-stop", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.Stop()
			b.Stop()
			w.Advance(10 * time.Second)
		}, nil},
		{"own-names", on, ownNames, nil, true, func(w *sim.World, a, b *sim.Node) { stopStart(w, a, b) }, idleCycle},
		{"own-names-crash", on, ownNames, nil, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.Crash()
			w.Advance(10 * time.Second)
		}, nil},
		{"one-node-start", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			a.Start()
			w.Advance(25 * time.Second)
			b.Start()
			w.Advance(16 * time.Second)
		}, idleCycle},
		{"one-node-start-standby", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			b.Start()
			w.Advance(25 * time.Second)
			a.Start()
			w.Advance(16 * time.Second)
		}, idleCycle},
		{"hb-standby-all-on-active", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); ask(a, w, "all") }, nil},
		{"hb-standby-local-on-active", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); ask(a, w, "local") }, nil},
		{"hb-standby-foreign-on-active", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); ask(a, w, "foreign") }, nil},
		{"hb-standby-all-on-standby", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); ask(b, w, "all") }, nil},
		{"active-stop-start-failback-legacy", legacy, nil, twoGroups, true, stopStart, nil},
		{"partition-heal", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			w.Cut(active, standby)
			w.Cut(standby, active)
			w.LosePing(active, gateway)
			w.Advance(10 * time.Second)
			w.Heal(active, standby)
			w.Heal(standby, active)
			w.FindPing(active, gateway)
			w.Advance(40 * time.Second)
		}, slices.Concat(lateDeath, noWait)},
		{"stop-before-communication", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			a.Start()
			w.Advance(4 * time.Second)
			a.Stop()
			w.Advance(16 * time.Second)
		}, noWait},
		{"ping-lost-active", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			w.LosePing(active, gateway)
			w.Advance(20 * time.Second)
			w.FindPing(active, gateway)
			w.Advance(16 * time.Second)
		}, lateDeath},
		{"reload", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.Reload()
			w.Advance(20 * time.Second)
		}, nil},
		{"fast-restart", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.Stop()
			w.Advance(2500 * time.Millisecond)
			a.Start()
			w.Advance(20 * time.Second)
		}, idleCycle},
		{"restart", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.Stop()
			w.Advance(19 * time.Second)
			a.Start()
			w.Advance(20 * time.Second)
		}, idleCycle},
		{"hb-standby-all-on-active-failback-on", on, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); ask(a, w, "all") }, nil},
		{"hb-standby-failback-on-active", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); ask(a, w, "foreign") }, nil},
		{"hb-standby-peer-dead", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			b.Crash()
			w.Advance(12 * time.Second)
			a.Local("t", "ask_resources", "rsc_hold", "all", "info", "me")
			w.Advance(3 * time.Second)
			ask(a, w, "all")
		}, nil},
		{"hb-takeover-all-on-standby", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); take(b, w, "all") }, nil},
		{"hb-takeover-foreign-on-standby", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); take(b, w, "foreign") }, nil},
		{"hb-takeover-local-on-standby", off, nil, twoGroups, false, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b); take(b, w, "local") }, nil},
		{"own-names-failback-off", off, ownNames, nil, true, stopStart, nil},
		{"own-names-staggered", on, ownNames, nil, true, func(w *sim.World, a, b *sim.Node) {
			a.Start()
			w.Advance(21 * time.Second)
			b.Start()
			w.Advance(20 * time.Second)
		}, idleCycle},
		{"partition-heal-failback-off", off, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			w.Cut(active, standby)
			w.Cut(standby, active)
			w.LosePing(active, gateway)
			w.Advance(19 * time.Second)
			w.Heal(standby, active)
			w.Advance(1600 * time.Millisecond) // the other direction had to be resolved by ARP first
			w.Heal(active, standby)
			w.FindPing(active, gateway)
			w.Advance(40 * time.Second)
		}, slices.Concat(lateDeath, noWait)},
		{"ping-absent-at-start", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			w.LosePing(active, gateway)
			w.LosePing(standby, gateway)
			startBoth(w, a, b)
			w.Advance(16 * time.Second)
		}, nil},
		{"ping-lost-active-failback-off", off, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			w.LosePing(active, gateway)
			w.Advance(20 * time.Second)
			w.FindPing(active, gateway)
			w.Advance(16 * time.Second)
		}, lateDeath},
		{"ping-lost-both", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			w.LosePing(active, gateway)
			w.LosePing(standby, gateway)
			w.Advance(20 * time.Second)
			w.FindPing(active, gateway)
			w.FindPing(standby, gateway)
			w.Advance(16 * time.Second)
		}, slices.Concat(lateDeath, idleCycle)},
		{"resource-start-fails", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			a.FailStart["www"] = true
			startBoth(w, a, b)
			w.Advance(30 * time.Second) // the script asks for a standby 30 s after the failure
		}, nil},
		{"resource-start-fails-second", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			a.FailStart["www"] = true
			startBoth(w, a, b)
			w.Advance(30 * time.Second)
			a.Stop()
			w.Advance(12 * time.Second)
		}, nil},
		{"resource-stop-fails", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) {
			startBoth(w, a, b)
			a.JobTime = time.Hour
			a.Stop()
			w.Advance(11 * time.Second)
			a.Crash() // as the script does, by a reboot
			w.Advance(12 * time.Second)
		}, nil},
		{"non-idle-at-start", off, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b) }, nil},
		{"haresources-broken-joined", on, nil, oneGroup, true, func(w *sim.World, a, b *sim.Node) { startBoth(w, a, b) }, nil},
	}
}

// ours are lines that the machine does not write: scripts, children and the daemon around it.
var theirs = regexp.MustCompile(`^(debug|run|announce|started|stopped|failed|ipfail|restart|exit)`)

var (
	progress = regexp.MustCompile(`progress\. \(\d+\)`)
	group    = regexp.MustCompile(`process group \d+`)
	interval = regexp.MustCompile(`interval \d+ ms`)
	ids      = regexp.MustCompile(`\(\d+,\d+\)$`)
	parts    = regexp.MustCompile(`killing HB|Core process|lost packet|No pkts missing`)
)

// lines plays a scene and returns what each node logged, in the form of the transcripts.
func (s scene) lines() map[string][]string {
	w := sim.New(1)
	got := map[string][]string{}
	w.Trace = func(line string) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		node, text, _ := strings.Cut(rest, ": ")
		if theirs.MatchString(text) || parts.MatchString(text) || text == "info: Local Resource acquisition completed." {
			return
		}
		text = progress.ReplaceAllString(text, "progress. (PID)")
		text = group.ReplaceAllString(text, "process group PID")
		text = interval.ReplaceAllString(text, "interval N ms")
		got[node] = append(got[node], ids.ReplaceAllString(text, "(UID,GID)"))
	}
	cfg := cluster.Config{Nodes: []string{active, standby}, Keepalive: time.Second, Deadtime: 5 * time.Second,
		Warntime: 2500 * time.Millisecond, Initdead: 12 * time.Second, Deadping: 5 * time.Second,
		MaxRexmitDelay: 250 * time.Millisecond, HopFudge: 1, Failback: s.failback,
		Links: []cluster.Link{{Name: "eth0"}, {Ping: gateway}}}
	if s.ipfail {
		cfg.Clients = []cluster.Client{{Command: "/usr/libexec/heartbeat/ipfail", UID: 103, GID: 106}}
	}
	for _, name := range cfg.Nodes {
		cfg.Node = name
		groups := s.both
		if own, ok := s.groups[name]; ok {
			groups = own
		}
		w.Add(cfg, groups).Systole = false
	}
	s.play(w, w.Node(active), w.Node(standby))
	return got
}

func TestTranscripts(t *testing.T) {
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			got := s.lines()
			for node, who := range map[string]string{active: "active", standby: "standby"} {
				text, err := os.ReadFile("testdata/transcripts/" + s.name + "." + who + ".txt")
				if err != nil {
					t.Fatal(err)
				}
				want := strings.Split(strings.TrimSpace(string(text)), "\n")
				compareLines(t, who, want, got[node], s.less)
				compareOrder(t, who, want, got[node], s.less)
			}
		})
	}
}

// same makes lines equal that stand for the same: which of two nodes that wait ten seconds is
// first, and whether a peer is heard before or after it has finished starting, is chance.
func same(line string) string {
	if strings.Contains(line, "ereading authentication file") || strings.HasPrefix(line, "WARN: Managed") {
		return "" // written by the daemon around the machine; not in the transcript
	}
	if strings.HasSuffix(line, ": status up") || strings.HasSuffix(line, ": status init") {
		return ""
	}
	line = strings.Replace(line, "local resource transition", "remote resource transition", 1)
	return strings.Replace(line, "(ip-request-resp)", "(req_our_resources)", 1)
}

// compareLines compares what was logged how often.
func compareLines(t *testing.T, who string, want, got, less []string) {
	count := map[string]int{}
	for _, l := range want {
		count[same(l)]++
	}
	for _, l := range got {
		count[same(l)]--
	}
	delete(count, "")
	for _, l := range slices.Sorted(maps.Keys(count)) {
		n := count[l]
		allowed := slices.ContainsFunc(less, func(re string) bool { return regexp.MustCompile(re).MatchString(l) })
		if n > 0 && !allowed {
			t.Errorf("%s: missing %dx %s", who, n, l)
		} else if n < 0 {
			t.Errorf("%s: extra %dx %s", who, -n, l)
		}
	}
}

// milestones are the lines that tell what becomes of the resources. Their order is the same on
// every run of the original; where a link comes up or a script ends between them is chance.
var milestones = regexp.MustCompile(`Local status now set|Comm_now_up|wants to go standby|: acquire \[|can take our|Local standby process|` +
	`Standby resource acquisition done|Other node completed|standby request|returning after partition|is dead$|gave up resources|STONITH|` +
	`Resources being acquired|mach_down takeover|Received shutdown notice|Heartbeat shutdown|process group|shutdown complete|restart`)

// compareOrder compares the milestones of the log one after the other.
func compareOrder(t *testing.T, who string, want, got, less []string) {
	of := func(lines []string) []string {
		return slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
			allowed := func(re string) bool { return regexp.MustCompile(re).MatchString(l) }
			return !milestones.MatchString(l) || slices.ContainsFunc(less, allowed)
		})
	}
	want, got = of(want), of(got)
	for i := range min(len(want), len(got)) {
		if got[i] != want[i] {
			t.Errorf("%s: milestone %d is %q, want %q", who, i+1, got[i], want[i])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d milestones, want %d", who, len(got), len(want))
	}
}
