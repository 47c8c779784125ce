package live

import (
	"strings"
	"testing"

	"systole/compat/lab"
)

// loaded are the shells with the completions that are installed.
func loaded() map[string]string {
	return map[string]string{
		"bash": "bash --norc -i",
		"zsh":  "zsh -i",
		"fish": "fish --private",
	}
}

// The shells themselves complete verbs, options, and what the running ldirectord tells.
func TestShells(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	h := newDesk(t, l, "desk", nil)
	if err := h.WriteFile("/root/.zshrc", []byte("PS1='$ '\nautoload -U compinit\ncompinit -u\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := h.WriteFile("/root/.config/fish/config.fish", []byte("set fish_greeting\nfunction fish_prompt; echo '$ '; end\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for shell, command := range loaded() {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			p := openPane(t, h, shell, 100, 30, "cd /etc; PS1='$ ' exec "+command)
			p.shows("$")
			if shell == "bash" {
				p.press(". /usr/share/bash-completion/bash_completion", "Enter")
			}
			for _, c := range []struct{ typed, want string }{
				{"systole che", "systole check"},
				{"systole undr", "systole undrain"},
				{"systole drain --rea", "systole drain --reason"},
				{"systole drain 192.0.2.77:", "systole drain " + serving},
				{"systole undrain 19", "systole undrain " + drained},
				{"systole drain --virtual 19", "systole drain --virtual 192.0.2.10:80"},
				{"systole drain --director w", "systole drain --director web.cf"},
				{"systole explain la", "systole explain last"},
				{"systole check ha", "systole check ha.d"}, // a directory
				{"systole check --hosts hostn", "systole check --hosts hostname"},
				{"systole completion f", "systole completion fish"},
				{"systole help tim", "systole help timeline"},
			} {
				p.completes(c.typed, c.want)
			}
			p.tmux("kill-server")
		})
	}
}

// completes types a line, presses tab, and looks at the line.
func (p *pane) completes(typed, want string) {
	p.t.Helper()
	p.press("-l", typed)
	p.shows(typed)
	p.press("Tab")
	p.shows(want)
	p.press("C-u")
	p.press("C-l")
}

// Every verb has a page that man finds, and apropos knows it.
func TestMan(t *testing.T) {
	t.Parallel()
	l := lab.Test(t)
	h := newDesk(t, l, "desk", nil)
	lab.OK(h.Check(patience.For(t), "mandb", "--quiet", "--create"))(t) // not by the times of the pages, which are those of a build
	verbs := verbsOf(t, h)
	for _, verb := range verbs {
		page := lab.OK(h.Exec(patience.For(t), lab.Command{Argv: []string{"man", "systole-" + verb}, Env: []string{"LANG=C.UTF-8", "MANWIDTH=80"}}))(t)
		if page.Code != 0 || !strings.Contains(page.Stdout, "systole "+verb) || !strings.Contains(page.Stdout, "EXIT STATUS") {
			t.Errorf("man systole-%s: exit code %d, %s\n%s", verb, page.Code, page.Stderr, page.Stdout)
		}
	}
	known := lab.OK(h.Check(patience.For(t), "apropos", "-s", "8", "systole"))(t)
	if n := strings.Count(known, "systole-"); n != len(verbs) {
		t.Errorf("apropos knows %d verbs of %d\n%s", n, len(verbs), known)
	}
}

// verbsOf are those that the overview lists.
func verbsOf(t *testing.T, h *lab.Host) []string {
	t.Helper()
	var verbs []string
	for line := range strings.Lines(lab.OK(h.Check(patience.For(t), "systole", "help"))(t)) {
		if name, ok := strings.CutPrefix(line, "  "); ok {
			verbs = append(verbs, strings.Fields(name)[0])
		}
	}
	if len(verbs) < 10 {
		t.Fatalf("only %q", verbs)
	}
	return verbs
}
