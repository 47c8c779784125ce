package ldirectorcf

import (
	"strings"
	"testing"

	"systole/pkg/diag"
)

// receives were all confirmed with Perl 5.36: perl -e 'exit !($ARGV[1] =~ /$ARGV[0]/)'.
var receives = []struct {
	receive, body string
	match         bool
}{
	{"gunnm", "<p>gunnm</p>", true},
	{"gunnm", "GUNNM", false},
	{"(?i)gunnm", "GUNNM", true},
	{"^It works", "\nIt works", false},
	{"(?m)^It works$", "x\nIt works\ny", true},
	{"OK$", "OK\n", true},
	{"OK$", "OK\n\n", false},
	{`OK\z`, "OK\n", false},
	{`OK\Z`, "OK\n", true},
	{"a.c", "a\nc", false},
	{"(?s)a.c", "a\nc", true},
	{"OK [0-9]+", "OK 7", true},
	{`\d+\s\w`, "12\vx", true},
	{`^\d$`, "\xb2", false},
	{`^.$`, "\xe9", true},
	{`^..$`, "é", true},
	{"é", "caf\xc3\xa9", true},
	{"[[:alpha:]]+[[:digit:]]", "ab1", true},
	{"[^[:space:]]", "  ", false},
	{`[]x]`, "]", true},
	{`[^]x]`, "]", false},
	{`[$]`, "$", true},
	{`\$5`, "$5", true},
	{`a\/b\-c\_d`, "a/b-c_d", true},
	{`\Qa.b\E`, "QaxbE", true},
	{`\Qa.b\E`, "a.b", false},
	{`[\Z]`, "Z", true},
	{`\h\v\N\R`, "\t\nx\r\n", true},
	{`[\h]x`, "\tx", true},
	{`\x41\x{42}\103`, "ABC", true},
	{`(a)\1`, "aa", true},
	{`(?<n>a)\k<n>`, "aa", true},
	{`(?<=a)b(?!c)`, "abd", true},
	{`(?>a+)a`, "aaa", false},
	{`a+?b`, "aab", true},
	{"x{", "x{", true},
	{"^a{,2}$", "aa", true},
	{"^a{,2}$", "aaa", false},
	{`\bOK\b`, "\xe9OK\xe9", true},
	{`\BK`, "OK", true},
	{`[\b]`, "\b", true},
	{"", "anything", true},
	{`status: (up|ok)\b`, "status: ok.", true},
}

func TestReceive(t *testing.T) {
	for _, c := range receives {
		p, err := CompileReceive(c.receive)
		if err != nil {
			t.Errorf("%v", err)
		} else if got := p.Match([]byte(c.body)); got != c.match {
			t.Errorf("%q =~ /%s/ is %v", c.body, c.receive, got)
		}
	}
}

func TestReceiveRefused(t *testing.T) {
	for _, receive := range []string{"(", "[", "*", `\`, "a**", "x)", "[z-a]", "(?<n", "a++", "(?R)", "(?|a|b)", "(*FAIL)", `a\Kb`, `\X`,
		`\pL`, `\g1`, `(?<n>a)\k{n}`, `[\N]`, `(?{1})`} {
		if _, err := CompileReceive(receive); err == nil {
			t.Errorf("%q compiled", receive)
		}
	}
}

// TestReceiveInFile refuses only an expression that a check would use.
func TestReceiveInFile(t *testing.T) {
	for _, c := range []struct {
		name, lines string
		line        int // of the error; 0: accepted with a warning
	}{
		{"used", "\treal=1.1.1.1:80 gate\n\treceive=\"(\"\n", 3},
		{"no reals", "\treceive=\"(\"\n", 2},
		{"real's own", "\treal=1.1.1.1:80 gate 1 \"a\",\"(\"\n", 2},
		{"every real has its own", "\treal=1.1.1.1:80 gate 1 \"a\",\"b\"\n\treceive=\"(\"\n", 0},
		{"connect", "\treal=1.1.1.1:80 gate\n\treceive=\"(\"\n\tchecktype=connect\n", 0},
		{"smtp", "\treal=1.1.1.1:80 gate\n\tservice=smtp\n\treceive=\"(\"\n", 0},
		{"combined", "\treal=1.1.1.1:80 gate\n\treceive=\"(\"\n\tchecktype=3\n", 3},
	} {
		_, found := Load(Env{}, "FILE", []byte("virtual=10.0.0.1:80\n"+c.lines))
		if len(found) == 0 {
			t.Errorf("%s: nothing found", c.name)
			continue
		}
		last := found[len(found)-1]
		if diag.Failed(found) != (c.line > 0) || c.line > 0 && (last.Line != c.line || last.Text != "invalid receive string") {
			t.Errorf("%s: %v", c.name, found)
		}
		if c.line == 0 && !strings.Contains(last.Remedy, "no check uses it") {
			t.Errorf("%s: %v", c.name, found)
		}
	}
}

func FuzzReceive(f *testing.F) {
	for _, c := range receives {
		f.Add(c.receive, "ab")
	}
	f.Fuzz(func(t *testing.T, receive, body string) {
		p, err := CompileReceive(receive)
		if (p == nil) == (err == nil) {
			t.Fatalf("pattern %v, error %v", p, err)
		}
		if p != nil && len(body) < 20 && len(receive) < 20 {
			p.Match([]byte(body))
		}
	})
}
