package ldirectorcf

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// Pattern is a compiled receive string.
type Pattern struct{ re *regexp2.Regexp }

// CompileReceive compiles a receive string as the original's Perl does: no modifiers, matched
// anywhere, on bytes (ldirectord spec 9). It knows Perl 5's groups, look-around, back-references,
// atomic groups, lazy quantifiers, inline modifiers (?imsx), named groups, POSIX classes, \A \z \Z
// \b \d \s \w \h \v \N \R \xHH \x{HH} \cX and octal escapes. It does not know, and refuses:
// possessive quantifiers (a++), recursion and subroutine calls ((?R), (?1), (?&name)), branch reset
// (?|…), backtracking verbs (*…), (?^…), \K, \X, \C, \g, \k{name}, \o, Unicode properties (\p, \P; bodies are
// bytes) and embedded code. \Q \E \l \u \L \U \F are plain letters, as they are in the original, which
// takes the expression from a variable.
func CompileReceive(receive string) (_ *Pattern, err error) {
	defer func() {
		if p := recover(); p != nil { // a panic in the library must not end the daemon
			err = fmt.Errorf("receive %q: %v", receive, p)
		}
	}()
	translated, err := fromPerl(receive)
	if err != nil {
		return nil, fmt.Errorf("receive %q: %w", receive, err)
	}
	re, err := regexp2.Compile(translated, regexp2.RE2)
	if err != nil {
		return nil, fmt.Errorf("receive %q: %w", receive, err)
	}
	re.MatchTimeout = matchLimit
	return &Pattern{re}, nil
}

// matchLimit ends a match that backtracks without end; Perl would take a whole processor for it.
const matchLimit = 5 * time.Second

// Match looks for the pattern anywhere in a body. Each byte is one character, as in Perl without
// an encoding. A match that takes longer than five seconds counts as none.
func (p *Pattern) Match(body []byte) bool {
	found, err := p.re.MatchRunes(latin1(string(body)))
	return found && err == nil
}

func latin1(s string) []rune {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return runes
}

// perlEscapes are the escapes that mean something else, or nothing, to the library; inside a
// bracketed class the second form is used.
var perlEscapes = map[byte]struct{ outside, inside string }{
	'h': {`[\t\x20\xa0]`, `\t\x20\xa0`},
	'H': {`[^\t\x20\xa0]`, ``},
	'v': {`[\n\x0b\f\r\x85]`, `\n\x0b\f\r\x85`},
	'V': {`[^\n\x0b\f\r\x85]`, ``},
	'N': {`[^\n]`, ``},
	'R': {`(?>\r\n|[\n\x0b\f\r\x85])`, ``},
	's': {`[\t\n\x0b\f\r\x20]`, `\t\n\x0b\f\r\x20`},
	'Z': {atEnd, `Z`},
	'b': {`(?:(?<=\w)(?!\w)|(?<!\w)(?=\w))`, `\b`},
	'B': {`(?:(?<=\w)(?=\w)|(?<!\w)(?!\w))`, `B`},
	'S': {`[^\t\n\x0b\f\r\x20]`, `\S`},
}

// refusedEscapes would be taken as plain letters by the library and silently match something else.
const refusedEscapes = "KXCgopP"

// plainEscapes are letters to Perl where it takes the expression from a variable.
const plainEscapes = "QElLuUF"

// atEnd is Perl's $ and \Z: before a newline at the end, or at the end.
const atEnd = `(?=\n?\z)`

// upTo is Perl 5.34's {,n}, which is plain text to the library.
var upTo = regexp.MustCompile(`^\{,[0-9]+\}`)

var multilineFlag = regexp.MustCompile(`\(\?\^?[a-z]*m`)

// fromPerl rewrites what differs between Perl and the library. The library's RE2 mode has ASCII
// \d and \w, POSIX classes and literal unknown escapes; its $ must be given Perl's meaning back.
func fromPerl(receive string) (string, error) {
	var out strings.Builder
	inClass := false
	multiline := multilineFlag.MatchString(receive)
	for i := 0; i < len(receive); i++ {
		switch c := receive[i]; {
		case c == '\\':
			n, err := perlEscape(&out, receive[i:], inClass)
			if err != nil {
				return "", err
			}
			i += n - 1
		case inClass && strings.HasPrefix(receive[i:], "[:"):
			end := strings.Index(receive[i:], ":]")
			if end < 0 {
				out.WriteString(`\[`)
				continue
			}
			out.WriteString(receive[i : i+end+2])
			i += end + 1
		case c == '[' && !inClass:
			n := classStart(receive[i:])
			out.WriteString(asRunes(receive[i : i+n]))
			inClass, i = true, i+n-1
		case c == ']':
			inClass = false
			out.WriteByte(c)
		case c == '{' && !inClass && upTo.MatchString(receive[i:]):
			out.WriteString("{0")
		case c == '$' && !inClass && !multiline:
			out.WriteString(atEnd)
		default:
			out.WriteRune(rune(c))
		}
	}
	return out.String(), nil
}

// classStart is the length of "[", "[^" and a "]" that is a member because it comes first.
func classStart(s string) int {
	n := 1
	if strings.HasPrefix(s[n:], "^") {
		n++
	}
	if strings.HasPrefix(s[n:], "]") {
		n++
	}
	return n
}

func asRunes(s string) string { return string(latin1(s)) }

// perlEscape writes one escape and returns how many bytes of s it took.
func perlEscape(out *strings.Builder, s string, inClass bool) (int, error) {
	if len(s) < 2 {
		return 0, fmt.Errorf("ends in a backslash")
	}
	if strings.IndexByte(plainEscapes, s[1]) >= 0 {
		out.WriteByte(s[1])
		return 2, nil
	}
	if strings.IndexByte(refusedEscapes, s[1]) >= 0 || strings.HasPrefix(s, `\k{`) {
		return 0, fmt.Errorf(`\%c is not supported`, s[1])
	}
	if e, known := perlEscapes[s[1]]; known {
		written := e.outside
		if inClass {
			written = e.inside
		}
		if written == "" {
			return 0, fmt.Errorf(`\%c is not supported inside [ ]`, s[1])
		}
		out.WriteString(written)
		return 2, nil
	}
	out.WriteString(asRunes(s[:2]))
	return 2, nil
}

// matching are the services whose check compares the answer with the receive string.
var matching = []string{"http", "https", "http_proxy", "ftp", "dns", "ldap", "ldaps", "simpletcp", "h2", "h2c"}

func (s *section) matches() bool {
	service := s.v.CheckService
	return (s.v.CheckType == CheckNegotiate || s.v.CheckType == CheckCombined) && slices.Contains(matching, service)
}

// checkReceive refuses an expression that a check would use: in the original it ends the daemon at
// the first answer (ldirectord spec 9). One that no check uses is only warned of.
func (s *section) checkReceive() (int, *fault) {
	used := s.matches()
	needed := len(s.v.Reals) == 0
	var last string
	for i := range s.v.Reals {
		r := &s.v.Reals[i]
		if !r.own {
			needed = true
		} else if r.Receive != last { // the addresses of a range share one
			if f := s.receiveFault(r.Line, r.Receive, used); f != nil {
				return r.Line, f
			}
			last = r.Receive
		}
	}
	return s.receiveAt, s.receiveFault(s.receiveAt, s.v.Receive, used && needed)
}

func (s *section) receiveFault(at int, receive string, used bool) *fault {
	_, err := CompileReceive(receive)
	if err == nil {
		return nil
	}
	if !used {
		s.l.warn(at, "", "not a regular expression, but no check uses it: "+err.Error())
		return nil
	}
	return &fault{text: "invalid receive string", remedy: "not a regular expression (a literal ( [ * + ? needs a backslash): " + err.Error()}
}
