package serial

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func split(pieces ...string) (messages []string) {
	var s splitter
	for _, p := range pieces {
		s.feed([]byte(p), func(b []byte) { messages = append(messages, string(b)) })
	}
	return messages
}

func TestSplitter(t *testing.T) {
	const m = ">>>\nt=status\n<<<\n"
	for _, c := range []struct {
		name   string
		pieces []string
		want   []string
	}{
		{"one", []string{m}, []string{m}},
		{"two at once", []string{m + m}, []string{m, m}},
		{"NULs between", []string{m + "\x00" + m + "\x00\x00" + m}, []string{m, m, m}},
		{"in pieces", []string{">", ">>\nt=sta", "tus\n<<", "<\n"}, []string{m}},
		{"begun in the middle", []string{"atus\nhg=1\n<<<\n" + m}, []string{m}},
		{"end lost", []string{">>>\nt=sta" + "\n" + m}, []string{m}},
		{"noise", []string{"\xff\xfe\n>>>>\n" + m + "<<<\n"}, []string{m}},
		{"no newline", []string{">>>\nt=status\n<<<"}, nil},
		{"begin within a line", []string{"noise>>>\nt=status\n<<<\n"}, nil},
		{"endless line", []string{strings.Repeat("x", 2*maxMessage), "\n" + m}, []string{m}},
		{"endless message", []string{">>>\n" + strings.Repeat("x=1\n", maxMessage/2), m}, []string{m}},
	} {
		if got := split(c.pieces...); !slices.Equal(got, c.want) {
			t.Errorf("%s: %.200q, want %q", c.name, got, c.want)
		}
	}
}

// FuzzSplitter: whatever comes, messages are whole, memory is bounded, and it does not matter
// where the bytes are cut.
func FuzzSplitter(f *testing.F) {
	f.Add([]byte(">>>\nt=status\n<<<\n\x00>>>\nt=a\n<<<\n"), 5)
	f.Add([]byte("noise\n>>>\n>>>\n<<<\n<<<\n"), 0)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		whole := split(string(b))
		cut = min(max(cut, 0), len(b))
		if parts := split(string(b[:cut]), string(b[cut:])); !slices.Equal(whole, parts) {
			t.Errorf("cut at %d: %q, whole: %q", cut, parts, whole)
		}
		for _, m := range whole {
			if !strings.HasPrefix(m, ">>>\n") || !strings.HasSuffix(m, "\n<<<\n") || len(m) > maxMessage {
				t.Errorf("message %.100q", m)
			}
		}
		var s splitter
		s.feed(b, func([]byte) {})
		if len(s.line)+len(s.message) > maxMessage || bytes.ContainsRune(s.line, '\n') {
			t.Errorf("keeps %d + %d bytes", len(s.line), len(s.message))
		}
	})
}
