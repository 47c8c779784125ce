package ipfail

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"systole/pkg/golden"
	"systole/pkg/hamsg"
)

var update = flag.Bool("update", false, "write the scripts of testdata anew")

const (
	activeNode  = "lvsactive.gunnm.xyz"
	standbyNode = "lvsstandby.gunnm.xyz"
	pingNode    = "121.254.175.65"
)

// side is one machine of a script with its daemon.
type side struct {
	name    string
	machine Machine
	nodes   []Node
	state   string
	inbox   []*hamsg.Message
}

// script is a pair of machines that a file of commands drives.
type script struct {
	t     *testing.T
	now   time.Time
	begin time.Time
	sides [2]*side
	out   []string // of the current command
	trace []string // of all
}

func newScript(t *testing.T) *script {
	begin := time.Unix(1e9, 0)
	s := &script{t: t, now: begin, begin: begin}
	for i, name := range []string{"active", "standby"} {
		s.sides[i] = &side{name: name, state: "local", nodes: []Node{
			{activeNode, false, "active"}, {standbyNode, false, "active"}, {pingNode, true, "ping"}}}
	}
	return s
}

func TestScripts(t *testing.T) {
	if n := len(golden.Files(t, "testdata/*.txt")); n < 5 {
		t.Fatalf("%d scripts", n)
	}
	golden.Each(t, func(t *testing.T, file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		golden.File(t, *update, file, newScript(t).play(string(text)))
	})
}

// play runs the commands of a script and returns it with what happened.
func (s *script) play(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "  ") {
			continue
		}
		b.WriteString(line)
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		s.out = nil
		s.command(strings.Fields(line))
		for _, o := range s.out {
			b.WriteString("  " + o + "\n")
		}
	}
	return b.String()
}

func (s *script) command(words []string) {
	switch words[0] {
	case "start":
		s.start(words[1:])
	case "at":
		seconds, err := strconv.ParseFloat(words[1], 64)
		if err != nil {
			s.t.Fatal(err)
		}
		s.advance(s.begin.Add(time.Duration(seconds * float64(time.Second))))
	case "active":
		s.tell(s.sides[0], words[1:])
	case "standby":
		s.tell(s.sides[1], words[1:])
	default:
		s.t.Fatalf("unknown command %q", words)
	}
}

func (s *script) start(options []string) {
	e := SignedOn{Managed: true, FailbackSet: true}
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		switch name {
		case "failback":
			e.Failback = value
		case "keepalive":
			e.Keepalive, _ = time.ParseDuration(value)
		}
	}
	for i, sd := range s.sides {
		e.Node, e.Nodes = sd.nodes[i].Name, sd.nodes
		s.step(sd, e)
	}
}

// advance goes to a time, ticking the machines on the way.
func (s *script) advance(to time.Time) {
	for {
		var first *side
		for _, sd := range s.sides {
			next, ok := sd.machine.Next()
			if !ok || next.After(to) {
				continue
			}
			if first == nil {
				first = sd
			} else if other, _ := first.machine.Next(); next.Before(other) {
				first = sd
			}
		}
		if first == nil {
			s.now = to
			return
		}
		s.now, _ = first.machine.Next()
		s.step(first, Tick{})
	}
}

func (s *script) tell(sd *side, words []string) {
	other := s.sides[0]
	if sd == other {
		other = s.sides[1]
	}
	switch words[0] {
	case "list":
		s.list(sd, words[1], words[2])
	case "status":
		s.list(sd, words[1], words[2])
		s.hear(sd, hamsg.New("t", "status", "src", words[1], "st", words[2]))
	case "told":
		s.hear(sd, hamsg.New("t", "status", "src", words[1], "st", words[2]))
	case "link":
		node, link, _ := strings.Cut(words[1], "/")
		s.hear(sd, hamsg.New("t", "ifstat", "node", node, "ifname", link, "st", words[2]))
	case "join":
		s.hear(sd, hamsg.New("t", "hbapi-clstat", "st", "join", "from_id", Client, "to_id", Client, "src", other.machine.node))
	case "state":
		sd.state = words[1]
	case "stable":
		s.hear(sd, hamsg.New("t", "resource", "rsc_hold", "all", "rtype", "full", "isstable", "1", "src", other.machine.node))
	case "reads":
		if len(sd.inbox) == 0 {
			s.t.Fatalf("%s has nothing to read at %v", sd.name, s.now.Sub(s.begin))
		}
		m := sd.inbox[0]
		sd.inbox = sd.inbox[1:]
		m.Set("src", other.machine.node)
		s.hear(sd, m)
	default:
		s.t.Fatalf("unknown command %q", words)
	}
}

func (s *script) list(sd *side, node, status string) {
	sd.nodes = slices.Clone(sd.nodes)
	for i := range sd.nodes {
		if sd.nodes[i].Name == node {
			sd.nodes[i].Status = status
		}
	}
}

func (s *script) hear(sd *side, m *hamsg.Message) {
	e, ok := Heard(m)
	if !ok {
		s.t.Fatalf("no event: %v", m)
	}
	s.step(sd, e)
}

// step steps a machine, answers its questions as a daemon does and carries its messages.
func (s *script) step(sd *side, e Event) {
	for _, a := range sd.machine.Step(s.now, e) {
		if l, ok := a.(Log); !ok || l.Level != Debug {
			s.out = append(s.out, sd.name+" "+a.String())
			s.trace = append(s.trace, sd.name+" "+a.String())
		}
		switch a := a.(type) {
		case AskNodeList:
			s.step(sd, NodeList{sd.nodes})
		case AskResources:
			s.step(sd, Resources{sd.state})
		case Send:
			s.carry(sd, a.Msg)
		}
	}
}

func (s *script) carry(from *side, m *hamsg.Message) {
	for _, sd := range s.sides {
		if m.Get("dest") == sd.machine.node {
			sd.inbox = append(sd.inbox, m)
		}
	}
}

// TestRecorded compares runs with what the original did in the same scenarios.
func TestRecorded(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.recorded")
	if len(files) != 3 {
		t.Fatalf("%d recordings", len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			recorded, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(strings.TrimSuffix(file, "recorded") + "txt")
			if err != nil {
				t.Fatal(err)
			}
			s := newScript(t)
			s.play(string(text))
			if got := recordedForm(s.trace); got != string(recorded) {
				t.Errorf("the machines did\n%s", got)
			}
		})
	}
}

// recordedForm sorts a trace as the recordings are: the log of each node, then the messages.
func recordedForm(trace []string) string {
	var b strings.Builder
	for _, prefix := range []string{"active info", "standby info"} {
		for _, line := range trace {
			if strings.HasPrefix(line, prefix) {
				b.WriteString(line + "\n")
			}
		}
	}
	for _, line := range trace {
		name, what, _ := strings.Cut(line, " ")
		if fields, ok := strings.CutPrefix(what, "send "); ok {
			fields = strings.ReplaceAll(strings.ReplaceAll(fields, " src="+activeNode, ""), " src="+standbyNode, "")
			b.WriteString("wire " + name + " " + fields + "\n")
		}
	}
	return b.String()
}
