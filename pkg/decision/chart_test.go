package decision

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"systole/pkg/golden"
)

// records are a takeover, one whose end was not written, and one that failed.
func records(t *testing.T) []*Record {
	begun, ended := crash(t)
	begun.Steps = append(begun.Steps, Step{At: at(20), Kind: StepJob, Text: "#1 acquire <all> & more", Job: 1}, Step{At: at(500), Kind: StepSend, Text: "resource"})
	failed := &Record{Version: Version, ID: 43, Begun: at(0), Occasion: Occasion{Standby, "lvsactive", "all"}, Before: "all", After: "all", Ended: at(4200), Done: true,
		Steps: []Step{{At: at(10), Kind: StepJob, Text: "#2 script IPaddr2::121.254.175.70/32/eth0 and a long tail", Took: 4000, Code: 1}}}
	return []*Record{begun, ended, failed, {Version: Version, ID: 44, Begun: at(0), Occasion: Occasion{Cause: Reload, Subject: "lvsactive"}}}
}

func TestChart(t *testing.T) {
	var text, svg bytes.Buffer
	var charts []Chart
	for _, r := range records(t) {
		c := r.Chart(time.UTC)
		c.Text(&text)
		charts = append(charts, c)
	}
	golden.File(t, *update, "testdata/charts.txt", text.String())
	for line := range strings.Lines(text.String()) {
		if n := len([]rune(line)); n > 81 && strings.HasPrefix(line, " ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	SVG(&svg, charts)
	golden.File(t, *update, "testdata/charts.svg", svg.String())
	for d := xml.NewDecoder(&svg); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
