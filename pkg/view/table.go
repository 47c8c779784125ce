package view

import (
	"fmt"
	"strings"

	"systole/pkg/cells"
	"systole/pkg/state"
)

// column is one of the table.
type column struct {
	name  string
	width int
	left  bool
	least int // width of the terminal from which on it is shown
	cell  func(m *Model, r row) cell
}

// cell is what a column shows of a row.
type cell struct {
	text  string
	style Style
}

const (
	nameWidth    = 23
	historyWidth = 10
)

// columns are those of the table after the name. The history takes what is left.
func columns() []column {
	return []column{
		{"STATE", 9, true, 0, stateCell},
		{"WEIGHT", 7, false, 0, weightCell},
		{"ACTIVE", 7, false, 0, counterCell(func(c state.Counters) uint64 { return uint64(c.Active) })},
		{"INACT", 7, false, 0, counterCell(func(c state.Counters) uint64 { return uint64(c.Inactive) })},
		{"NEW/S", 7, false, 0, counterCell(func(c state.Counters) uint64 { return c.CPS })},
		{"IN B/S", 8, false, 96, counterCell(func(c state.Counters) uint64 { return c.InBPS })},
		{"OUT B/S", 8, false, 96, counterCell(func(c state.Counters) uint64 { return c.OutBPS })},
		{"CHECK", 8, false, 0, checkCell},
	}
}

func (m *Model) columns() (shown []column, name, history int) {
	rest := m.width - nameWidth - historyWidth - 1
	for _, c := range columns() {
		if m.width >= c.least {
			shown = append(shown, c)
			rest -= c.width
		}
	}
	rest = max(rest, 0)
	grow := min(rest, 22) // an IPv6 address and port
	return shown, nameWidth + grow, historyWidth + min(rest-grow, state.History-historyWidth)
}

// table shows the virtual servers in so many lines, the selected one among them.
func (m *Model) table(most int, marked bool) []Line {
	if most < 2 {
		return nil
	}
	if lines := m.empty(); lines != nil {
		return lines
	}
	rows := m.rows()
	lines := []Line{m.tableHead()}
	at := m.position(rows)
	m.scroll(at, len(rows), most-1)
	for i := m.first; i < len(rows) && len(lines) < most; i++ {
		l := m.rowLine(rows[i], marked && i == at)
		lines = append(lines, l)
	}
	return lines
}

// empty says why there is no table; nil if there is one.
func (m *Model) empty() []Line {
	if len(m.snap.Directors) == 0 {
		return []Line{{}, plain("no ldirectord runs here")}
	}
	var lines []Line
	for _, d := range m.snap.Directors {
		if len(d.Virtuals) > 0 {
			return nil
		}
		running := "is not running"
		if d.Running {
			running = "runs, and tells nothing"
		}
		lines = append(lines, plain("ldirectord %s %s (pid %d)", d.Name, running, d.PID))
	}
	return append([]Line{{}}, lines...)
}

// scroll moves the table so that the selected row is in it.
func (m *Model) scroll(at, all, room int) {
	m.first = max(0, min(m.first, all-room))
	if at >= 0 && at < m.first {
		m.first = at
	}
	if at >= m.first+room {
		m.first = at - room + 1
	}
}

func (m *Model) tableHead() Line {
	shown, name, _ := m.columns()
	text := left("VIRTUAL, REAL", name)
	for _, c := range shown {
		text += c.fit(c.name)
	}
	return styled(Head, "%s HISTORY", text)
}

func (c column) fit(text string) string {
	if c.left {
		return left(text, c.width)
	}
	return right(text, c.width)
}

// rowLine shows a row. The name of a virtual runs on over the columns that only reals have.
func (m *Model) rowLine(r row, selected bool) Line {
	shown, name, history := m.columns()
	l := Line{Selected: selected}
	if r.real == nil {
		for shown[0].cell(m, r) == (cell{}) {
			name += shown[0].width
			shown = shown[1:]
		}
	}
	l.add(nameStyle(r), left(m.nameCell(r, selected, name-1), name))
	for _, c := range shown {
		is := c.cell(m, r)
		l.add(is.style, c.fit(is.text))
	}
	if r.real != nil {
		l.add(Plain, " "+bars(r.real.Past, longest(r.virtual), history, m.ascii))
	}
	return l
}

// nameCell names a row. Of a virtual with a long address the address is cut, not who serves it.
func (m *Model) nameCell(r row, selected bool, width int) string {
	mark := " "
	if selected {
		mark = ">"
	}
	if r.real != nil {
		return mark + "  " + r.real.Name
	}
	name := mark + strings.Replace(r.virtual.ID, ":", " ", 1) + " " + r.virtual.Scheduler
	served := exception(r.virtual)
	name = cells.Cut(clean(name), max(width-cells.Width(served), 1)) + served
	if len(m.snap.Directors) > 1 {
		name += " " + r.director
	}
	return name
}

func nameStyle(r row) Style {
	switch {
	case r.real != nil:
		return Plain
	case exception(r.virtual) != "":
		return Bad
	}
	return Head
}

// exception says by whom a virtual is served if it is not by those servers that are up.
func exception(v *state.Virtual) string {
	switch {
	case v.Panic:
		return " panic"
	case v.FallbackUsed && v.Fallback != "":
		return " by fallback"
	}
	return ""
}

func stateCell(_ *Model, r row) cell {
	switch {
	case r.real == nil:
		return cell{}
	case r.real.State == "up" && r.real.Failures > 0:
		return cell{fmt.Sprintf("up, -%d", r.real.Failures), Warn}
	case growing(r.real):
		return cell{"up, slow", Warn}
	case r.real.State == "up":
		return cell{"up", Good}
	case r.real.State == "down":
		return cell{"down", Bad}
	case r.real.State == "maintenance":
		return cell{"maint", Warn}
	}
	return cell{r.real.State, Warn}
}

func weightCell(_ *Model, r row) cell {
	if r.real == nil {
		return cell{}
	}
	if r.real.Listed && r.real.Weight != r.real.Configured {
		return cell{r.real.WeightWord(), Warn}
	}
	return cell{r.real.WeightWord(), Plain}
}

func counterCell(of func(state.Counters) uint64) func(*Model, row) cell {
	return func(_ *Model, r row) cell {
		if r.real == nil {
			return cell{amount(of(r.virtual.Counters)), Head}
		}
		return cell{amount(of(r.real.Counters)), Plain}
	}
}

// checkCell shows how long the last check took, or what failed: the check itself or the path; path? for a path
// that could not be asked for, which takes no server out.
func checkCell(_ *Model, r row) cell {
	if r.real == nil {
		return cell{}
	}
	text := latency(r.real)
	switch failed := text == "fail"; {
	case failed && r.real.Path != "" && r.real.Said == r.real.Path:
		return cell{"path", Bad}
	case failed:
		return cell{text, Bad}
	case r.real.Path != "":
		return cell{"path?", Warn}
	}
	return cell{text, Plain}
}
