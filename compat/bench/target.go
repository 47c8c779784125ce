package main

import (
	"fmt"
	"slices"
	"time"
)

// result is all rounds of a contestant.
type result struct {
	contestant contestant
	rounds     []measured
}

// figure is a row of the table: what was measured, in nanoseconds or KiB.
type figure struct {
	name  string
	of    func(measured) int64
	shown func(int64) string
}

// The rows that targets speak of.
const (
	coldStart     = "cold start of both until the VIP is up"
	plannedStop   = "gap at a planned stop of the holder"
	failback      = "gap at failback"
	crash         = "gap at a power cut of the holder"
	residentTotal = "resident memory of the daemons"
)

func figures() []figure {
	span := func(v int64) string { return text(time.Duration(v)) }
	return []figure{
		{plannedStop, func(m measured) int64 { return int64(m.stop) }, span},
		{failback, func(m measured) int64 { return int64(m.failback) }, span},
		{crash, func(m measured) int64 { return int64(m.crash) }, span},
		{coldStart, func(m measured) int64 { return int64(m.cold) }, span},
		{residentTotal, func(m measured) int64 { return m.memory.resident }, megabytes},
		{"… shared pages counted once", func(m measured) int64 { return m.memory.share }, megabytes},
		{"processes", func(m measured) int64 { return int64(m.memory.processes) }, func(v int64) string { return fmt.Sprint(v) }},
		{"longest gap with nothing going on", func(m measured) int64 { return int64(m.idle) }, span},
	}
}

// values are the figure's values in all rounds of a result.
func (f figure) values(r result) []int64 {
	var out []int64
	for _, m := range r.rounds {
		out = append(out, f.of(m))
	}
	return out
}

// deadtime is how long a node is silent before the other takes it for dead.
const deadtime = 5 * time.Second

// target is what Systole is to reach in the median.
type target struct {
	figure string
	limit  int64   // most that is allowed; 0: no fixed limit
	share  float64 // most that is allowed of the real heartbeat's median; 0: none
}

func targets() []target {
	return []target{
		{figure: plannedStop, limit: int64(20 * time.Millisecond)},
		{figure: failback, limit: int64(20 * time.Millisecond)},
		{figure: crash, limit: int64(deadtime + 50*time.Millisecond)},
		{figure: coldStart, limit: int64(2 * time.Second)},
		{figure: residentTotal, share: 0.5},
	}
}

// verdict says whether a target was met.
type verdict struct {
	target
	shown  func(int64) string
	ours   int64
	limit  int64
	others []int64 // medians of the other contestants, in the order of the results
}

func (v verdict) met() bool { return v.ours <= v.limit }

// judge holds Systole's medians against the targets. A target that needs a
// contestant who did not run is left out.
func judge(results []result) []verdict {
	ours, ok := find(results, systole)
	if !ok {
		return nil
	}
	var out []verdict
	for _, t := range targets() {
		f := figures()[slices.IndexFunc(figures(), func(f figure) bool { return f.name == t.figure })]
		v := verdict{target: t, shown: f.shown, ours: median(f.values(ours)), limit: t.limit}
		if t.share > 0 {
			real, ok := find(results, heartbeat)
			if !ok {
				continue
			}
			v.limit = int64(t.share * float64(median(f.values(real))))
		}
		for _, r := range results {
			if r.contestant.name != systole {
				v.others = append(v.others, median(f.values(r)))
			}
		}
		out = append(out, v)
	}
	return out
}

func find(results []result, name string) (result, bool) {
	i := slices.IndexFunc(results, func(r result) bool { return r.contestant.name == name })
	if i < 0 {
		return result{}, false
	}
	return results[i], true
}
