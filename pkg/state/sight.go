package state

import (
	"strconv"
	"strings"
)

// Sight is what a Systole node tells about itself and about whom it hears, with every heartbeat: the
// part of its own document that the other node shows beside its own. As a field of a status:
//
//	local;node1,active,eth0+412,eth1-15231;192.0.2.254,ping,192.0.2.254+1410
//
// What it holds, with a ! while it is in transition; then of each node and ping node the name, the
// status, and of each path whether it is up (+) or dead (-) and for how many milliseconds it has been
// silent, nothing for one that was never heard.
type Sight struct {
	Holds  string `json:"holds"` // none, local, foreign or all, in its own words
	Moving bool   `json:"in_transition,omitempty"`
	Nodes  []Seen `json:"nodes"` // without itself
}

// Seen is a node as another one sees it.
type Seen struct {
	Name   string     `json:"name"`
	Status string     `json:"status"`
	Paths  []SeenPath `json:"paths"`
}

// SeenPath is a path as the other end sees it.
type SeenPath struct {
	Name string `json:"name"`
	Up   bool   `json:"up"`
	Age  int64  `json:"age_ms"` // -1: never heard
}

// most is how many nodes, and paths to a node, a sight holds.
const most = 32

// SightOf is what a node tells the others that holds something and sees these nodes and ping nodes.
func SightOf(holds string, moving bool, nodes []Node) Sight {
	s := Sight{Holds: holds, Moving: moving}
	for _, n := range nodes {
		if n.Self || len(s.Nodes) == most {
			continue
		}
		seen := Seen{Name: n.Name, Status: n.Status}
		for _, p := range n.Paths[:min(len(n.Paths), most)] {
			seen.Paths = append(seen.Paths, SeenPath{p.Name, p.Up, p.Age})
		}
		s.Nodes = append(s.Nodes, seen)
	}
	return s
}

// Encode returns the text of a field. Names with the characters that part them are left out.
func (s Sight) Encode() string {
	var b strings.Builder
	b.WriteString(s.Holds)
	if s.Moving {
		b.WriteByte('!')
	}
	for _, n := range s.Nodes {
		if strings.ContainsAny(n.Name+n.Status, ",;") {
			continue
		}
		b.WriteString(";" + n.Name + "," + n.Status)
		for _, p := range n.Paths {
			if !strings.ContainsAny(p.Name, ",;") {
				b.WriteString("," + p.encode())
			}
		}
	}
	return b.String()
}

func (p SeenPath) encode() string {
	text := p.Name + "-"
	if p.Up {
		text = p.Name + "+"
	}
	if p.Age < 0 {
		return text
	}
	return text + strconv.FormatInt(p.Age, 10)
}

// ParseSight reads the text of a field. ok is false for anything that is none.
func ParseSight(text string) (s Sight, ok bool) {
	parts := strings.Split(text, ";")
	s.Holds, s.Moving = strings.CutSuffix(parts[0], "!")
	if s.Holds != "none" && s.Holds != "local" && s.Holds != "foreign" && s.Holds != "all" || len(parts) > most+1 {
		return Sight{}, false
	}
	for _, part := range parts[1:] {
		n, ok := parseSeen(part)
		if !ok {
			return Sight{}, false
		}
		s.Nodes = append(s.Nodes, n)
	}
	return s, true
}

func parseSeen(text string) (n Seen, ok bool) {
	words := strings.Split(text, ",")
	if len(words) < 2 || len(words) > most+2 || words[0] == "" || words[1] == "" {
		return n, false
	}
	n.Name, n.Status = words[0], words[1]
	for _, w := range words[2:] {
		at := strings.LastIndexAny(w, "+-")
		if at < 1 {
			return n, false
		}
		p := SeenPath{Name: w[:at], Up: w[at] == '+', Age: -1}
		if digits := w[at+1:]; digits != "" {
			age, err := strconv.ParseInt(digits, 10, 64)
			if err != nil || age < 0 {
				return n, false
			}
			p.Age = age
		}
		n.Paths = append(n.Paths, p)
	}
	return n, true
}

// Of returns what a sight says of a node.
func (s *Sight) Of(node string) (Seen, bool) {
	if s != nil {
		for _, n := range s.Nodes {
			if n.Name == node {
				return n, true
			}
		}
	}
	return Seen{}, false
}

// Words tells a sight in a line, as the node with the name self shows it.
func (s *Sight) Words(self string) string {
	text := "holds " + s.Holds + ", at rest"
	if s.Moving {
		text = "holds " + s.Holds + ", in transition"
	}
	for _, n := range s.Nodes {
		who := n.Name
		if who == self {
			who = "sees us"
		}
		text += "; " + who + " " + n.Status
		if len(n.Paths) == 1 && n.Paths[0].Name == n.Name {
			continue // a ping node
		}
		for _, p := range n.Paths {
			text += ", " + p.words()
		}
	}
	return text
}

func (p SeenPath) words() string {
	switch {
	case p.Up:
		return p.Name + " " + age(p.Age)
	case p.Age < 0:
		return p.Name + " never"
	}
	return p.Name + " dead " + age(p.Age)
}

// twice are the groups that both nodes hold, in the words of each, while neither is in motion.
func (d *Document) twice() []string {
	var what []string
	for _, n := range d.Nodes {
		if n.View == nil || n.View.Moving || !d.Resources.Settled {
			continue
		}
		for _, g := range d.Resources.Groups {
			ours, theirs := "local", "foreign"
			if g.Owner != d.Daemon.Node {
				ours, theirs = theirs, ours
			}
			if len(g.Words) > 0 && has(d.Resources.Holds, ours) && has(n.View.Holds, theirs) {
				what = append(what, "both this node and "+n.Name+" hold "+g.Words[0])
			}
		}
	}
	return what
}

// has says whether a word of what is held includes a kind.
func has(holds, kind string) bool { return holds == kind || holds == "all" }

// deaf are the paths by which a node hears nothing although what it sends is heard here: one
// direction is cut. Paths have other names on the other node if its interfaces have.
func (d *Document) deaf(n Node) []string {
	seen, told := n.View.Of(d.Daemon.Node)
	var what []string
	for _, p := range n.Paths {
		for _, there := range seen.Paths {
			grown := there.Age >= 0 || d.Time.Sub(n.Since).Milliseconds() > n.Deadtime
			if told && p.Up && !there.Up && there.Name == p.Name && grown {
				what = append(what, n.Name+" hears nothing from here over "+p.Name)
			}
		}
	}
	return what
}
