package explain

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"systole/pkg/decision"
)

// drawn holds the chart of the last record, in text and as a picture, to the record.
func (n *node) drawn(rec *decision.Record) {
	n.t.Helper()
	text := n.run("systole", "timeline", "--since", "1h")
	n.t.Logf("%s:\n%s", n.Name, text)
	for line := range strings.Lines(text) {
		if wide := utf8.RuneCountInString(strings.TrimRight(line, "\n")); wide > 80 {
			n.t.Errorf("%s: %d columns: %s", n.Name, wide, line)
		}
	}
	charts := strings.Split(text, "\n\n")
	chart := charts[len(charts)-1]
	want := []string{fmt.Sprintf("%d  ", rec.ID), rec.Title(), "at rest"}
	for _, s := range rec.Steps {
		if s.Kind == decision.StepCommand {
			want = append(want, "#", length(s.Took))
		}
	}
	if rec.Cause == decision.Death {
		want = append(want, "silence of "+n.peer, "....")
	}
	flat := strings.Join(strings.Fields(chart), " ")
	for _, w := range want {
		if !strings.Contains(flat, strings.TrimSpace(w)) {
			n.t.Errorf("%s: the chart does not show %q", n.Name, w)
		}
	}
	n.run("systole", "timeline", "--svg", "/root/timeline.svg")
	picture, err := n.ReadFile("/root/timeline.svg")
	if err != nil {
		n.t.Fatal(err)
	}
	wellFormed(n.t, string(picture), rec.Title())
}

// wellFormed parses a picture: all of it must lie within its size, which a screen can show.
func wellFormed(t *testing.T, picture, title string) {
	t.Helper()
	var width, height int
	said := false
	for d := xml.NewDecoder(strings.NewReader(picture)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v\n%s", err, picture)
		}
		switch e := token.(type) {
		case xml.StartElement:
			at := numbers(e)
			if e.Name.Local == "svg" {
				width, height = at["width"], at["height"]
			}
			if at["x"] < 0 || at["y"] < 0 || at["x"]+at["width"] > width || at["y"]+at["height"] > height {
				t.Errorf("outside of %d x %d: %v", width, height, e)
			}
		case xml.CharData:
			said = said || strings.Contains(string(e), title)
		}
	}
	if width < 300 || width > 2000 || height < 100 || height > 20000 || !said {
		t.Errorf("%d x %d, with the title: %v", width, height, said)
	}
}

func numbers(e xml.StartElement) map[string]int {
	at := map[string]int{}
	for _, a := range e.Attr {
		if n, err := strconv.Atoi(a.Value); err == nil {
			at[a.Name.Local] = n
		}
	}
	return at
}
