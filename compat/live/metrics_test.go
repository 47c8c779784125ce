package live

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"systole/compat/lab"
)

// onDesk puts a file where promtool finds it.
func onDesk(t *testing.T, h *lab.Host, from, to string) {
	t.Helper()
	if err := h.Install(from, to, 0o644); err != nil {
		t.Fatal(err)
	}
}

// promtool accepts the alert rules, and they fire when they should and not before.
func TestAlerts(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	h := newDesk(t, l, "desk", nil)
	onDesk(t, h, "../../examples/metrics/alerts.yml", "/root/alerts.yml")
	t.Log(lab.OK(h.Check(patience.For(t), "promtool", "check", "rules", "/root/alerts.yml"))(t))
	tests := ""
	for _, name := range []string{"alerts_test.yml", "alerts_long_test.yml"} {
		onDesk(t, h, "testdata/"+name, "/root/"+name)
		r := lab.OK(h.Run(patience.For(t), "promtool", "test", "rules", "/root/"+name))(t)
		if r.Code != 0 {
			t.Errorf("%s: exit code %d\n%s%s", name, r.Code, r.Stdout, r.Stderr)
		}
		tests += string(lab.OK(os.ReadFile("testdata/" + name))(t))
	}
	everyAlert(t, tests)
}

// everyAlert sees that no rule is without a test that has it fire.
func everyAlert(t *testing.T, tests string) {
	t.Helper()
	rules, err := os.ReadFile("../../examples/metrics/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(rules)) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "- alert: "); ok && !fires(tests, name) {
			t.Errorf("no test has %s fire", name)
		}
	}
}

// fires looks for an expectation of an alert that is not empty.
func fires(tests, name string) bool {
	return strings.Contains(tests, "alertname: "+name+"\n        exp_alerts:\n          - exp_labels:")
}

// What a scrape of a running heartbeat says has nothing that promtool objects to, and every query of the
// dashboard is one that promtool reads.
func TestScrapeAndDashboard(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	h := newNode(t, l, lan, first, "192.0.2.1", "192.0.2.2")
	desk := newDesk(t, l, "desk", nil)
	lab.OK(h.Check(patience.For(t), "service", "heartbeat", "start"))(t)
	r := lab.OK(desk.Exec(patience.For(t), lab.Command{Argv: []string{"promtool", "check", "metrics"}, Stdin: []byte(scraped(t, h))}))(t)
	if r.Code != 0 || r.Stderr != "" {
		t.Errorf("metrics: exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
	if err := desk.WriteFile("/root/queries.yml", asRules(t, queries(t)), 0o644); err != nil {
		t.Fatal(err)
	}
	r = lab.OK(desk.Run(patience.For(t), "promtool", "check", "rules", "/root/queries.yml"))(t)
	if r.Code != 0 {
		t.Errorf("dashboard: exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// queries are those of the dashboard's panels, with every server for its variable.
func queries(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../../examples/metrics/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range board.Panels {
		if len(p.Targets) == 0 {
			t.Errorf("the panel %s asks nothing", p.Title)
		}
		for _, target := range p.Targets {
			all = append(all, strings.ReplaceAll(target.Expr, "$virtual", ".*"))
		}
	}
	if len(all) < 10 {
		t.Fatalf("only %q", all)
	}
	return all
}

// asRules makes rules of queries, in JSON, which is YAML too.
func asRules(t *testing.T, queries []string) []byte {
	t.Helper()
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	for i, q := range queries {
		rules = append(rules, rule{fmt.Sprintf("query:%d", i), q})
	}
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "queries", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
