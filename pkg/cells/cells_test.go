package cells

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestFit(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		right bool
		want  string
	}{
		{"up", 4, false, "up  "},
		{"up", 4, true, "  up"},
		{"draining", 5, false, "drai…"},
		{"draining", 8, false, "draining"},
		{"점검 중", 7, false, "점검 중"},
		{"점검 중", 6, false, "점검 …"},
		{"점검 중", 4, false, "점… "},
		{"점검", 2, true, " …"},
		{"e\u0301te\u0301", 4, false, "e\u0301te\u0301 "},
		{"up", 1, false, "…"},
		{"up", 0, false, ""},
		{"", 2, true, "  "},
	} {
		if got := Fit(c.text, c.width, c.right); got != c.want || Width(got) != c.width {
			t.Errorf("%q in %d: %q, %d columns", c.text, c.width, got, Width(got))
		}
	}
}

func TestASCII(t *testing.T) {
	for text, want := range map[string]string{"plain ~": "plain ~", "cut…": "cut~", "점검 a": "???? a", "e\u0301te": "?te", "": ""} {
		if got := ASCII(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestClean(t *testing.T) {
	for text, want := range map[string]string{"plain": "plain", "\x1b[2Jgone": "?[2Jgone", "a\tb\n": "a b?", "\u009b1m": "?1m", "점검\u202e": "점검?", "\u2066x": "?x"} {
		if got := Clean(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// Whatever a text is, a cell has its width, and stays what it was if it fits.
func FuzzFit(f *testing.F) {
	f.Add("점검 중", 4)
	f.Add("e\u0301\u0301", 1)
	f.Add("👩\u200d👩\u200d👧 x", 3)
	f.Fuzz(func(t *testing.T, text string, width int) {
		if width < 0 || width > 200 || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return
		}
		got := Fit(text, width, false)
		if Width(text) <= width && !strings.HasPrefix(got, text) {
			t.Errorf("%q in %d: %q", text, width, got)
		}
		if Width(got) > width || utf8.RuneCountInString(ASCII(got)) > width {
			t.Errorf("%q in %d: %q has %d columns, as ASCII %q", text, width, got, Width(got), ASCII(got))
		}
	})
}
