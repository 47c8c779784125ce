package decode

import (
	"fmt"
	"slices"
	"strconv"
)

// Bounds of what is remembered of a node. heartbeat itself keeps 500 messages and gives up on
// more than 250 missing ones (wire spec 6.2).
const (
	maxSeen    = 1024
	maxMissing = 250
	maxAsked   = 50 // of one NS_rexmit
)

// track is what a receiver keeps of one node.
type track struct {
	gen, last uint64
	begun     bool
	seen      map[uint64][]string // seq -> links it came over since it was last sent
	order     []uint64            // of seen, oldest first
	missing   map[uint64]bool
	asked     map[uint64]bool
}

func newTrack() *track {
	return &track{seen: map[uint64][]string{}, missing: map[uint64]bool{}, asked: map[uint64]bool{}}
}

// generation looks at the hg of a message: only a status begins a new life (wire spec 5.5).
func (t *track) generation(gen uint64, status bool) []Mark {
	switch {
	case gen < t.gen:
		return []Mark{{Replay, fmt.Sprintf("generation %x, the node is in %x", gen, t.gen)}}
	case gen > t.gen && status:
		old := t.gen
		*t = *newTrack()
		t.gen = gen
		if old != 0 {
			return []Mark{{NewLife, fmt.Sprintf("generation %x after %x", gen, old)}}
		}
	}
	return nil
}

// sequence keeps book of a sequence number and says what is odd about it.
func (t *track) sequence(seq uint64, link string) []Mark {
	links, known := t.seen[seq]
	switch {
	case known && !slices.Contains(links, link):
		t.seen[seq] = append(links, link)
		return []Mark{{Kind: Copy}}
	case known:
		t.seen[seq] = []string{link}
		return t.again(seq)
	}
	t.remember(seq, link)
	if t.begun && seq < t.last {
		return t.fill(seq)
	}
	defer func() { t.begun, t.last = true, seq }()
	if !t.begun || seq == t.last+1 {
		return nil
	}
	return t.gap(seq)
}

func (t *track) gap(seq uint64) []Mark {
	count := seq - t.last - 1
	if count > maxMissing || len(t.missing) > maxMissing {
		clear(t.missing)
		return []Mark{{Gap, fmt.Sprintf("%d missing, too many to be asked for", count)}}
	}
	for s := t.last + 1; s < seq; s++ {
		t.missing[s] = true
	}
	return []Mark{{Gap, fmt.Sprintf("%d missing", count)}}
}

func (t *track) fill(seq uint64) []Mark {
	gap := t.missing[seq]
	delete(t.missing, seq)
	switch {
	case t.asked[seq]:
		delete(t.asked, seq)
		return []Mark{{Kind: Resent}}
	case gap:
		return []Mark{{Kind: Late, Detail: "fills a gap"}}
	}
	return []Mark{{Kind: Late, Detail: "older than what was seen"}}
}

func (t *track) again(seq uint64) []Mark {
	if t.asked[seq] {
		delete(t.asked, seq)
		return []Mark{{Kind: Resent}}
	}
	return []Mark{{Kind: Duplicate}}
}

func (t *track) remember(seq uint64, link string) {
	t.seen[seq] = []string{link}
	t.order = append(t.order, seq)
	if len(t.order) > maxSeen {
		delete(t.seen, t.order[0])
		t.order = t.order[1:]
	}
}

// ask notes an NS_rexmit for messages of this node.
func (t *track) ask(first, last string) {
	from, err := strconv.ParseUint(first, 10, 64)
	to, err2 := strconv.ParseUint(last, 10, 64)
	if err != nil || err2 != nil || to < from || to-from >= maxAsked {
		return
	}
	if len(t.asked) > maxSeen {
		clear(t.asked)
	}
	for s := from; s <= to; s++ {
		t.asked[s] = true
	}
}
