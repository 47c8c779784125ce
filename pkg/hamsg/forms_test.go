package hamsg

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const uuid = "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"

// every is a message with a field of each type that has a text form.
func every() *Message {
	return &Message{Fields: []Field{
		{Name: "t", Value: "every"},
		{Name: "empty"},
		{Name: "text", Value: "two\nlines, a=b"},
		{Name: "uuid", Type: Binary, Value: uuid},
		{Name: "none", Type: Binary},
		{Name: "list", Type: List, Items: []string{"33554432", "", "a\nb"}},
		{Name: "packed", Type: Compressed, Value: "\x01\x02"},
		{Name: "nested", Type: Struct, Child: &Message{Fields: []Field{
			{Name: "a", Value: "b\nc"},
			{Name: "deeper", Type: Struct, Child: New("x", "y")},
			{Name: "after", Value: "z"},
		}}},
		{Name: "t", Value: "again"},
	}}
}

func TestNetstringForm(t *testing.T) {
	const want = "###\n10:(0)t=every,9:(0)empty=,22:(0)text=two\nlines, a=b,24:(1)uuid=" + uuid + ",8:(1)none=," +
		"28:(3)list=8:33554432,0:,3:a\nb,,12:(4)packed=\x01\x02,74:(2)nested=###\n" +
		"8:(0)a=b\nc,27:(2)deeper=###\n6:(0)x=y,%%%\n,10:(0)after=z,%%%\n,10:(0)t=again,%%%\n"
	got := AppendNetstring([]byte("before"), every())
	if string(got) != "before"+want {
		t.Errorf("got\n%q, want\n%q", got, "before"+want)
	}
	if netstringSize(every()) != len(want) {
		t.Errorf("netstringSize = %d, want %d", netstringSize(every()), len(want))
	}
	m, n, err := ParseNetstring([]byte(want + "34:1 c785,"))
	if err != nil || n != len(want) {
		t.Fatalf("n = %d, err = %v", n, err)
	}
	if d := cmp.Diff(every(), m); d != "" {
		t.Error(d)
	}
}

func TestTextForm(t *testing.T) {
	const want = ">>>\nt=every\nempty=\ntext=two\x13lines, a=b\n(1)uuid=ABEiM0RVZneImaq7zN3u/w==\n(1)none=\n" +
		"(3)list=8:33554432,0:,3:a\x13b,\n(4)packed=AQI=\n" +
		"(2)nested=>>>\x14a=b\x13c\x14(2)deeper=>>>\x15x=y\x15<<<\x15\x14after=z\x14<<<\x14\nt=again\n<<<\n"
	if got := AppendText(nil, every()); string(got) != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	for _, after := range []string{"", "\x00", ">>>\n"} {
		m, n, err := ParseText([]byte(want + after))
		if err != nil || n != len(want) {
			t.Fatalf("n = %d, err = %v", n, err)
		}
		if d := cmp.Diff(every(), m); d != "" {
			t.Error(d)
		}
	}
}

func TestTextLeniency(t *testing.T) {
	for _, in := range []string{">>>\n\nt=x\n\n\n(0)st=y\n<<<\n", ">>>\nt=x\nst=y\n<<<", ">>>\nt=x\nst=y\n<<<\x00\n"} {
		m, n, err := ParseText([]byte(in))
		if err != nil {
			t.Errorf("%q: %v", in, err)
			continue
		}
		if d := cmp.Diff(New("t", "x", "st", "y"), m); d != "" {
			t.Errorf("%q: %s", in, d)
		}
		if want := len(strings.TrimSuffix(in, "\x00\n")); n != want {
			t.Errorf("%q: %d bytes, want %d", in, n, want)
		}
	}
}

func TestUncompressedForms(t *testing.T) {
	m := &Message{Fields: []Field{{Name: "big", Type: Uncompressed, Child: New("a", "b")}, {Name: "no", Type: Uncompressed}}}
	if got := string(AppendNetstring(nil, m)); got != "###\n24:(5)big=###\n6:(0)a=b,%%%\n,14:(5)no=###\n%%%\n,%%%\n" {
		t.Errorf("netstrings %q", got)
	}
	if got := string(AppendText(nil, m)); got != ">>>\n(2)big=>>>\x14a=b\x14<<<\x14\n(2)no=>>>\x14<<<\x14\n<<<\n" {
		t.Errorf("text %q", got)
	}
}

func TestAppendTextLinesLeavesOutAuth(t *testing.T) {
	m := New("t", "status", "auth", "1 abc", "st", "up")
	m.SetBinary("srcuuid", uuid)
	if got := string(AppendTextLines([]byte("x"), m)); got != "xt=status\nst=up\n(1)srcuuid=ABEiM0RVZneImaq7zN3u/w==\n" {
		t.Errorf("got %q", got)
	}
}

func TestMalformedNetstrings(t *testing.T) {
	nul := strings.Repeat("x", 100)
	for _, c := range []struct {
		in    string
		short bool
		what  string
	}{
		{"", true, "end"},
		{"##", true, "end"},
		{"###\n", true, "end"},
		{"###\n%%", true, "end"},
		{"###\n%%%", true, "end"},
		{"###\n8:(0)t=", true, "end within"},
		{"###\n8:(0)t=xyz", true, "end"},
		{"###\n8", true, "end"},
		{"##!\n%%%\n", false, "no"},
		{"###\n%%!\n", false, "no"},
		{"###\n%%%x", false, "no"},
		{"###\nx:(0)t=y,%%%\n", false, `no ":"`},
		{"###\n:(0)t=y,%%%\n", false, "no length"},
		{"###\n-6:(0)t=y,%%%\n", false, `no ":"`},
		{"###\n6 :(0)t=y,%%%\n", false, `no ":"`},
		{"###\n06:(0)t=y,%%%\n", false, "out of range"},
		{"###\n99999999999999999999:(0)t=y,%%%\n", false, "out of range"},
		{"###\n5:(0)t=y,%%%\n", false, `no ","`},
		{"###\n5:x)t=y,%%%\n", false, "no field type"},
		{"###\n3:t=y,%%%\n", false, "no field type"},
		{"###\n2:(0,%%%\n", false, "no field type"},
		{"###\n6:(x)t=y,%%%\n", false, "unknown field type"},
		{"###\n6:(6)t=y,%%%\n", false, "unknown field type"},
		{"###\n6:(/)t=y,%%%\n", false, "unknown field type"},
		{"###\n5:(0)ty,%%%\n", false, "'='"},
		{"###\n5:(0)=y,%%%\n", false, "field name"},
		{"###\n9:(0)(1)t=y,%%%\n", false, "field name"},
		{"###\n7:(0)\nt=y,%%%\n", false, "field name"},
		{"###\n7:(0)t=\x00y,%%%\n", false, "NUL"},
		{"###\n6:(2)t=y,%%%\n", false, "no"},
		{"###\n9:(2)t=###\n,%%%\n", false, "end"},
		{"###\n14:(2)t=###\n%%%\nx,%%%\n", false, "after a nested"},
		{"###\n8:(3)t=3:a,%%%\n", false, "end"},
		{"###\n9:(3)t=1:\x00,,%%%\n", false, "NUL"},
		{"###\n1106:(3)t=" + strings.Repeat("98:"+nul[:98]+",", 11)[:1101] + ",%%%\n", false, "too long"},
		{nested(MaxDepth + 1), false, "too deep"},
	} {
		m, n, err := ParseNetstring([]byte(c.in))
		if m != nil || n != 0 || !errors.Is(err, ErrMalformed) {
			t.Errorf("%.60q: %v, %d, %v", c.in, m, n, err)
			continue
		}
		if errors.Is(err, ErrShort) != c.short || !strings.Contains(err.Error(), c.what) {
			t.Errorf("%.60q: %v, want %q (short: %v)", c.in, err, c.what, c.short)
		}
	}
}

// nested is a message nested depth times.
func nested(depth int) string {
	return string(AppendNetstring(nil, nest(depth)))
}

func nest(depth int) *Message {
	m := New("t", "x")
	for range depth {
		m = &Message{Fields: []Field{{Name: "n", Type: Struct, Child: m}}}
	}
	return m
}

func TestDeepestNesting(t *testing.T) {
	m, _, err := ParseNetstring([]byte(nested(MaxDepth)))
	if err != nil {
		t.Fatal(err)
	}
	if again := string(AppendNetstring(nil, m)); again != nested(MaxDepth) {
		t.Errorf("got %q", again)
	}
	m, _, err = ParseText(AppendText(nil, nest(MaxDepth)))
	if err != nil {
		t.Fatal(err)
	}
	if again := string(AppendNetstring(nil, m)); again != nested(MaxDepth) {
		t.Errorf("got %q", again)
	}
	if AppendText(nil, nest(MaxDepth+3)) == nil || nest(MaxDepth).Check() != nil || nest(MaxDepth+1).Check() == nil {
		t.Error("the limit of nesting")
	}
}

func TestMalformedText(t *testing.T) {
	for _, c := range []struct {
		in    string
		short bool
		what  string
		line  string
	}{
		{"", true, "end", ""},
		{">>>", true, "end", ""},
		{">>>\nt=x", true, "end", ""},
		{">>>\nt=x\n<<", true, "end", ""},
		{">>\nt=x\n<<<\n", false, "no", ""},
		{">>>\nt=x\x00\n<<<\n", false, "NUL", ""},
		{">>>\nt\n<<<\n", false, "'='", "t"},
		{">>>\n=x\n<<<\n", false, "field name", "=x"},
		{">>>\n(x\n<<<\n", false, "'='", "(x"},
		{">>>\n(1x)t=x\n<<<\n", false, "field name", "(1x)t=x"},
		{">>>\n(7)t=x\n<<<\n", false, "field type", "(7)t=x"},
		{">>>\n(5)t=>>>\x14<<<\x14\n<<<\n", false, "field type", "(5)t=>>>\x14<<<\x14"},
		{">>>\n(1)t=AAA\n<<<\n", false, "base64", "(1)t=AAA"},
		{">>>\n(1)t=AAB=\n<<<\n", false, "base64", "(1)t=AAB="},
		{">>>\n(1)t=AA\rA=\n<<<\n", false, "base64", "(1)t=AA\rA="},
		{">>>\n(2)t=x\n<<<\n", false, `no ">>>"`, "(2)t=x"},
		{">>>\n(2)t=>>>\x14a=b\x14\n<<<\n", false, `no "<<<"`, "(2)t=>>>\x14a=b\x14"},
		{">>>\n(2)t=>>>\x14<<<\x14x\n<<<\n", false, "after", "(2)t=>>>\x14<<<\x14x"},
		{">>>\n(3)t=1\n<<<\n", false, "end", "(3)t=1"},
	} {
		m, n, err := ParseText([]byte(c.in))
		var bad *MalformedError
		if m != nil || n != 0 || !errors.As(err, &bad) {
			t.Errorf("%q: %v, %d, %v", c.in, m, n, err)
			continue
		}
		if errors.Is(err, ErrShort) != c.short || !strings.Contains(err.Error(), c.what) || bad.Line != c.line {
			t.Errorf("%q: %v, line %q; want %q (short: %v), line %q", c.in, err, bad.Line, c.what, c.short, c.line)
		}
	}
}

func TestTooLarge(t *testing.T) {
	big := New("t", "x")
	for range 21 {
		big.Add("big", strings.Repeat("x", 100<<10))
	}
	if _, _, err := ParseNetstring(AppendNetstring(nil, big)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("netstrings: %v", err)
	}
	if _, _, err := ParseText(AppendText(nil, big)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("text: %v", err)
	}
}

func TestCheck(t *testing.T) {
	if err := every().Check(); err != nil {
		t.Error(err)
	}
	for _, f := range []Field{
		{Name: ""}, {Name: "a=b"}, {Name: "a\nb"}, {Name: "(1)a"}, {Name: "a", Value: "\x00"}, {Name: "a", Type: 6},
		{Name: "a", Type: List, Items: []string{"\x00"}}, {Name: "a", Type: List, Items: []string{strings.Repeat("x", MaxList)}},
		{Name: "a", Type: Struct, Child: New("", "")},
	} {
		m := &Message{Fields: []Field{f}}
		if err := m.Check(); !errors.Is(err, ErrMalformed) {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

func TestParseChoosesForm(t *testing.T) {
	for in, want := range map[string]error{"###\n%%%\n": nil, ">>>\n<<<\n": nil, "hello": ErrForm, "": ErrForm, "##": ErrForm} {
		if _, _, err := Parse([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", in, err, want)
		}
	}
}
