package keepalived

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"systole/compat/conversion"
)

// ownOf are the directives in which the files of a pair differ by nature.
var ownOf = []string{"state", "priority", "unicast_src_ip", "unicast_peer", "router_id", "mcast_src_ip", "nopreempt", "interface"}

// readPeer reads the other node's file and tells in what it differs. Of both files, the files of
// heartbeat can only say one thing.
func (e *emitter) readPeer(text []byte) {
	if e.o.PeerText == nil {
		return
	}
	conf, report := read(e.o.PeerFile, e.o.PeerText)
	e.report.Errors = append(e.report.Errors, report.Errors...)
	e.other = conf
	mine, theirs := sentences(text), sentences(e.o.PeerText)
	for _, s := range missing(mine, theirs) {
		e.note(s.line, s.text, conversion.Approximated, "not so in "+e.o.PeerFile+": both nodes get it")
	}
	for _, s := range missing(theirs, mine) {
		e.note(0, fmt.Sprintf("%s:%d: %s", e.o.PeerFile, s.line, s.text), conversion.Lost, "not so in "+e.file)
	}
}

// counterpart finds an instance in the other node's file: by name, else by router id.
func (e *emitter) counterpart(i *instance) *instance {
	if p, ok := e.other.instance(i.name); ok {
		return p
	}
	for _, p := range e.other.instances {
		if i.id > 0 && p.id == i.id {
			return p
		}
	}
	return nil
}

// sentence is a directive with the blocks that it stands in.
type sentence struct {
	path string // "virtual_server 10.0.0.1 80/real_server 10.0.0.2 80/weight 1"
	text string
	line int
}

// sentences returns what a file says, without what differs by nature.
func sentences(text []byte) []sentence {
	all, _, _ := parse(text)
	return flatten(nil, "", all)
}

func flatten(out []sentence, path string, all []directive) []sentence {
	for i := range all {
		d := &all[i]
		if slices.Contains(ownOf, d.name) {
			continue
		}
		here := path + "/" + d.text()
		shown := d.text()
		if d.rule != nil && d.rule.secret || strings.HasSuffix(path, "/authentication") && d.rule == nil {
			shown = d.name + " ***"
		}
		out = append(out, sentence{here, shown, d.line})
		for _, r := range d.rows {
			words := strings.Join(r.words, " ")
			out = append(out, sentence{here + "/" + words, words, r.line})
		}
		out = flatten(out, here, d.block)
	}
	return out
}

// missing returns the sentences of one file that the other has not, or has fewer times; of a block
// that the other has not, the first.
func missing(in, from []sentence) []sentence {
	count := map[string]int{}
	for _, s := range from {
		count[s.path]++
	}
	var out []sentence
	for _, s := range in {
		if count[s.path]--; count[s.path] >= 0 {
			continue
		}
		if n := len(out); n == 0 || !strings.HasPrefix(s.path, out[n-1].path+"/") {
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b sentence) int { return cmp.Compare(a.line, b.line) })
	return out
}
