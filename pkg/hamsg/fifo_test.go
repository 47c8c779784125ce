package hamsg

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// feed writes the input in pieces of that size and returns what is delivered, a word each.
func feed(in string, piece int) []string {
	var s Splitter
	var got []string
	deliver := func(m *Message, err error) {
		switch {
		case err == nil:
			got = append(got, m.Type()+":"+m.Get("info"))
		case errors.Is(err, ErrTooLarge):
			got = append(got, "too large")
		default:
			var words []string
			for _, l := range LogLines(err) {
				words = append(words, l.Level+" "+l.Text)
			}
			got = append(got, strings.Join(words, "|"))
		}
	}
	for in != "" {
		n := min(piece, len(in))
		s.Feed([]byte(in[:n]), deliver)
		in = in[n:]
	}
	return got
}

func TestSplitter(t *testing.T) {
	const a, b = ">>>\nt=a\ninfo=1\n<<<\n", ">>>\nt=b\n<<<\n"
	n := strings.TrimSuffix(string(AppendNetstring(nil, New("t", "n", "info", "###\n>>>\n"))), "\n")
	word := strings.Repeat("x", MaxLine-len("info="))
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"one", a, []string{"a:1"}},
		{"two", a + b, []string{"a:1", "b:"}},
		{"NUL between", a + "\x00" + b, []string{"a:1", "b:"}},
		{"lines before", "hello\n<<<\nt=x\n" + a + "\n\nhello" + "\n" + b, []string{"a:1", "b:"}},
		{"in a line before", "hello>>>\n" + a, []string{"a:1"}},
		{"netstrings", n + "\n" + n + "\n", []string{"n:###\n>>>\n", "n:###\n>>>\n"}},
		{"text after netstrings without newline", n + b, []string{"n:###\n>>>\n", "b:"}},
		{"netstrings after netstrings without newline", n + n + a + n, []string{"n:###\n>>>\n", "n:###\n>>>\n", "a:1", "n:###\n>>>\n"}},
		{"line of 511 bytes", ">>>\nt=a\ninfo=" + word + "\n<<<\n", []string{"a:" + word}},
		{"line of 512 bytes", ">>>\nt=a\ninfo=" + word + "y\n<<<\n" + b, []string{"ERROR NV failure (msgfromsteam): [info=" + word + "\n]", "b:"}},
		{"long line and more", ">>>\ninfo=" + word + word + word + "\nt=x\n<<<\n" + b, []string{"ERROR NV failure (msgfromsteam): [info=" + word + "\n]", "b:"}},
		{"no =", ">>>\nt=a\nhello world\nst=x\n<<<\n" + b, []string{
			"WARN ha_msg_add_nv_depth: line doesn't contain '='|info hello world|ERROR NV failure (msgfromsteam): [hello world\n]", "b:"}},
		{"bad base64", ">>>\n(1)a=x\n<<<\n" + b, []string{"ERROR NV failure (msgfromsteam): [(1)a=x\n]", "b:"}},
		{"a writer died", ">>>\nt=dead\n" + a, []string{
			"WARN ha_msg_add_nv_depth: line doesn't contain '='|info >>>|ERROR NV failure (msgfromsteam): [>>>\n]", "a:1"}},
		{"netstrings after a dead writer", ">>>\nt=dead\n" + n, []string{
			"WARN ha_msg_add_nv_depth: line doesn't contain '='|info ###|ERROR NV failure (msgfromsteam): [###\n]", "n:###\n>>>\n"}},
		{"bad netstrings", "###\nx:(0)t=n,%%%\n" + b, []string{"", "b:"}},
		{"bad field", "###\n6:(9)t=n,%%%\n" + b, []string{"", "b:"}},
		{"empty message", ">>>\n<<<\n", []string{":"}},
		{"unfinished", ">>>\nt=a\n", nil},
		{"unfinished netstrings", "###\n6:(0)t=n,%%", nil},
		{"endless text", ">>>\n" + strings.Repeat("a=b\n", MaxMessage/4) + "<<<\n" + b, []string{"too large", "b:"}},
		{"endless netstrings", "###\n" + strings.Repeat("6:(0)a=b,", MaxMessage/9) + "\n" + b, []string{"", "b:"}},
		{"endless netstring", "###\n1000000:(0)a=" + strings.Repeat("line\n", 60000) + b, []string{"too large", "b:"}},
		{"garbage", strings.Repeat("x", 3*MaxMessage) + "\n" + b, []string{"b:"}},
	} {
		for _, piece := range []int{1, 7, 4096, 1 << 30} {
			if piece < 4096 && len(c.in) > 10000 {
				continue
			}
			if got := feed(c.in, piece); fmt.Sprintf("%.900q", got) != fmt.Sprintf("%.900q", c.want) {
				t.Errorf("%s in pieces of %d:\n got %.900q\nwant %.900q", c.name, piece, got, c.want)
			}
		}
	}
}

func TestSplitterForgetsGarbage(t *testing.T) {
	var s Splitter
	for range 100 {
		s.Feed([]byte(strings.Repeat("x", 10000)), func(*Message, error) { t.Error("delivered") })
	}
	if len(s.buf) != 0 {
		t.Errorf("%d bytes kept", len(s.buf))
	}
}
