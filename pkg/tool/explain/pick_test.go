package explain

import (
	"strings"
	"testing"
	"time"

	"systole/pkg/decision"
)

func TestPick(t *testing.T) {
	now := time.Date(2026, 11, 21, 18, 0, 0, 0, time.UTC)
	clock := func(h, m, s int) time.Time { return time.Date(2026, 11, 21, h, m, s, 0, time.UTC) }
	records := func() []*decision.Record {
		return []*decision.Record{
			{ID: 1, Begun: clock(9, 0, 0).AddDate(0, 0, -1), Occasion: decision.Occasion{Cause: decision.Start}},
			{ID: 2, Begun: clock(14, 3, 7), Ended: clock(14, 5, 0), Occasion: decision.Occasion{Cause: decision.Death}},
			{ID: 3, Begun: clock(14, 6, 0), Ended: clock(14, 6, 1), Occasion: decision.Occasion{Cause: decision.PingLoss}},
			{ID: 4, Begun: clock(15, 0, 0), Occasion: decision.Occasion{Cause: decision.Death}},
		}
	}
	for words, want := range map[string]int{
		"": 4, "last": 4, "death": 4, "ping-loss": 3, "ping loss": 3, "start": 1, "stop": 0,
		"14:04": 2, "14:05:20": 2, "14:05:50": 3, "14:03:07": 2, "2026-11-20": 1, "2026-11-21 14:06": 3, "2026-11-21T14:06:00": 3,
		"2026-11-21T16:59:00+02:00": 4, "17:30": 4,
	} {
		e, err := parseEvent(strings.Fields(words), now)
		if err != nil {
			t.Errorf("%q: %v", words, err)
			continue
		}
		got := 0
		if rec := e.pick(records()); rec != nil {
			got = rec.ID
		}
		if got != want {
			t.Errorf("%q is decision %d, want %d", words, got, want)
		}
	}
	if e, err := parseEvent([]string{"12"}, now); err != nil || e.id != 12 {
		t.Errorf("%+v, %v", e, err)
	}
	for _, words := range []string{"x", "-1", "0", "25:00", "last 2", "death 3"} {
		if _, err := parseEvent(strings.Fields(words), now); err == nil || !strings.Contains(err.Error(), "ping-loss") {
			t.Errorf("%q: %v", words, err)
		}
	}
}

// The help names every cause that can be asked for.
func TestHelpNamesCauses(t *testing.T) {
	about := strings.FieldsFunc(Verb().About, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	said := strings.Join(about, " ") + " "
	for _, kind := range kinds() {
		if !strings.Contains(said, " "+kind+" ") {
			t.Errorf("%s is not in the help", kind)
		}
	}
}
