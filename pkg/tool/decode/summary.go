package decode

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Summary counts what a capture holds.
type Summary struct {
	Datagrams  int            `json:"datagrams"` // UDP and ICMP in all
	Messages   int            `json:"messages"`  // of heartbeat, good and bad
	Refused    int            `json:"refused"`
	Incomplete int            `json:"incomplete"` // datagrams of which fragments are missing
	First      time.Time      `json:"first"`
	Last       time.Time      `json:"last"`
	Links      []Count        `json:"links"`
	Nodes      []NodeSummary  `json:"nodes"`
	Marks      map[Kind]int   `json:"marks"`
	Signatures map[string]int `json:"signatures"`
}

// Count is a number of something.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// NodeSummary is what a node sent, refused messages left out.
type NodeSummary struct {
	Name  string   `json:"name"`
	Gens  []uint64 `json:"generations"`
	Types []Count  `json:"types"`
}

// add counts a datagram of heartbeat's.
func (s *Summary) add(e *Entry) {
	s.Messages++
	if s.First.IsZero() {
		s.First = e.At
	}
	s.Last = e.At
	if s.Marks == nil {
		s.Marks, s.Signatures = map[Kind]int{}, map[string]int{}
	}
	for _, m := range e.Marks {
		s.Marks[m.Kind]++
	}
	if e.Signature != "" {
		s.Signatures[e.Signature]++
	}
	count(&s.Links, e.way())
	if e.refused() {
		s.Refused++
		return
	}
	s.node(e)
}

func (s *Summary) node(e *Entry) {
	name := strings.ToLower(e.Node)
	i := slices.IndexFunc(s.Nodes, func(n NodeSummary) bool { return n.Name == name })
	if i < 0 {
		if len(s.Nodes) >= maxNodes {
			return
		}
		i, s.Nodes = len(s.Nodes), append(s.Nodes, NodeSummary{Name: name})
	}
	n := &s.Nodes[i]
	if e.Gen != 0 && !slices.Contains(n.Gens, e.Gen) && len(n.Gens) < maxNodes {
		n.Gens = append(n.Gens, e.Gen)
	}
	count(&n.Types, e.Type)
}

// count adds one to the row of that name. What a capture names is not bounded, so the rows are.
func count(rows *[]Count, name string) {
	for i := range *rows {
		if (*rows)[i].Name == name {
			(*rows)[i].Count++
			return
		}
	}
	if len(*rows) < maxNodes {
		*rows = append(*rows, Count{name, 1})
	}
}

// write prints the summary for people.
func (s *Summary) write(w io.Writer) {
	fmt.Fprintf(w, "%d heartbeat messages among %d datagrams", s.Messages, s.Datagrams)
	if s.Messages > 0 {
		fmt.Fprintf(w, ", in %v", s.Last.Sub(s.First).Round(time.Millisecond))
	}
	fmt.Fprintln(w)
	for _, word := range []string{signatureGood, signatureBad, signatureUnchecked} {
		if n := s.Signatures[word]; n > 0 {
			fmt.Fprintf(w, "  signatures %-12s%d\n", word, n)
		}
	}
	for _, l := range s.Links {
		fmt.Fprintf(w, "link  %-44s %d\n", l.Name, l.Count)
	}
	for _, n := range s.Nodes {
		fmt.Fprintf(w, "node  %s", printable(n.Name))
		for _, g := range n.Gens {
			fmt.Fprintf(w, " hg=%x", g)
		}
		fmt.Fprintln(w)
		for _, t := range n.Types {
			fmt.Fprintf(w, "      %-20s %d\n", printable(t.Name), t.Count)
		}
	}
	s.writeMarks(w)
}

func (s *Summary) writeMarks(w io.Writer) {
	for _, k := range kinds() {
		if n := s.Marks[k.kind]; n > 0 {
			fmt.Fprintf(w, "mark  %-20s %d\n", k.kind, n)
		}
	}
	if s.Incomplete > 0 {
		fmt.Fprintf(w, "mark  %-20s %d\n", "incomplete", s.Incomplete)
	}
}
