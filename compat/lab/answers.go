package lab

import (
	"slices"
	"time"
)

// Answer is one question of a client and what became of it.
type Answer struct {
	Start   time.Time     // when it was asked
	Latency time.Duration // until the answer, or until it was given up
	Server  string        // who answered; of Ping, empty
	Err     error         // why there was no answer; nil if there was
}

// End is when the answer came or hope ended.
func (a Answer) End() time.Time { return a.Start.Add(a.Latency) }

// Answers is what a client saw.
type Answers []Answer

// Failures counts the questions without an answer.
func (as Answers) Failures() int {
	n := 0
	for _, a := range as {
		if a.Err != nil {
			n++
		}
	}
	return n
}

// Gap is a time in which no answer came. In good times there is one gap between
// each two answers, about as long as the client's period.
type Gap struct{ From, To time.Time }

// Length of the gap.
func (g Gap) Length() time.Duration { return g.To.Sub(g.From) }

// Gaps lists the times between answers in order, with the time before the first
// answer and, if questions failed after the last, the time until the last
// failure's end.
func (as Answers) Gaps() []Gap {
	if len(as) == 0 {
		return nil
	}
	in := slices.Clone(as)
	slices.SortStableFunc(in, func(a, b Answer) int { return a.End().Compare(b.End()) })
	var gaps []Gap
	from := slices.MinFunc(in, func(a, b Answer) int { return a.Start.Compare(b.Start) }).Start
	for i, a := range in {
		if a.Err == nil || i == len(in)-1 {
			gaps = append(gaps, Gap{from, a.End()})
			from = a.End()
		}
	}
	return gaps
}

// LongestGap is the outage a user would tell about.
func (as Answers) LongestGap() Gap {
	var longest Gap
	for _, g := range as.Gaps() {
		if g.Length() > longest.Length() {
			longest = g
		}
	}
	return longest
}

// Servers lists who answered, in the order they first did.
func (as Answers) Servers() []string {
	var out []string
	for _, a := range as {
		if a.Err == nil && !slices.Contains(out, a.Server) {
			out = append(out, a.Server)
		}
	}
	return out
}

// By counts the answers of one server.
func (as Answers) By(server string) int {
	n := 0
	for _, a := range as {
		if a.Err == nil && a.Server == server {
			n++
		}
	}
	return n
}
