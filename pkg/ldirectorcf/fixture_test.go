package ldirectorcf

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"systole/pkg/diag"
	"systole/pkg/golden"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fixture is the JSON beside a file.
type fixture struct {
	Exit   int
	Stderr []string
	Parsed struct {
		Global  map[string]any
		Virtual []map[string]any
	}
}

// loadFixture loads a file under the path that the original had it.
func loadFixture(t *testing.T, cf string) (fixture, *Config, []diag.Diagnostic) {
	t.Helper()
	text, err := os.ReadFile(cf)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(strings.TrimSuffix(cf, ".cf") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var want fixture
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	config, found := Load(fixtureEnv(t), "/etc/ha.d/"+filepath.Base(cf), text)
	return want, config, found
}

func fixtures(t *testing.T, pattern string, count int) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != count {
		t.Fatalf("%d files %s (%v), want %d", len(files), pattern, err, count)
	}
	return files
}

// printed is what the original writes to standard error.
func printed(found []diag.Diagnostic) []string {
	var text strings.Builder
	for _, d := range found {
		if line := Format(d, 0); line != "" {
			text.WriteString(strings.Replace(line, "[0]", "[PID]", 1) + "\n")
		}
	}
	if text.Len() == 0 {
		return []string{}
	}
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}

func TestGoodFiles(t *testing.T) {
	for _, cf := range fixtures(t, "testdata/good/*.cf", 42) {
		t.Run(filepath.Base(cf), func(t *testing.T) {
			want, config, found := loadFixture(t, cf)
			if want.Exit != 3 || diag.Failed(found) {
				t.Fatalf("exit %d, failed %v: %v", want.Exit, diag.Failed(found), found)
			}
			if diff := cmp.Diff(want.Stderr, printed(found)); diff != "" {
				t.Errorf("standard error (-original +ours):\n%s", diff)
			}
			permit(filepath.Base(cf), &want)
			if diff := cmp.Diff(want.Parsed.Global, projectGlobal(&config.Global)); diff != "" {
				t.Errorf("global (-original +ours):\n%s", diff)
			}
			ours := []map[string]any{}
			for i := range config.Virtuals {
				ours = append(ours, projectVirtual(&config.Virtuals[i]))
			}
			if diff := cmp.Diff(want.Parsed.Virtual, ours); diff != "" {
				t.Errorf("virtual (-original +ours):\n%s", diff)
			}
		})
	}
}

// permit writes the deliberate departures into the original's data (ldirectord spec 3.2, 3.3).
func permit(name string, want *fixture) {
	reals := func(i int) []any { return want.Parsed.Virtual[i]["real"].([]any) }
	switch name {
	case "13-per-real-strings.cf": // a request with a leading slash keeps its receive string
		r := reals(0)[1].(map[string]any)
		r["receive"], r["url"] = "OK, fine", "http://10.1.0.12:80/a/b.php?x=1&y=2"
		r["id"] = `negotiate:http:tcp:10.1.0.12:80:::10:gate:\/a\/b\.php\?x\=1\&y\=2:OK\,\ fine`
	case "11-ranges.cf":
		for i, r := range reals(0)[4:] {
			r := r.(map[string]any)
			r["receive"], r["url"] = "y", fmt.Sprintf("http://10.1.0.%d:8080/x", 11+i)
			r["id"] = r["id"].(string) + "y"
		}
	case "27-fallback-forms.cf": // a global fallback reaches firewall marks
		last := want.Parsed.Virtual[len(want.Parsed.Virtual)-1]
		last["effective_fallback"] = map[string]any{"server": "127.0.0.1", "forward": "gate", "port": 0.0}
	}
}

func TestBadFiles(t *testing.T) {
	for _, cf := range fixtures(t, "testdata/bad/*.cf", 70) {
		t.Run(filepath.Base(cf), func(t *testing.T) {
			want, config, found := loadFixture(t, cf)
			if want.Exit != 2 || !diag.Failed(found) {
				t.Fatalf("exit %d, failed %v: %v", want.Exit, diag.Failed(found), found)
			}
			if diff := cmp.Diff(want.Stderr, printed(found)); diff != "" {
				t.Errorf("standard error (-original +ours):\n%s", diff)
			}
			if len(config.Virtuals) != 0 {
				t.Errorf("%d virtuals of a refused file", len(config.Virtuals))
			}
			if last := found[len(found)-1]; last.Severity != diag.Error || last.Remedy == "" {
				t.Errorf("no hint after the error: %+v", last)
			}
		})
	}
}

func TestGoldenHints(t *testing.T) {
	golden.File(t, *update, "testdata/bad.golden", hints(t, fixtures(t, "testdata/bad/*.cf", 70)))
	golden.File(t, *update, "testdata/good.golden", hints(t, fixtures(t, "testdata/good/*.cf", 42)))
}

// hints are what is said about the files.
func hints(t *testing.T, files []string) string {
	t.Helper()
	var said strings.Builder
	for _, cf := range files {
		_, _, found := loadFixture(t, cf)
		for _, d := range found {
			fmt.Fprintf(&said, "%s\n\t%s\n", filepath.Base(cf), d.Hint())
		}
	}
	return said.String()
}
