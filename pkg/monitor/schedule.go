package monitor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Schedule is a period specification: times that repeat. The zero value is always.
type Schedule struct {
	never        bool
	alternatives []conjunction // any of them; none: always
}

// conjunction is "wd {Mon-Fri} hr {9am-5pm}": all of its scales must hold.
type conjunction []scaleRange

// scaleRange is one scale with its ranges.
type scaleRange struct {
	scale  int // of scales
	ranges []span
}

// span is from low to high, around the end of the scale if low is greater.
type span struct{ low, high int }

// scale is a unit of time.
type scale struct {
	names     []string
	low, high int
	words     []string // names of values, from low on
	value     func(t time.Time) int
}

// scales are those of Time::Period. Years do not wrap.
func scales() []scale {
	months := []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}
	days := []string{"su", "mo", "tu", "we", "th", "fr", "sa"}
	return []scale{
		{[]string{"yr", "year"}, 0, 9999, nil, time.Time.Year},
		{[]string{"mo", "month"}, 1, 12, months, func(t time.Time) int { return int(t.Month()) }},
		{[]string{"wk", "week"}, 1, 6, nil, weekOfMonth},
		{[]string{"yd", "yday"}, 1, 366, nil, time.Time.YearDay},
		{[]string{"md", "mday"}, 1, 31, nil, time.Time.Day},
		{[]string{"wd", "wday"}, 1, 7, days, func(t time.Time) int { return int(t.Weekday()) + 1 }},
		{[]string{"hr", "hour"}, 0, 23, nil, time.Time.Hour},
		{[]string{"min", "minute"}, 0, 59, nil, time.Time.Minute},
		{[]string{"sec", "second"}, 0, 59, nil, time.Time.Second},
	}
}

// weekOfMonth counts weeks that begin on Sunday.
func weekOfMonth(t time.Time) int {
	first := t.AddDate(0, 0, 1-t.Day()).Weekday()
	return (t.Day()-1+int(first))/7 + 1
}

// ParseSchedule reads a period specification: "", "always", "none", "never", or alternatives of
// "SCALE {RANGES}" (agents spec 7.3).
func ParseSchedule(text string) (Schedule, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch text {
	case "", "always":
		return Schedule{}, nil
	case "none", "never":
		return Schedule{never: true}, nil
	}
	var s Schedule
	for _, alternative := range strings.Split(text, ",") {
		c, err := parseConjunction(alternative)
		if err != nil {
			return Schedule{}, err
		}
		s.alternatives = append(s.alternatives, c)
	}
	return s, nil
}

func parseConjunction(text string) (conjunction, error) {
	var c conjunction
	for rest := strings.TrimSpace(text); rest != ""; {
		name, after, ok := strings.Cut(rest, "{")
		ranges, next, closed := strings.Cut(after, "}")
		if !ok || !closed {
			return nil, fmt.Errorf("period %q: SCALE {RANGE ...} is wanted", text)
		}
		r, err := parseRanges(strings.TrimSpace(name), ranges)
		if err != nil {
			return nil, err
		}
		c = append(c, r)
		rest = strings.TrimSpace(next)
	}
	if len(c) == 0 {
		return nil, fmt.Errorf("period %q: SCALE {RANGE ...} is wanted", text)
	}
	return c, nil
}

func parseRanges(name, text string) (scaleRange, error) {
	all := scales()
	at := slices.IndexFunc(all, func(s scale) bool { return slices.Contains(s.names, name) })
	if at < 0 {
		return scaleRange{}, fmt.Errorf("period: there is no scale %q", name)
	}
	out := scaleRange{scale: at}
	for _, word := range strings.Fields(text) {
		from, to, isSpan := strings.Cut(word, "-")
		low, ok1 := all[at].parse(from)
		high, ok2 := low, true
		if isSpan {
			high, ok2 = all[at].parse(to)
		}
		if !ok1 || !ok2 || at == 0 && low > high {
			return out, fmt.Errorf("period: %s {%s}: what is %q?", name, text, word)
		}
		out.ranges = append(out.ranges, span{low, high})
	}
	if len(out.ranges) == 0 {
		return out, fmt.Errorf("period: %s {} is empty", name)
	}
	return out, nil
}

// parse reads one value: a number, a name of which the first letters count, or an hour with am or pm.
func (s scale) parse(word string) (int, bool) {
	for i, name := range s.words {
		if strings.HasPrefix(word, name) {
			return s.low + i, true
		}
	}
	if s.names[0] == "hr" {
		if h, ok := parseHour(word); ok {
			return h, true
		}
	}
	n, err := strconv.Atoi(word)
	if err != nil {
		return 0, false
	}
	if s.names[0] == "yr" && n < 100 { // the nearest century
		n += 1900
		if n < 1970 {
			n += 100
		}
	}
	return n, n >= s.low && n <= s.high
}

// parseHour reads 12am to 11pm and 12noon; mon takes 0am too.
func parseHour(word string) (int, bool) {
	for _, half := range []struct {
		suffix string
		add    int
	}{{"am", 0}, {"pm", 12}, {"noon", 12}} {
		text, ok := strings.CutSuffix(word, half.suffix)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 12 || half.suffix == "noon" && n != 12 {
			return 0, false
		}
		return n%12 + half.add, true
	}
	return 0, false
}

// Holds says whether a time is in the period.
func (s Schedule) Holds(t time.Time) bool {
	if s.never || len(s.alternatives) == 0 {
		return !s.never
	}
	return slices.ContainsFunc(s.alternatives, func(c conjunction) bool { return c.holds(t) })
}

func (c conjunction) holds(t time.Time) bool {
	all := scales()
	for _, r := range c {
		v := all[r.scale].value(t)
		if !slices.ContainsFunc(r.ranges, func(s span) bool { return s.holds(v) }) {
			return false
		}
	}
	return true
}

func (s span) holds(v int) bool {
	if s.low <= s.high {
		return s.low <= v && v <= s.high
	}
	return v >= s.low || v <= s.high
}
