package keepalived

import (
	"slices"
	"strings"
)

// directive is one keyword with what belongs to it.
type directive struct {
	name  string
	args  []string
	line  int
	last  int         // the line of its closing brace, or line
	rule  *rule       // nil: not in the grammar of its block
	block []directive // of a block with a grammar
	rows  []row       // of a block without one: its lines of words
	had   bool        // there was a block
}

// row is a line of words in a block without a grammar, such as virtual_ipaddress.
type row struct {
	words []string
	line  int
}

// text is the directive as the report shows it, without its block.
func (d *directive) text() string { return strings.Join(append([]string{d.name}, d.args...), " ") }

// fault is what makes a file unreadable.
type fault struct {
	line int
	text string
}

// parser turns tokens into directives.
type parser struct {
	tokens []token
	at     int
	faults []fault
	eaten  []row // comments that seem to have swallowed directives
}

// maxDepth bounds how deep blocks may nest; keepalived's own nest five deep.
const maxDepth = 20

// parse reads a whole file.
func parse(text []byte) (_ []directive, eaten []row, _ []fault) {
	tokens, unclosed := lex(text)
	p := &parser{tokens: tokens}
	if unclosed > 0 {
		return nil, nil, []fault{{unclosed, "a quote is not closed on its line"}}
	}
	all := p.block(topLevel(), 0)
	return all, p.eaten, p.faults
}

func (p *parser) fail(line int, text string) { p.faults = append(p.faults, fault{line, text}) }

// peek returns the token at the front; the end of the file looks like a line end.
func (p *parser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{kind: newline}
}

func (p *parser) done() bool { return p.at >= len(p.tokens) }

// block reads directives up to the closing brace, which it leaves, or to the end of the file.
func (p *parser) block(g grammar, depth int) []directive {
	var all []directive
	for !p.done() {
		t := p.peek()
		switch t.kind {
		case newline:
			p.at++
		case comment:
			p.comment(g)
		case shut:
			if depth > 0 {
				return all
			}
			p.fail(t.line, "a } without a {")
			p.at++
		case open:
			p.fail(t.line, "a { without a directive before it")
			p.skip()
		case word:
			all = append(all, p.directive(g, depth))
		}
	}
	return all
}

// comment looks at what a comment takes with it. In a file whose line ends were lost, as in how-tos
// that were pasted, it is everything to the end of the block.
func (p *parser) comment(g grammar) {
	t := p.peek()
	p.at++
	words := strings.Fields(t.text)
	if p.at < 2 || p.tokens[p.at-2].kind == newline || len(words) < 2 {
		return
	}
	known := false
	for i, w := range words {
		known = known || i > 0 && g.find(w) != nil
		if w == "auth_pass" && i+1 < len(words) {
			words[i+1] = "***"
		}
	}
	if known {
		p.eaten = append(p.eaten, row{words, t.line})
	}
}

// directive reads one keyword, its words and its block.
func (p *parser) directive(g grammar, depth int) directive {
	t := p.peek()
	p.at++
	d := directive{name: t.text, line: t.line, last: t.line, rule: g.find(t.text)}
	if d.rule == nil {
		p.unknown(g, &d)
		return d
	}
	d.args = p.words(g, d.rule)
	if len(d.args) < d.rule.min {
		p.fail(d.line, d.name+" needs a value")
	}
	if d.rule.block != noBlock {
		p.open(&d, depth)
	}
	return d
}

// words reads the values of a directive: as many as it takes, on its line, but no optional one
// that is itself a keyword.
func (p *parser) words(g grammar, r *rule) []string {
	var args []string
	for p.peek().kind == word && !p.done() && len(args) < r.max {
		if len(args) >= r.min && g.find(p.peek().text) != nil {
			break
		}
		args = append(args, p.peek().text)
		p.at++
	}
	return args
}

// unknown takes the rest of the line, up to the next keyword, and the block of a directive that
// nobody knows.
func (p *parser) unknown(g grammar, d *directive) {
	for !p.done() && p.peek().kind == word && g.find(p.peek().text) == nil {
		d.args = append(d.args, p.peek().text)
		p.at++
	}
	if p.brace() {
		d.had = true
		d.rows, d.last = p.rows(d)
	}
}

// brace says whether the next token, on this line or a later one, is an opening brace, and takes it.
func (p *parser) brace() bool {
	for i := p.at; i < len(p.tokens); i++ {
		switch p.tokens[i].kind {
		case newline, comment:
			continue
		case open:
			p.at = i + 1
			return true
		}
		return false
	}
	return false
}

// open reads the block of a directive.
func (p *parser) open(d *directive, depth int) {
	if !p.brace() {
		if d.rule.block != mayBlock {
			p.fail(d.line, d.name+" needs a block in braces")
		}
		return
	}
	d.had = true
	if d.rule.block == rawBlock || d.rule.in == nil || depth >= maxDepth {
		d.rows, d.last = p.rows(d)
		return
	}
	d.block = p.block(d.rule.in(), depth+1)
	d.last = p.close(d)
}

// close takes the brace that ends a block.
func (p *parser) close(d *directive) int {
	if p.done() || p.peek().kind != shut {
		p.fail(d.line, "the block of "+d.name+" is never closed")
		return d.line
	}
	line := p.peek().line
	p.at++
	return line
}

// rows reads the lines of a block without a grammar, blocks inside it with them.
func (p *parser) rows(d *directive) ([]row, int) {
	var rows []row
	depth := 1
	fresh := true
	for ; !p.done(); p.at++ {
		t := p.peek()
		switch t.kind {
		case newline:
			fresh = true
			continue
		case comment:
			continue
		case shut:
			if depth--; depth == 0 {
				return rows, p.close(d)
			}
		case open:
			depth++
		}
		if fresh {
			rows = append(rows, row{line: t.line})
			fresh = false
		}
		r := &rows[len(rows)-1]
		r.words = append(r.words, t.text)
	}
	p.fail(d.line, "the block of "+d.name+" is never closed")
	return rows, d.line
}

// skip passes over a block that belongs to nothing.
func (p *parser) skip() {
	d := directive{name: "{", line: p.peek().line}
	p.at++
	p.rows(&d)
}

// list returns all words of the rows.
func (d *directive) list() []string {
	var all []string
	for _, r := range d.rows {
		all = append(all, r.words...)
	}
	return all
}

// split parts rows that hold several entries, each beginning with a word that starts says yes to:
// in a block on one line "10.0.0.1/24 dev eth0 10.0.0.2/24" is two addresses.
func split(rows []row, starts func(words []string, i int) bool) []row {
	var out []row
	for _, r := range rows {
		from := 0
		for i := 1; i < len(r.words); i++ {
			if starts(r.words, i) {
				out = append(out, row{slices.Clip(r.words[from:i]), r.line})
				from = i
			}
		}
		out = append(out, row{r.words[from:], r.line})
	}
	return out
}
