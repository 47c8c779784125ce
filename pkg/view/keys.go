package view

import (
	"fmt"
	"strings"
	"unicode"

	"systole/pkg/state"
)

// Key is a key: a character, or one of the names below.
type Key string

// The keys that are no characters.
const (
	Up        Key = "up"
	Down      Key = "down"
	PageUp    Key = "page up"
	PageDown  Key = "page down"
	Home      Key = "home"
	End       Key = "end"
	Enter     Key = "enter"
	Escape    Key = "escape"
	Backspace Key = "backspace"
	Interrupt Key = "interrupt"
)

// Effect is what the terminal's side has to do.
type Effect struct {
	Quit  bool
	Order *Order
}

// Order is for the ldirectord of a name.
type Order struct {
	Director string
	Request  state.Request
}

// binding is what a key does while browsing.
type binding struct {
	keys  []Key
	about string
	do    func(m *Model) Effect
}

func does(f func(m *Model)) func(*Model) Effect {
	return func(m *Model) Effect {
		f(m)
		return Effect{}
	}
}

// bindings are all keys, in the order in which they are explained.
func bindings() []binding {
	return []binding{
		{[]Key{Up, "k"}, "select the line above", does(func(m *Model) { m.move(-1) })},
		{[]Key{Down, "j"}, "select the line below", does(func(m *Model) { m.move(1) })},
		{[]Key{PageUp}, "ten lines up", does(func(m *Model) { m.move(-10) })},
		{[]Key{PageDown}, "ten lines down", does(func(m *Model) { m.move(10) })},
		{[]Key{Home, "g"}, "the first line", does(func(m *Model) { m.move(-1 << 30) })},
		{[]Key{End, "G"}, "the last line", does(func(m *Model) { m.move(1 << 30) })},
		{[]Key{"s"}, "sort by the file, active, new/s, length of check, state, name", does(func(m *Model) { m.sort = (m.sort + 1) % len(orders()) })},
		{[]Key{"/"}, "show only what holds a text", does((*Model).beginFilter)},
		{[]Key{"p", " "}, "pause, and go on", does(func(m *Model) { m.paused = !m.paused })},
		{[]Key{"d"}, "drain the selected real server", does(func(m *Model) { m.ask("drain", false) })},
		{[]Key{"u"}, "take its drain, or its disable, back", does((*Model).askBack)},
		{[]Key{"c"}, "fold the nodes, and show them", does(func(m *Model) { m.noCluster = !m.noCluster })},
		{[]Key{"e"}, "fold the events, and show them", does(func(m *Model) { m.noEvents = !m.noEvents })},
		{[]Key{"?", "h"}, "explain the keys", does(func(m *Model) { m.mode = helping })},
		{[]Key{"q", Interrupt}, "quit", func(*Model) Effect { return Effect{Quit: true} }},
	}
}

// Press takes a key.
func (m *Model) Press(k Key) Effect {
	if k == Interrupt {
		return Effect{Quit: true}
	}
	switch m.mode {
	case filtering:
		m.editFilter(k)
		return Effect{}
	case asking:
		return m.decide(k)
	case helping:
		m.mode = browsing
		return Effect{}
	}
	m.note = ""
	for _, b := range bindings() {
		for _, key := range b.keys {
			if key == k {
				return b.do(m)
			}
		}
	}
	return Effect{}
}

func (m *Model) beginFilter() { m.mode, m.before = filtering, m.filter }

func (m *Model) editFilter(k Key) {
	runes := []rune(string(k))
	switch {
	case k == Enter:
		m.mode = browsing
	case k == Escape:
		m.mode, m.filter = browsing, m.before
	case k == Backspace:
		if all := []rune(m.filter); len(all) > 0 {
			m.filter = string(all[:len(all)-1])
		}
	case len(runes) == 1 && unicode.IsPrint(runes[0]) && len(m.filter) < 40:
		m.filter += string(k)
	}
	m.keepSelection()
}

// ask asks before an order is given.
func (m *Model) ask(kind string, revoke bool) {
	row, ok := m.current()
	if !ok || row.real == nil {
		m.note = "select a real server first"
		return
	}
	m.mode = asking
	m.question = Order{Director: row.director, Request: state.Request{Revoke: revoke,
		Order: state.Order{Kind: kind, Real: row.real.Name, Virtual: row.virtual.ID, Reason: "from top"}}}
}

// askBack asks to take back what holds the server: the order itself, which may be about more than
// the selected line.
func (m *Model) askBack() {
	row, ok := m.current()
	if !ok || row.real == nil {
		m.note = "select a real server first"
		return
	}
	for _, d := range m.snap.Directors {
		for _, o := range d.Orders {
			if d.Name == row.director && o.Kind != "weight" && concerns(o, row) {
				m.mode = asking
				m.question = Order{Director: d.Name, Request: state.Request{Revoke: true, Order: state.Order{Kind: o.Kind, Real: o.Real, Virtual: o.Virtual}}}
				return
			}
		}
	}
	m.note = row.real.Name + " is neither drained nor disabled"
}

// concerns says whether an order is about a row.
func concerns(o state.Order, r row) bool {
	address, _, _ := strings.Cut(r.real.Name, "]")
	if address == r.real.Name {
		address = r.real.Name[:max(strings.LastIndexByte(r.real.Name, ':'), 0)]
	}
	address = strings.TrimPrefix(address, "[")
	return (o.Real == r.real.Name || o.Real == address) && (o.Virtual == "" || o.Virtual == r.virtual.ID)
}

// decide takes the answer to a question.
func (m *Model) decide(k Key) Effect {
	m.mode = browsing
	if k != "y" && k != "Y" {
		m.note = "not done"
		return Effect{}
	}
	q := m.question
	return Effect{Order: &q}
}

// asked is the question in words.
func (m *Model) asked() string {
	r := m.question.Request
	words := map[string]string{"drain": "drain", "disable": "disable"}[r.Order.Kind]
	if r.Revoke {
		words = map[string]string{"drain": "undrain", "disable": "enable"}[r.Order.Kind]
	}
	where := ""
	if r.Order.Virtual != "" {
		where = " in " + r.Order.Virtual
	}
	return fmt.Sprintf("%s %s%s? y/n", words, r.Order.Real, where)
}
