package keepalived

import "strings"

// kind is what a token is.
type kind uint8

const (
	word    kind = iota // a word or quoted string
	open                // {
	shut                // }
	newline             // the end of a line
	comment             // from # or ! to the end of the line, without the sign
)

// token is one piece of the file.
type token struct {
	kind kind
	text string
	line int
}

// lexer cuts a file into tokens. Comments begin with # or ! anywhere but in quotes.
type lexer struct {
	text   string
	line   int
	tokens []token
	open   int // line of a quote that does not end; 0: none
}

// lex returns the tokens of a file and the line of a quote that is not closed on it, or 0.
func lex(text []byte) (tokens []token, unclosed int) {
	l := &lexer{text: strings.ReplaceAll(string(text), "\r\n", "\n"), line: 1}
	for l.text != "" && l.open == 0 {
		l.next()
	}
	l.add(newline, "")
	return l.tokens, l.open
}

func (l *lexer) add(k kind, text string) { l.tokens = append(l.tokens, token{k, text, l.line}) }

// next takes one token.
func (l *lexer) next() {
	c := l.text[0]
	switch {
	case c == '\n':
		l.add(newline, "")
		l.line++
		l.text = l.text[1:]
	case blank(c):
		l.text = l.text[1:]
	case c == '{':
		l.add(open, "{")
		l.text = l.text[1:]
	case c == '}':
		l.add(shut, "}")
		l.text = l.text[1:]
	case c == '#' || c == '!':
		l.comment()
	case c == '"':
		l.quoted()
	default:
		l.word()
	}
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v' }

func (l *lexer) comment() {
	text, _, _ := strings.Cut(l.text, "\n")
	l.text = l.text[len(text):]
	l.add(comment, strings.TrimLeft(text, "#!"))
}

// quoted takes a string in quotes, which ends on its line; \" is a quote in it.
func (l *lexer) quoted() {
	var b strings.Builder
	for i := 1; i < len(l.text) && l.text[i] != '\n'; i++ {
		switch c := l.text[i]; {
		case c == '"':
			l.text = l.text[i+1:]
			l.add(word, b.String())
			return
		case c == '\\' && i+1 < len(l.text) && l.text[i+1] == '"':
			i++
			b.WriteByte('"')
		default:
			b.WriteByte(c)
		}
	}
	l.open = l.line
}

// word takes what goes to the next blank, brace or comment.
func (l *lexer) word() {
	end := strings.IndexAny(l.text, " \t\r\f\v\n{}#!\"")
	if end < 0 {
		end = len(l.text)
	}
	l.add(word, l.text[:end])
	l.text = l.text[end:]
}
