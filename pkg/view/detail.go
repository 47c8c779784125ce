package view

import (
	"fmt"
	"strings"

	"systole/pkg/state"
)

// detail tells more of the selected line, in at most an eighth of the screen.
func (m *Model) detail() []Line {
	row, ok := m.current()
	if !ok || m.height < 15 {
		return nil
	}
	clauses := virtualWords(row.virtual)
	if row.real != nil {
		clauses = m.realWords(row)
	}
	return wrapped(Faint, strings.Join(clauses, "; "), m.width, max(1, m.height/8))
}

// virtualWords tell how many servers of a virtual serve, and how they are checked.
func virtualWords(v *state.Virtual) []string {
	clauses := []string{servingWords(v)}
	if v.Check != "" {
		clauses = append(clauses, fmt.Sprintf("check %s every %s", v.Check, every(v.Interval)))
	}
	if v.Persistent > 0 {
		clauses = append(clauses, fmt.Sprintf("persistent %ds", v.Persistent))
	}
	if v.Fallback != "" {
		clauses = append(clauses, "fallback "+v.Fallback)
	}
	return clauses
}

// servingWords count the servers that get connections: in a panic those that are down too.
func servingWords(v *state.Virtual) string {
	up, serving := 0, 0
	for i := range v.Reals {
		r := &v.Reals[i]
		if r.Up {
			up++
		}
		if getsConnections(r) && (r.Up || v.Panic) {
			serving++
		}
	}
	if v.Panic {
		return fmt.Sprintf("panic: %d of %d up, %d serve", up, len(v.Reals), serving)
	}
	return fmt.Sprintf("%d of %d serve", serving, len(v.Reals))
}

func getsConnections(r *state.Real) bool { return r.Listed && r.Weight > 0 }

// realWords tell of a server who holds it, how it is, what hinders it and what its last check said.
func (m *Model) realWords(row row) []string {
	clauses := append(m.orderWords(row), m.stateWords(row.real))
	clauses = append(clauses, hindrances(row)...)
	if !row.real.Checked.IsZero() {
		clauses = append(clauses, m.checkWords(row))
	}
	return clauses
}

func (m *Model) orderWords(row row) []string {
	var clauses []string
	for _, d := range m.snap.Directors {
		for _, o := range d.Orders {
			if d.Name == row.director && concerns(o, row) {
				clauses = append(clauses, "order: "+o.Words(m.zone))
			}
		}
	}
	return clauses
}

// stateWords tell since when a server is as it is, and until when one stays out that fell too often.
func (m *Model) stateWords(r *state.Real) string {
	text := r.State
	if !r.Since.IsZero() {
		text += " since " + m.clock(r.Since)
	}
	if !r.HeldUntil.IsZero() {
		text += " until " + m.clock(r.HeldUntil) + ", fell too often"
	}
	return text
}

// hindrances are what keeps a server from its usual share of the clients, or them from the server.
func hindrances(row row) []string {
	var clauses []string
	r := row.real
	if row.virtual.Panic && !r.Up && getsConnections(r) {
		clauses = append(clauses, "serves all the same: panic")
	}
	if growing(r) {
		clauses = append(clauses, fmt.Sprintf("slow start: weight %d, configured %d", r.Weight, r.Configured))
	}
	if r.Path != "" {
		clauses = append(clauses, "path: "+r.Path)
	}
	return clauses
}

// growing says whether the weight of a server is that of a slow start, and not of an order or of a fall.
func growing(r *state.Real) bool { return r.Growing && r.State == "up" }

// checkWords tell of the last check. What it said of the path is told as that.
func (m *Model) checkWords(row row) string {
	text := row.virtual.Check + " at " + m.clock(row.real.Checked)
	if said := row.real.Said; said != "" && said != row.real.Path {
		text += ": " + said
	}
	return text
}
