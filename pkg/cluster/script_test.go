package cluster_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/golden"
	"systole/pkg/hacf"
	"systole/pkg/sim"
)

var update = flag.Bool("update", false, "rewrite the expected traces of testdata/*.txt")

// TestScripts runs the machine scripts of testdata: commands to a simulated pair, and the
// trace that each must give. Times are seconds of the simulation.
func TestScripts(t *testing.T) {
	golden.Each(t, func(t *testing.T, file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		golden.File(t, *update, file, newScript(t).run(string(text)))
	})
}

// script is a run of one file.
type script struct {
	t     *testing.T
	w     *sim.World
	cfg   cluster.Config
	order []string
	lines []string
	mute  bool
	files map[string][]sim.Group // haresources of a node, when they differ
	same  []sim.Group
	plain map[string]bool // nodes that hide that they are Systole
}

func newScript(t *testing.T) *script {
	s := &script{t: t, w: sim.New(1), files: map[string][]sim.Group{}, plain: map[string]bool{}}
	s.w.Trace = func(line string) {
		if !s.mute {
			s.lines = append(s.lines, line)
		}
	}
	s.cfg = cluster.Config{Keepalive: time.Second, Deadtime: 5 * time.Second, Warntime: 2500 * time.Millisecond,
		Initdead: 12 * time.Second, Deadping: 5 * time.Second, MaxRexmitDelay: 250 * time.Millisecond,
		Failback: hacf.FailbackOn, HopFudge: 1}
	return s
}

// run keeps comments and commands, and writes what each block of commands gives after "----".
func (s *script) run(text string) string {
	var out strings.Builder
	inOutput := false
	for _, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		switch {
		case line == "----":
			inOutput = true
			out.WriteString("----\n")
			for _, l := range s.lines {
				out.WriteString(l + "\n")
			}
			s.lines = nil
		case inOutput && line == "":
			inOutput = false
			out.WriteString("\n")
		case inOutput:
		default:
			out.WriteString(line + "\n")
			if line != "" && !strings.HasPrefix(line, "#") {
				s.command(strings.Fields(line))
			}
		}
	}
	return out.String()
}

func (s *script) command(words []string) {
	do, ok := commands[words[0]]
	if !ok {
		s.t.Fatalf("unknown command %q", words[0])
	}
	do(s, words[1:])
}

var commands = map[string]func(*script, []string){
	"config":  (*script).config,
	"nodes":   (*script).addNodes,
	"group":   func(s *script, a []string) { s.same = append(s.same, sim.Group{Owner: a[0], Name: a[1]}) },
	"file":    func(s *script, a []string) { s.files[a[0]] = append(s.files[a[0]], sim.Group{Owner: a[1], Name: a[2]}) },
	"plain":   func(s *script, a []string) { s.plain[a[0]] = true },
	"start":   func(s *script, a []string) { s.each(a, (*sim.Node).Start) },
	"stop":    func(s *script, a []string) { s.each(a, (*sim.Node).Stop) },
	"crash":   func(s *script, a []string) { s.each(a, (*sim.Node).Crash) },
	"pause":   func(s *script, a []string) { s.each(a, (*sim.Node).Pause) },
	"resume":  func(s *script, a []string) { s.each(a, (*sim.Node).Resume) },
	"cut":     func(s *script, a []string) { s.w.Cut(a[0], a[1]) },
	"heal":    func(s *script, a []string) { s.w.Heal(a[0], a[1]) },
	"noping":  func(s *script, a []string) { s.w.LosePing(a[0], a[1]) },
	"ping":    func(s *script, a []string) { s.w.FindPing(a[0], a[1]) },
	"advance": func(s *script, a []string) { s.w.Advance(s.duration(a[0])) },
	"quiet":   func(s *script, a []string) { s.mute = true; s.w.Advance(s.duration(a[0])); s.mute = false },
	"local":   func(s *script, a []string) { s.w.Node(a[0]).Local(a[1:]...) },
	"reload":  func(s *script, a []string) { s.each(a, func(n *sim.Node) { n.Reload() }) },
	"fail":    func(s *script, a []string) { s.w.Node(a[0]).FailStart[a[1]] = true },
	"loss":    (*script).loss,
	"noreset": func(s *script, a []string) { s.each(a, func(n *sim.Node) { n.FailReset = true }) },
	"reset":   func(s *script, a []string) { s.each(a, func(n *sim.Node) { n.FailReset = false }) },
	"holders": (*script).holders,
	"state":   (*script).state,
}

func (s *script) each(names []string, do func(*sim.Node)) {
	for _, name := range names {
		do(s.w.Node(name))
	}
}

func (s *script) duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
}

// config sets values of ha.cf: keepalive=1s deadtime=5s failback=off faststart=no.
func (s *script) config(words []string) {
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "keepalive":
			s.cfg.Keepalive = s.duration(value)
		case "deadtime":
			s.cfg.Deadtime = s.duration(value)
		case "failback":
			s.cfg.Failback = map[string]hacf.Failback{"on": hacf.FailbackOn, "off": hacf.FailbackOff, "legacy": hacf.FailbackLegacy}[value]
		case "ping":
			s.cfg.Links = append(s.cfg.Links, cluster.Link{Ping: value})
		case "client":
			s.cfg.Clients = append(s.cfg.Clients, cluster.Client{Command: value, UID: 103, GID: 106})
		case "stonith":
			s.cfg.Stonith = value == "yes"
		default:
			off := s.switches()[name]
			if off == nil {
				s.t.Fatalf("config %s", w)
			}
			*off = value == "no"
		}
	}
}

// switches are the differences that can be turned off.
func (s *script) switches() map[string]*bool {
	o := &s.cfg.Options
	return map[string]*bool{"faststart": &o.NoFastStart, "sharedgroups": &o.NoSharedGroups,
		"handover": &o.NoHandover, "heal": &o.NoHeal, "stallguard": &o.NoStallGuard}
}

func (s *script) addNodes(names []string) {
	s.order = names
	links := append([]cluster.Link{{Name: "eth0"}}, s.cfg.Links...)
	for _, name := range names {
		cfg := s.cfg
		cfg.Node, cfg.Nodes, cfg.Links = name, slices.Clone(names), links
		groups := s.same
		if own, ok := s.files[name]; ok {
			groups = own
		}
		s.w.Add(cfg, groups).Systole = !s.plain[name]
	}
}

func (s *script) loss(words []string) {
	share, err := strconv.ParseFloat(words[0], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	s.w.SetLoss(share)
}

func (s *script) holders([]string) { s.lines = append(s.lines, "holders "+s.w.Held()) }

func (s *script) state(names []string) {
	for _, name := range names {
		m := s.w.Node(name).Machine()
		if m == nil {
			s.lines = append(s.lines, name+" is down")
			continue
		}
		s.lines = append(s.lines, fmt.Sprintf("%s rscstatus %s", name, m.ResourceState()))
	}
}
