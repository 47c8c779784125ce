package logd

import (
	"encoding/binary"
	"time"
)

// Socket is where ha_logd listens.
const Socket = "/var/lib/heartbeat/log_daemon"

// Facility and priorities as in syslog.h.
const (
	facilityUser = 1 << 3
	LevelInfo    = 6
	LevelDebug   = 7
)

const (
	frameMagic  = 0xabcd
	headerSize  = 96
	entitySize  = 64
	typeMessage = 2

	// MaxText is the longest text of a record in bytes; the original splits what is longer.
	MaxText = 1023
)

// Record is one line for ha_logd.
type Record struct {
	Level  int // LevelInfo, or LevelDebug for its debug file only
	PID    int
	Entity string // who speaks; at most 63 bytes of it are kept
	Text   string
	Time   time.Time
}

// Append appends the record as a frame.
func (r Record) Append(dst []byte) []byte {
	size := len(r.Text) + 1
	for _, n := range []int{headerSize + size, frameMagic, typeMessage, facilityUser, r.Level, size, 0, r.PID} {
		dst = binary.NativeEndian.AppendUint32(dst, uint32(n))
	}
	var entity [entitySize]byte
	copy(entity[:entitySize-1], r.Entity)
	dst = append(dst, entity[:]...)
	dst = binary.NativeEndian.AppendUint64(dst, uint64(r.Time.Unix()))
	return append(append(dst, r.Text...), 0)
}
