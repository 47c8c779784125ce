package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/pkg/golden"
	"systole/pkg/tool"
	"systole/pkg/tool/tooltest"
)

func run(args ...string) (out, errs string, code int) { return tooltest.Call(command(), "", args...) }

// Every verb tells its options and exit codes, in 80 columns.
func TestHelp(t *testing.T) {
	overview, _, code := run("help")
	if code != 0 {
		t.Errorf("help: exit code %d", code)
	}
	for _, v := range command().All() {
		if !strings.Contains(overview, "  "+v.Name+" ") {
			t.Errorf("help does not list %s", v.Name)
		}
		out, _, code := run(v.Name, "--help")
		again, _, _ := run("help", v.Name)
		if code != 0 || out != again || !strings.Contains(out, "Exit codes:") || len(v.Exits) == 0 {
			t.Errorf("%s --help: exit code %d\n%s", v.Name, code, out)
		}
		for _, f := range v.Options() {
			if !strings.Contains(out, "--"+f.Name) {
				t.Errorf("%s --help does not tell of --%s", v.Name, f.Name)
			}
		}
		for line := range strings.Lines(overview + out) {
			if len(strings.TrimRight(line, "\n")) > 88 {
				t.Errorf("%s --help: a line of %d columns: %s", v.Name, len(line), line)
			}
		}
	}
}

func TestWrongCalls(t *testing.T) {
	for _, args := range [][]string{nil, {"nonsense"}, {"help", "nonsense"}, {"completion"}, {"completion", "tcsh"}, {"decode", "--nonsense"}} {
		if out, errs, code := run(args...); code != tool.Usage || out != "" || errs == "" {
			t.Errorf("%q: exit code %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, word := range []string{"version", "--version"} {
		if out, _, code := run(word); out != "systole unknown\n" || code != 0 {
			t.Errorf("%s: %q, exit code %d", word, out, code)
		}
	}
}

// The shells' completions name every verb and option.
func TestCompletionsAreComplete(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out, _, code := run("completion", shell)
		if code != 0 {
			t.Errorf("%s: exit code %d", shell, code)
		}
		for _, v := range command().All() {
			words := []string{v.Name}
			for _, f := range v.Options() {
				words = append(words, f.Name)
			}
			for _, w := range words {
				if !strings.Contains(out, w) {
					t.Errorf("%s: %s of %s is missing", shell, w, v.Name)
				}
			}
		}
	}
}

var update = flag.Bool("update", false, "rewrite the completions that are installed")

// What is installed is what the command writes.
func TestInstalledCompletions(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		out, _, _ := run("completion", shell)
		golden.File(t, *update, "../../compat/service/completions/systole."+shell, out)
	}
}

// bash itself reads the completions and answers.
func TestBashCompletes(t *testing.T) {
	out, _, _ := run("completion", "bash")
	dir := t.TempDir()
	file := filepath.Join(dir, "completion")
	for _, name := range []string{file, filepath.Join(dir, "one.pcap")} {
		if err := os.WriteFile(name, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		words string
		want  []string
	}{
		{"systole dec", []string{"decode"}},
		{"systole dr", []string{"drain"}},
		{"systole drain --f", []string{"--for"}},
		{"systole timeline --s", []string{"--since", "--svg"}},
		{"systole decode --auth", []string{"--authkeys"}},
		{"systole decode one", []string{"one.pcap"}},
		{"systole completion f", []string{"fish"}},
		{"systole help ver", []string{"version"}},
		{"systole weight def", []string{"default"}},
		{"systole explain la", []string{"last"}},
		{"systole timeline --svg one", []string{"one.pcap"}},
	} {
		words := strings.Fields(c.words)
		script := `complete() { :; }; . ./completion; shift; COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _systole; printf '%s\n' "${COMPREPLY[@]}"`
		cmd := exec.Command("bash", append([]string{"--norc", "-c", script, "-", "-"}, words...)...)
		cmd.Dir = dir
		got, err := cmd.CombinedOutput()
		if err != nil || !slices.Equal(strings.Fields(string(got)), c.want) {
			t.Errorf("%s: %q, %v; want %q", c.words, got, err, c.want)
		}
	}
}

// Every verb has a manual page, which tells of each of its options and exit codes, and systole(8) names
// them all.
func TestManualPages(t *testing.T) {
	overview := manual(t, "systole")
	for _, v := range command().All() {
		if !strings.Contains(overview, "\n.BR systole-"+v.Name+" (8)\n") {
			t.Errorf("systole(8) does not name %s", v.Name)
		}
		page := manual(t, "systole-"+v.Name)
		for _, f := range v.Options() {
			if !strings.Contains(page, "--"+f.Name) {
				t.Errorf("%s: --%s is not explained", v.Name, f.Name)
			}
		}
		_, status, _ := strings.Cut(page, "\n.SH EXIT STATUS\n")
		for _, e := range append(v.Exits, tool.Exit{Code: tool.Usage, Meaning: "wrong call"}) {
			if want := fmt.Sprintf(".TP\n.B %d\n%s", e.Code, e.Meaning); !strings.Contains(strings.ToLower(status), strings.ToLower(want)) {
				t.Errorf("%s: exit code %d (%s) is not explained", v.Name, e.Code, e.Meaning)
			}
		}
	}
}

func manual(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/man/" + name + ".8")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), `\-`, "-")
}
