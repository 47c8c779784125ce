package state

import "time"

// Rhythm measures the beat of one path: the mean interval, and how far single ones are from it
// (the estimator of RFC 3550 6.4.1). The zero value has heard nothing.
type Rhythm struct {
	Last     time.Time
	Interval time.Duration
	Jitter   time.Duration
	Count    uint64
}

// Heard notes a heartbeat. One that arrives before the last counts and measures nothing.
func (r *Rhythm) Heard(at time.Time) {
	r.Count++
	if r.Count == 1 || at.Before(r.Last) {
		if at.After(r.Last) {
			r.Last = at
		}
		return
	}
	gap := at.Sub(r.Last)
	r.Last = at
	if r.Count == 2 {
		r.Interval = gap
		return
	}
	off := (gap - r.Interval).Abs()
	r.Jitter += (off - r.Jitter) / 16
	r.Interval += (gap - r.Interval) / 16
}
