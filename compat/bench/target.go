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
	lost          = "questions lost at a planned stop and failback"
	healed        = "gap when a partition ends"
	alone         = "end of a partition until one node holds the VIP"
	residentTotal = "resident memory of the daemons"
)

func figures() []figure {
	span := func(v int64) string { return text(time.Duration(v)) }
	count := func(v int64) string { return fmt.Sprint(v) }
	return []figure{
		{plannedStop, func(m measured) int64 { return int64(m.stop) }, span},
		{failback, func(m measured) int64 { return int64(m.failback) }, span},
		{lost, func(m measured) int64 { return int64(m.lost) }, count},
		{crash, func(m measured) int64 { return int64(m.crash) }, span},
		{healed, func(m measured) int64 { return int64(m.heal) }, span},
		{alone, func(m measured) int64 { return int64(m.alone) }, span},
		{coldStart, func(m measured) int64 { return int64(m.cold) }, span},
		{residentTotal, func(m measured) int64 { return m.memory.resident }, megabytes},
		{"… shared pages counted once", func(m measured) int64 { return m.memory.share }, megabytes},
		{"processes", func(m measured) int64 { return int64(m.memory.processes) }, count},
		{"one processor, used while nothing happens", func(m measured) int64 { return m.busy }, millionths},
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

// target is what Systole is to reach in the median.
type target struct {
	figure string
	limit  int64   // most that is allowed
	share  float64 // instead: most that is allowed of the real heartbeat's median
}

// targets are those of a league. The gap at a planned move has to be below what one lost
// question in ten milliseconds would make.
func targets(league string) []target {
	moves := []target{
		{figure: plannedStop, limit: int64(10 * time.Millisecond)},
		{figure: failback, limit: int64(10 * time.Millisecond)},
		{figure: lost, limit: 0},
	}
	if league == everyTenth {
		return append(moves,
			target{figure: crash, limit: int64(340 * time.Millisecond)},
			target{figure: coldStart, limit: int64(350 * time.Millisecond)},
			target{figure: alone, limit: int64(300 * time.Millisecond)})
	}
	return append(moves,
		target{figure: crash, limit: int64(5*time.Second + 50*time.Millisecond)},
		target{figure: coldStart, limit: int64(2 * time.Second)},
		target{figure: alone, limit: int64(1200 * time.Millisecond)},
		target{figure: residentTotal, share: 0.5})
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

// judge holds Systole's medians against the targets of its league. A target that needs a
// contestant who did not run is left out.
func judge(league []result) []verdict {
	ours, ok := find(league, contestant.ours)
	if !ok {
		return nil
	}
	var out []verdict
	for _, t := range targets(ours.contestant.league) {
		f := figures()[slices.IndexFunc(figures(), func(f figure) bool { return f.name == t.figure })]
		v := verdict{target: t, shown: f.shown, ours: median(f.values(ours)), limit: t.limit}
		if t.share > 0 {
			real, ok := find(league, contestant.original)
			if !ok {
				continue
			}
			v.limit = int64(t.share * float64(median(f.values(real))))
		}
		for _, r := range league {
			if !r.contestant.ours() {
				v.others = append(v.others, median(f.values(r)))
			}
		}
		out = append(out, v)
	}
	return out
}

func find(results []result, is func(contestant) bool) (result, bool) {
	i := slices.IndexFunc(results, func(r result) bool { return is(r.contestant) })
	if i < 0 {
		return result{}, false
	}
	return results[i], true
}

// leagues are the results of those who are compared with each other.
func leagues(results []result) [][]result {
	var out [][]result
	for _, name := range []string{everySecond, everyTenth} {
		var in []result
		for _, r := range results {
			if r.contestant.league == name {
				in = append(in, r)
			}
		}
		if len(in) > 0 {
			out = append(out, in)
		}
	}
	return out
}
