package view

import (
	"fmt"
	"time"

	"systole/pkg/state"
)

// amount is a number in five columns at most: 99999, 1.2M.
func amount(n uint64) string {
	if n < 100_000 {
		return fmt.Sprint(n)
	}
	value := float64(n)
	for _, unit := range "kMGTPE" {
		if value /= 1000; value < 999.5 {
			return fmt.Sprintf("%.3g%c", value, unit)
		}
	}
	return "many"
}

func seconds(ms int64) string {
	switch {
	case ms < 0:
		return "never"
	case ms >= 100_000:
		return (time.Duration(ms) * time.Millisecond).Truncate(time.Minute).String()
	}
	return fmt.Sprintf("%.1fs", float64(ms)/1000)
}

func every(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fs", float64(ms)/1000)
}

func jitter(us int64) string { return fmt.Sprintf("%.1fms", float64(us)/1000) }

// latency is how long the last check took.
func latency(r *state.Real) string {
	switch {
	case len(r.Past) == 0:
		return "-"
	case r.Past[len(r.Past)-1] == state.Failed:
		return "fail"
	case r.Took < 10_000:
		return fmt.Sprintf("%.1fms", float64(r.Took)/1000)
	case r.Took < 10_000_000:
		return fmt.Sprintf("%dms", r.Took/1000)
	}
	return fmt.Sprintf("%ds", r.Took/1_000_000)
}

// bars draws the last checks, the newest at the end: heights are parts of the longest.
func bars(past []int64, longest int64, width int, ascii bool) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	if ascii {
		levels = []rune("_.-=+*#@")
	}
	past = past[max(0, len(past)-width):]
	out := make([]rune, 0, len(past))
	for _, us := range past {
		if us < 0 {
			out = append(out, 'x')
			continue
		}
		out = append(out, levels[min(us*int64(len(levels))/max(longest+1, 1), int64(len(levels)-1))])
	}
	return string(out)
}

// longest is the longest check of a virtual, the full height of its bars.
func longest(v *state.Virtual) int64 {
	most := int64(1000) // below a millisecond all is alike
	for i := range v.Reals {
		for _, us := range v.Reals[i].Past {
			most = max(most, us)
		}
	}
	return most
}

// clock is the time of the day, or the date of another day.
func clock(at, now time.Time) string {
	switch {
	case at.Year() <= 1:
		return "-"
	case at.YearDay() == now.YearDay() && at.Year() == now.Year():
		return at.Format("15:04:05")
	}
	return at.Format("Jan _2")
}
