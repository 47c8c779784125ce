package decision

import (
	"encoding/json"
	"fmt"
	"time"
)

// Life is what a daemon leaves on disk about itself, so that the next one knows how it ended. It is
// written anew whenever what it holds changes, and now and then.
type Life struct {
	Boot  string    `json:"boot"` // of the machine: another one after each boot
	Begun time.Time `json:"begun"`
	Seen  time.Time `json:"seen"` // when this was written
	Held  string    `json:"held"`
	Ended Ending    `json:"ended,omitempty"`
}

// Ending is how a life ended.
type Ending string

// The endings. A life without one was cut short.
const (
	EndStopped   Ending = "stopped"
	EndRestarted Ending = "restarted" // it begins a new life by itself: a reload, or a healed partition
	EndKilled    Ending = "killed"    // the machine has not been booted since
	EndMachine   Ending = "machine down"
)

// Close returns the life as one that is over: seen from a machine with a boot of its own, one
// without an ending was killed, or its machine went down.
func (l Life) Close(boot string) Life {
	switch {
	case l.Ended != "":
	case l.Boot == boot:
		l.Ended = EndKilled
	default:
		l.Ended = EndMachine
	}
	return l
}

// Encode returns the life as it is kept on disk.
func (l Life) Encode() []byte {
	b, err := json.Marshal(l)
	if err != nil { // only times beyond the year 9999 do not encode
		return nil
	}
	return append(b, '\n')
}

// DecodeLife reads a life. The error says what is wrong with it.
func DecodeLife(b []byte) (l Life, err error) {
	if err := json.Unmarshal(b, &l); err != nil {
		return Life{}, fmt.Errorf("life of the daemon: %w", err)
	}
	return l, nil
}

// tell says how the life before ended.
func (l *Life) tell(zone *time.Location) string {
	seen, held := l.Seen.In(zone).Format("Jan _2 15:04:05"), l.Held
	switch l.Ended {
	case EndStopped:
		return fmt.Sprintf("It had been stopped in order, %s.", seen)
	case EndRestarted:
		return fmt.Sprintf("It went on from a life that ended itself, %s, holding %s.", seen, held)
	case EndKilled:
		return fmt.Sprintf("This node was restarted: the daemon before it was killed, holding %s; its last sign is of %s.", held, seen)
	case EndMachine:
		return fmt.Sprintf("This node was restarted: its machine went down without a stop, holding %s; the last sign of the daemon is of %s.", held, seen)
	}
	return ""
}
