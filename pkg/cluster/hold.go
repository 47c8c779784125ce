package cluster

import "strings"

// Hold says which kinds of resources a node believes it is responsible for; the word of
// rsc_hold (failover spec 7).
type Hold uint8

// The kinds: Local are the groups that name this node, HoldForeign all others.
const (
	HoldNone    Hold = 0
	HoldLocal   Hold = 1
	HoldForeign Hold = 2
	HoldAll     Hold = HoldLocal | HoldForeign
)

var holdWords = [...]string{HoldNone: "none", HoldLocal: "local", HoldForeign: "foreign", HoldAll: "all"}

// String returns the word of rsc_hold.
func (h Hold) String() string { return holdWords[h&HoldAll] }

// Has says whether h includes all of the given kinds.
func (h Hold) Has(kinds Hold) bool { return h&kinds == kinds }

// Mirror returns the same resources as the other node of a pair sees them.
func (h Hold) Mirror() Hold {
	var m Hold
	if h.Has(HoldLocal) {
		m |= HoldForeign
	}
	if h.Has(HoldForeign) {
		m |= HoldLocal
	}
	return m
}

// ParseHold reads the word of rsc_hold.
func ParseHold(word string) (Hold, bool) {
	for h, w := range holdWords {
		if strings.EqualFold(w, word) {
			return Hold(h), true
		}
	}
	return HoldNone, false
}
