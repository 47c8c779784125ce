package decode

// Mark is something to notice about a datagram.
type Mark struct {
	Kind   Kind   `json:"kind"`
	Detail string `json:"detail,omitempty"`
}

// Kind is a kind of mark.
type Kind string

// The kinds. A node refuses what the first four mark.
const (
	BadSignature Kind = "bad signature" // the token is missing or not that of the keys
	Malformed    Kind = "malformed"     // cannot be read, or lacks what every message has
	NotHeartbeat Kind = "no heartbeat"  // neither message form, on a port of heartbeat
	Replay       Kind = "replay"        // of a generation before the one that the node is in
	Gap          Kind = "gap"           // messages between the last and this one are missing
	Late         Kind = "late"          // one that was missing, or older than all that was seen
	Resent       Kind = "resent"        // asked for by NS_rexmit
	Duplicate    Kind = "duplicate"     // seen before on this link, and nobody had asked
	Copy         Kind = "copy"          // seen before on another link: several media carry every message
	NewLife      Kind = "new life"      // a higher generation: the node was restarted
	Fragments    Kind = "fragments"     // more than one IP packet
	Packed       Kind = "compressed"
)

// kinds in the order of the summary; refused says that a node drops such a message.
func kinds() []struct {
	kind    Kind
	refused bool
} {
	return []struct {
		kind    Kind
		refused bool
	}{
		{BadSignature, true}, {Malformed, true}, {NotHeartbeat, true}, {Replay, true},
		{Gap, false}, {Late, false}, {Resent, false}, {Duplicate, false}, {Copy, false},
		{NewLife, false}, {Fragments, false}, {Packed, false},
	}
}

// refused says whether a node drops what carries this mark.
func (k Kind) refused() bool {
	for _, row := range kinds() {
		if row.kind == k {
			return row.refused
		}
	}
	return false
}
