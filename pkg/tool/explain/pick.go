package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"systole/pkg/decision"
)

// event is what was asked for.
type event struct {
	id    int            // number of a record; 0: another way
	cause decision.Cause // the last of this cause
	at    time.Time      // the one nearest to it; zero with no cause: the last of all
}

// layouts are the ways to write a time; one without a day is of today.
func layouts() []string {
	return []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02", "15:04:05", "15:04"}
}

// parseEvent reads the words of a command line: a number, a time, a cause, or last.
func parseEvent(words []string, now time.Time) (event, error) {
	text := strings.Join(words, " ")
	if text == "" || text == "last" {
		return event{}, nil
	}
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return event{id: n}, nil
	}
	if cause := decision.Cause(strings.ReplaceAll(text, "-", " ")); cause.Known() {
		return event{cause: cause}, nil
	}
	for _, layout := range layouts() {
		at, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		if at.Year() == 0 {
			at = time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), 0, now.Location())
		}
		return event{at: at}, nil
	}
	return event{}, fmt.Errorf("%q is no number of a record, no time, and no cause (%s)", text, strings.Join(kinds(), ", "))
}

// kinds are the causes as they are asked for.
func kinds() (names []string) {
	for _, c := range decision.Causes() {
		names = append(names, strings.ReplaceAll(string(c), " ", "-"))
	}
	return names
}

// pick returns the record that was asked for among those that can be read, oldest first; nil if
// there is none.
func (e event) pick(records []*decision.Record) *decision.Record {
	if e.cause != "" {
		records = slices.DeleteFunc(records, func(r *decision.Record) bool { return r.Cause != e.cause })
	}
	switch {
	case len(records) == 0:
		return nil
	case e.at.IsZero():
		return records[len(records)-1]
	}
	return slices.MinFunc(records, func(a, b *decision.Record) int { return cmp.Compare(e.away(a), e.away(b)) })
}

// away is how far a record is from the time that was asked for: nothing while it is open.
func (e event) away(r *decision.Record) time.Duration {
	ended := r.Ended
	if ended.IsZero() { // its end was not written
		ended = r.Begun
	}
	return max(r.Begun.Sub(e.at), e.at.Sub(ended), 0)
}
