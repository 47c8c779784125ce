package resmgr

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// step is one command of a transcript and what the original did.
type step struct {
	line  int
	words []string // subcommand and argument
	code  string
	log   []string
	debug []string // what scripts printed
}

type section struct {
	heading string
	script  []string
	steps   []step
}

// ResourceManager with the scripts of the transcript: log lines, their order, exit codes and
// what goes to the debug log are the original's.
func TestReplay(t *testing.T) {
	for _, s := range sections(t) {
		t.Run(s.heading, func(t *testing.T) { replay(t, s) })
	}
}

func replay(t *testing.T, s section) {
	h := newHost(t)
	h.StopRetries = 2
	name := strings.TrimSuffix(s.heading, ":")
	if len(s.script) > 0 {
		h.script(name, strings.ReplaceAll(strings.Join(s.script, "\n"), "/run/", h.dir+"/"))
	}
	h.script("nosheb", `echo "$0 $*"`)
	h.script("args", "#!/bin/sh\nfor a; do echo \"arg [$a]\"; done")
	write(t, h.resources+"/noexec", "#!/bin/sh\n", 0o644)
	for _, st := range s.steps {
		if g := group(st.log); g != "" {
			write(t, h.File, g+"\n", 0o644)
		}
		before := h.debugText(t)
		got := step{line: st.line, words: st.words, code: h.command(st.words)}
		got.log = h.log.Take()
		got.debug = lines(strings.TrimPrefix(h.debugText(t), before))
		for i := range got.log {
			got.log[i] = strings.ReplaceAll(got.log[i], h.resources, "/etc/ha.d/resource.d")
		}
		for i := range got.debug {
			got.debug[i] = strings.ReplaceAll(got.debug[i], h.resources, "/etc/ha.d/resource.d")
		}
		if d := cmp.Diff(st, got, cmp.AllowUnexported(step{})); d != "" {
			t.Errorf("line %d: %v (-original +ours)\n%s", st.line, st.words, d)
		}
	}
}

// command does what a subcommand does and returns its exit code.
func (h *host) command(words []string) string {
	ctx := context.Background()
	switch words[0] {
	case "takegroup":
		h.Take(ctx, words[1])
	case "givegroup":
		return string(rune('0' + h.Give(ctx, words[1])))
	case "status":
		if !h.Status(ctx, words[1]) {
			return "3"
		}
	}
	return "0"
}

// group returns the line of haresources that the log of a step names.
func group(log []string) string {
	for _, l := range log {
		for _, what := range []string{"Acquiring", "Releasing"} {
			if _, g, ok := strings.Cut(l, what+" resource group: "); ok {
				return g
			}
		}
	}
	return ""
}

func sections(t *testing.T) []section {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "lsb-scripts.txt"))
	if err != nil {
		t.Fatal(err)
	}
	tagged := regexp.MustCompile(`^\S+\(\S+\)\[\d+\]:\t`)
	logged := regexp.MustCompile(`^\[ha\.log\] \S+\s+(\S+)\[\d+\]:\s+(.*)$`)
	var all []section
	for i, l := range strings.Split(string(text), "\n") {
		var last *step
		if len(all) > 0 && len(all[len(all)-1].steps) > 0 {
			last = &all[len(all)-1].steps[len(all[len(all)-1].steps)-1]
		}
		switch {
		case strings.HasPrefix(l, "#   "):
			all[len(all)-1].script = append(all[len(all)-1].script, strings.TrimPrefix(l, "#   "))
		case strings.HasPrefix(l, "# "):
			all = append(all, section{heading: strings.TrimPrefix(l, "# ")})
		case strings.HasPrefix(l, "$ "):
			s := &all[len(all)-1]
			s.steps = append(s.steps, step{line: i + 1, words: strings.Fields(l)[2:]})
		case last == nil:
		case strings.HasPrefix(l, "[rc="):
			last.code = l[4:5]
		case logged.MatchString(l):
			m := logged.FindStringSubmatch(l)
			last.log = append(last.log, m[1]+": "+m[2])
		case strings.HasPrefix(l, "[ha-debug.log] "):
			d := strings.TrimPrefix(l, "[ha-debug.log] ")
			if !tagged.MatchString(d) && !strings.HasSuffix(d, "status: not found") {
				last.debug = append(last.debug, d)
			}
		}
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.steps) == 0 })
}

func lines(text string) []string {
	var all []string
	for l := range strings.Lines(text) {
		all = append(all, strings.TrimSuffix(l, "\n"))
	}
	return all
}
