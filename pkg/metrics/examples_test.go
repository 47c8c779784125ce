package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The examples are well-formed and speak of metrics that there are.
func TestExamples(t *testing.T) {
	known := map[string]bool{}
	for _, f := range slices.Concat(Heartbeat(pair()), Director(crowd(2)), Director(steadied())) {
		known[f.Name] = true
	}
	for _, c := range []struct {
		file  string
		parse func([]byte, any) error
	}{{"alerts.yml", yaml.Unmarshal}, {"grafana.json", json.Unmarshal}} {
		text, err := os.ReadFile("../../examples/metrics/" + c.file)
		if err != nil {
			t.Fatal(err)
		}
		var document map[string]any
		if err := c.parse(text, &document); err != nil || len(document) == 0 {
			t.Errorf("%s: %v", c.file, err)
		}
		names := regexp.MustCompile(`\b(heartbeat|ldirectord)_[a-z_]+`).FindAllString(string(text), -1)
		if len(names) < 10 {
			t.Errorf("%s: only %d metrics", c.file, len(names))
		}
		for _, name := range names {
			if !known[name] {
				t.Errorf("%s: there is no metric %s", c.file, name)
			}
		}
	}
}
