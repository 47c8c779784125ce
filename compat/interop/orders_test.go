package interop

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"systole/compat/lab"
)

// orderOf reads the lines of testdata/orders.txtar that are to be found in this order. "standby
// taker foreign" is the order "standby taker" with the kind "foreign".
func orderOf(t lab.TB, name, me, peer string) []*regexp.Regexp {
	t.Helper()
	words := strings.NewReplacer("{me}", me, "{peer}", peer)
	for kind, mirror := range map[string]string{"all": "all", "local": "foreign", "foreign": "local"} {
		if order, ok := strings.CutSuffix(name, " "+kind); ok {
			name, words = order, strings.NewReplacer("{me}", me, "{peer}", peer, "{kind}", kind, "{mirror}", mirror)
			break
		}
	}
	for _, f := range lab.OK(txtar.ParseFile("testdata/orders.txtar"))(t).Files {
		if f.Name != name {
			continue
		}
		var out []*regexp.Regexp
		for line := range strings.Lines(string(f.Data)) {
			text := words.Replace(strings.TrimSpace(line))
			pattern := strings.ReplaceAll(regexp.QuoteMeta(text), regexp.QuoteMeta("{*}"), ".*")
			out = append(out, regexp.MustCompile(`(^|\W)`+pattern+`$`))
		}
		return out
	}
	t.Fatalf("no order %q", name)
	return nil
}

// complaint matches the lines that tell of something wrong: the level of the daemon's lines stands
// after the pid, that of the scripts' lines after four blanks.
var complaint = regexp.MustCompile(`(\]: | {4})(ERROR|CRIT|EMERG|ALERT|CRITICAL): `)

// about matches lines that would be about the other side's datagrams, whatever their level.
var about = regexp.MustCompile(`(?i)authentic|authtoken|bad node|lost packet|lost a lot|pkts missing|replay|seqno|rexmit|irretrievably|corrupted|peel_|msg2|string2msg|uuid changed|changed its uuid`)

// selfMade are the complaints that the original writes about itself or its machine on every start,
// those of both that belong to what the tests do, and what ours says at its start of keys that are crc.
var selfMade = regexp.MustCompile(`Cannot lock ourselves into memory|: HA-304: messages are not authenticated`)

// clean says which lines of a node's log nobody may see. allowed is what the story makes
// happen, matched with "ours: " or "original: " before the line.
func (n *node) clean(allowed *regexp.Regexp) {
	n.t.Helper()
	for i, l := range n.log.All() {
		switch {
		case slices.ContainsFunc(n.died, func(s span) bool { return s.from <= i && i < s.to }):
		case !complaint.MatchString(l.Text) && !about.MatchString(l.Text):
		case selfMade.MatchString(l.Text), allowed != nil && allowed.MatchString(n.maker()+": "+l.Text):
		case reordered.MatchString(l.Text) && (n.ours || n.ofItself(l.Text)):
		default:
			n.t.Errorf("%s (%s) complains: %s", n.Name, n.maker(), l.Text)
		}
	}
}

// reordered is what a message that an original generates while it processes one of its own makes
// the other side write: it leaves before the one with the lower number (failover spec 16).
var reordered = regexp.MustCompile(`WARN: 1 lost packet\(s\) for \[|info: No pkts missing from `)

// ofItself says whether a line about missing datagrams names the node that wrote it: the original
// counts its own, which it hears before it has sent them, among those of its peers.
func (n *node) ofItself(text string) bool {
	return strings.Contains(text, "for ["+n.Name+"]") || strings.Contains(text, "missing from "+n.Name+"!")
}

func (n *node) maker() string {
	if n.ours {
		return "ours"
	}
	return "original"
}

// lostOwn says whether an original has lost a message of its own scripts.
func (n *node) lostOwn() bool { return !n.ours && lab.LostOwn(n.since(0)) }
