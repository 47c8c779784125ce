package main

import (
	"slices"
	"testing"

	"systole/pkg/state"
	"systole/pkg/tool"
)

// What shells complete of an ldirectord: servers with and without port, what is in force, services.
func TestWordsOf(t *testing.T) {
	d := state.Director{Name: "web.cf",
		Virtuals: []state.Virtual{{Name: "10.1.0.70:80", Reals: []state.Real{{Name: "10.1.0.11:80"}, {Name: "[2001:db8::71]:443"}}}},
		Orders:   []state.Order{{Kind: "drain", Real: "10.1.0.11"}, {Kind: "disable", Real: "10.1.0.12:80"}, {Kind: "weight", Real: "10.1.0.13:80"}}}
	for kind, want := range map[tool.Takes][]string{
		tool.Reals:     {"10.1.0.11:80", "10.1.0.11", "[2001:db8::71]:443", "2001:db8::71"},
		tool.Drained:   {"10.1.0.11"},
		tool.Disabled:  {"10.1.0.12:80"},
		tool.Virtuals:  {"10.1.0.70:80"},
		tool.Directors: {"web.cf"},
	} {
		if got := wordsOf(kind, d); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", kind, got, want)
		}
	}
}

// Every kind that completions ask for is a word of the verb, also where no daemon runs.
func TestAsked(t *testing.T) {
	for _, kind := range []string{"reals", "drained", "disabled", "virtuals", "directors", "records"} {
		if _, errs, code := run("completion", kind); code != 0 || errs != "" {
			t.Errorf("%s: exit code %d, %s", kind, code, errs)
		}
	}
}
