package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"systole/pkg/cells"
	"systole/pkg/state"
)

// stale is how old a snapshot may be without a word.
const stale = 5 * time.Second

// Lines is the screen: as many lines as it has, none wider.
func (m *Model) Lines() []Line {
	var lines []Line
	if m.mode == helping {
		lines = m.help()
	} else {
		lines = m.screen()
	}
	for len(lines) < m.height {
		lines = append(lines, Line{})
	}
	lines = lines[:m.height]
	for i := range lines {
		lines[i] = lines[i].cut(m.width, m.ascii)
	}
	return lines
}

// Page is everything that there is to show, as text of at most the width.
func (m *Model) Page() []string {
	lines := m.head()
	lines = append(lines, m.troublesPane(1<<20)...)
	lines = append(lines, m.cluster(1<<20)...)
	lines = append(lines, m.table(1<<20, false)...)
	lines = append(lines, m.eventsPane(5)...)
	texts := make([]string, len(lines))
	for i, l := range lines {
		texts[i] = l.cut(m.width, m.ascii).Text()
	}
	return texts
}

// screen shares the lines of the terminal out: the table gets what the others leave, and at
// least a third. A detail that takes several lines takes them from the events.
func (m *Model) screen() []Line {
	lines := m.head()
	lines = append(lines, m.troublesPane(max(1, m.height/8))...)
	if !m.noCluster {
		lines = append(lines, m.cluster(max(0, m.height*2/5))...)
	}
	detail := m.detail()
	var events []Line
	if !m.noEvents {
		events = m.eventsPane(max(0, min(m.height/7, m.height-len(lines)-m.height/3-max(1, len(detail)))))
	}
	room := m.height - len(lines) - len(events) - len(detail) - 1
	table := m.table(room, true)
	for len(table) < room {
		table = append(table, Line{})
	}
	lines = slices.Concat(lines, table[:max(0, room)], detail, events)
	if len(lines) >= m.height {
		lines = lines[:m.height-1]
	}
	return append(lines, m.foot())
}

// head is who holds what, and how fresh this is.
func (m *Model) head() []Line {
	at := m.snap.At.In(m.zone).Format("15:04:05")
	if m.snap.At.IsZero() {
		at = "--:--:--"
	}
	switch age := m.now.Sub(m.snap.At); {
	case m.paused:
		at += " paused"
	case !m.snap.At.IsZero() && age > stale:
		at += fmt.Sprintf(" old: %s", age.Truncate(time.Second))
	}
	d := m.snap.Cluster
	if d == nil {
		return []Line{m.between("heartbeat: "+m.snap.Why, at)}
	}
	a, r := &d.Daemon, &d.Resources
	motion := "at rest"
	switch {
	case a.Stopping:
		motion = "stopping"
	case !r.Settled:
		motion = "in transition"
	}
	return []Line{
		m.between(fmt.Sprintf("%s: %s, generation %d, pid %d", a.Node, a.Status, a.Generation, a.PID), at),
		plain("holds %s since %s, %s; peer holds %s; auto_failback %s", r.Holds, m.clock(r.Since), motion, r.Peer, a.Failback),
	}
}

// between puts one text at the left and one at the right end.
func (m *Model) between(text, end string) Line {
	var l Line
	l.add(Head, pad(text, max(m.width-cells.Width(end)-1, 1), false))
	l.add(Plain, " "+end)
	return l
}

func (m *Model) clock(at time.Time) string { return clock(at.In(m.zone), m.snap.At.In(m.zone)) }

// troublesPane shows at most so many of what is wrong.
func (m *Model) troublesPane(most int) []Line {
	var lines []Line
	all := m.troubles()
	for i, text := range all {
		if i == most-1 && len(all) > most {
			return append(lines, m.andMore(text, len(all)-most))
		}
		lines = append(lines, styled(Bad, "! %s", text))
	}
	return lines
}

// andMore cuts what is wrong rather than the number of what else is.
func (m *Model) andMore(text string, n int) Line {
	more := fmt.Sprintf(", and %d more", n)
	return Line{Spans: []Span{{cells.Cut(clean("! "+text), max(m.width-cells.Width(more), 2)) + more, Bad}}}
}

// cluster shows nodes, their paths and the groups.
func (m *Model) cluster(most int) []Line {
	if m.snap.Cluster == nil {
		return nil
	}
	lines := []Line{styled(Head, "%-34s%-8s%-9s%9s%9s%10s", "NODE, PATH", "STATUS", "SINCE", "HEARD", "EVERY", "JITTER")}
	for _, n := range m.snap.Cluster.Nodes {
		lines = append(lines, m.node(n)...)
	}
	for _, n := range m.snap.Cluster.Pings {
		lines = append(lines, m.node(n)...)
	}
	for _, g := range m.snap.Cluster.Resources.Groups {
		lines = append(lines, group(g))
	}
	if len(lines) > most {
		lines = lines[:most]
	}
	return lines
}

// node shows a node and its paths; one whose only path has its name (a ping node), on one line.
func (m *Model) node(n state.Node) []Line {
	name := n.Name
	switch {
	case n.Self:
		name += " (here)"
	case n.Systole:
		name += " (systole)"
	}
	var l Line
	l.add(Plain, left(name, 34))
	l.add(statusStyle(n.Status), left(n.Status, 8))
	l.add(Plain, left(m.clock(n.Since), 9))
	if n.Self {
		return []Line{l}
	}
	l.add(Plain, right(seconds(n.Age), 9))
	if len(n.Paths) == 1 && n.Paths[0].Name == n.Name {
		l.add(Plain, right(every(n.Paths[0].Interval), 9)+right(jitter(n.Paths[0].Jitter), 10))
		return []Line{l}
	}
	lines := []Line{l}
	for _, p := range n.Paths {
		lines = append(lines, path(p))
	}
	if n.View != nil {
		lines = append(lines, styled(Faint, "  its view: %s", n.View.Words(m.snap.Cluster.Daemon.Node)))
	}
	return lines
}

func path(p state.Path) Line {
	status := "dead"
	if p.Up {
		status = "up"
	}
	var l Line
	l.add(Plain, left("  "+p.Name, 34))
	l.add(statusStyle(status), left(status, 17))
	l.add(Plain, right(seconds(p.Age), 9)+right(every(p.Interval), 9)+right(jitter(p.Jitter), 10))
	return l
}

func statusStyle(status string) Style {
	switch status {
	case "active", "up", "ping":
		return Good
	case "dead":
		return Bad
	}
	return Warn
}

func group(g state.Group) Line {
	var l Line
	l.add(Plain, left(strings.Join(g.Words, " "), 51))
	if g.Holder == "" {
		l.add(Bad, "nobody holds it")
	} else {
		l.add(Good, "held by "+clean(g.Holder))
	}
	return l
}

// eventsPane shows the last events.
func (m *Model) eventsPane(most int) []Line {
	var lines []Line
	all := m.events()
	for _, e := range all[max(0, len(all)-max(most, 0)):] {
		lines = append(lines, styled(Faint, "%s  %s", m.clock(e.At), e.Text))
	}
	return lines
}

// foot is the last line: a question, the filter being written, what became of an order, or keys.
func (m *Model) foot() Line {
	switch {
	case m.mode == asking:
		return styled(Warn, "%s", m.asked())
	case m.mode == filtering:
		return styled(Warn, "show only: %s_", m.filter)
	case m.note != "":
		return styled(Warn, "%s", m.note)
	}
	text := "q quit  ? keys  s sort: " + orders()[m.sort].name + "  / filter"
	if m.filter != "" {
		text += ": " + m.filter
	}
	return styled(Faint, "%s  p pause  d drain  u undrain", text)
}

func (m *Model) help() []Line {
	lines := []Line{styled(Head, "The keys"), {}}
	for _, b := range bindings() {
		var names []string
		for _, k := range b.keys {
			if k == " " {
				k = "space"
			}
			names = append(names, string(k))
		}
		lines = append(lines, plain("  %-14s %s", strings.Join(names, ", "), b.about))
	}
	return append(lines, Line{}, styled(Faint, "any key goes back"))
}
