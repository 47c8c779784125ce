package view

import (
	"cmp"
	"slices"
	"strings"

	"systole/pkg/state"
)

// row is a line of the table: a real, or the virtual above its reals.
type row struct {
	director string
	virtual  *state.Virtual
	real     *state.Real // nil: the virtual itself
}

// rowKey recognises a row in the next snapshot.
type rowKey struct{ director, virtual, real string }

func (r row) key() rowKey {
	k := rowKey{director: r.director, virtual: r.virtual.ID}
	if r.real != nil {
		k.real = r.real.Name
	}
	return k
}

// order is a way to sort the reals of a virtual.
type order struct {
	name string
	less func(a, b *state.Real) int // nil: as in the file
}

// orders are those that the key s goes through.
func orders() []order {
	return []order{
		{"file", nil},
		{"active", func(a, b *state.Real) int { return cmp.Compare(b.Counters.Active, a.Counters.Active) }},
		{"new/s", func(a, b *state.Real) int { return cmp.Compare(b.Counters.CPS, a.Counters.CPS) }},
		{"check", func(a, b *state.Real) int { return cmp.Compare(slowness(b), slowness(a)) }},
		{"state", func(a, b *state.Real) int { return cmp.Compare(trouble(b), trouble(a)) }},
		{"name", func(a, b *state.Real) int { return cmp.Compare(a.Name, b.Name) }},
	}
}

// slowness puts failed checks before the slow ones.
func slowness(r *state.Real) int64 {
	if n := len(r.Past); n > 0 && r.Past[n-1] == state.Failed {
		return 1 << 62
	}
	return r.Took
}

// trouble puts what is wrong first, then what is wanted so.
func trouble(r *state.Real) int {
	switch {
	case r.State == "down":
		return 3
	case r.State == "waiting" || r.State == "held" || r.Path != "":
		return 2
	case r.Held() || growing(r):
		return 1
	}
	return 0
}

// rows are those that the filter lets through, sorted.
func (m *Model) rows() []row {
	var all []row
	for i := range m.snap.Directors {
		d := &m.snap.Directors[i]
		for j := range d.Virtuals {
			all = append(all, m.rowsOf(d.Name, &d.Virtuals[j])...)
		}
	}
	return all
}

// rowsOf are a virtual and its reals. A virtual whose own name passes the filter shows all of them.
func (m *Model) rowsOf(director string, v *state.Virtual) []row {
	whole := m.passes(v.ID, v.Scheduler, exception(v))
	var reals []row
	for i := range v.Reals {
		if r := (row{director, v, &v.Reals[i]}); whole || m.passes(r.words()...) {
			reals = append(reals, r)
		}
	}
	if len(reals) == 0 && !whole {
		return nil
	}
	if less := orders()[m.sort].less; less != nil {
		slices.SortStableFunc(reals, func(a, b row) int { return less(a.real, b.real) })
	}
	return append([]row{{director, v, nil}}, reals...)
}

// words are those by which the filter finds a real.
func (r row) words() []string {
	words := []string{r.real.Name, r.real.State, r.real.Forward, stateCell(nil, r).text}
	if r.real.Path != "" {
		words = append(words, "path")
	}
	return words
}

func (m *Model) passes(words ...string) bool {
	for _, w := range words {
		if strings.Contains(strings.ToLower(w), strings.ToLower(m.filter)) {
			return true
		}
	}
	return false
}

// events are those of all daemons, oldest first.
func (m *Model) events() []state.Event {
	var all []state.Event
	if m.snap.Cluster != nil {
		all = append(all, m.snap.Cluster.Events...)
	}
	for _, d := range m.snap.Directors {
		all = append(all, d.Events...)
	}
	slices.SortStableFunc(all, func(a, b state.Event) int { return a.At.Compare(b.At) })
	return all
}

// troubles are what is not as it should be.
func (m *Model) troubles() []string {
	var all []string
	if m.snap.Cluster != nil {
		all = append(all, m.snap.Cluster.Degraded()...)
	}
	for i := range m.snap.Directors {
		d := &m.snap.Directors[i]
		if !d.Running {
			all = append(all, "ldirectord "+d.Name+" is not running, and its pid file is there")
		}
		all = append(all, d.Degraded()...)
	}
	return all
}
