package director

import (
	"slices"

	"systole/pkg/ipvs"
)

// plan returns the changes the table needs, virtuals in file order. What failed is left out
// until its retry is due, with all that depends on it.
func (m *Machine) plan() []step {
	var plan []step
	for _, v := range m.takeTouched() {
		for _, c := range m.attempt(v, ipvs.Plan(m.present(v.id), ipvs.Table{v.wanted()}, nil)) {
			plan = append(plan, step{c, m.changeLines(v, c)})
		}
		v.announced = false
	}
	for _, v := range m.unwanted() {
		for _, c := range m.attempt(v, ipvs.Plan(m.present(v.id), nil, map[ipvs.ServiceID]bool{v.id: true})) {
			plan = append(plan, step{c, v.goneLines(m.phase == stopping)})
		}
	}
	if m.kernel.retry {
		m.kernel.retry = false
		m.kernel.forget(plan)
	}
	return plan
}

// takeTouched returns the virtuals to look at, in file order. At the end none matters any more.
func (m *Machine) takeTouched() []*virtual {
	if m.phase == stopping {
		return nil
	}
	all := inOrder(m.touched)
	m.touched = nil
	for _, v := range all {
		v.changed = false
	}
	return all
}

// forget drops the failures of changes that are not wanted any more.
func (k *kernel) forget(plan []step) {
	k.failed = slices.DeleteFunc(k.failed, func(f failure) bool {
		return !slices.ContainsFunc(plan, func(s step) bool { return s.change.String() == f.change })
	})
}

// present returns the part of the table that holds one service.
func (m *Machine) present(id ipvs.ServiceID) ipvs.Table {
	if e, ok := m.kernel.have.Find(id); ok {
		return ipvs.Table{e}
	}
	return nil
}

// unwanted are the virtuals to delete: those of an earlier configuration and, at the end,
// all that cleanstop does not keep.
func (m *Machine) unwanted() []*virtual {
	if m.phase != stopping {
		return m.retired
	}
	all := slices.Clone(m.retired)
	for _, v := range m.virtuals {
		if v.cf.CleanStop {
			all = append(all, v)
		}
	}
	return all
}

// attempt drops what has failed before, unless a retry is due or the end is near.
func (m *Machine) attempt(v *virtual, plan []ipvs.Change) []ipvs.Change {
	if m.kernel.retry || m.phase == stopping || len(m.kernel.failed) == 0 {
		return plan
	}
	var keep []ipvs.Change
	for _, c := range plan {
		if !m.kernel.hasFailed(c) {
			keep = append(keep, c)
			continue
		}
		m.touch(v)
		if m.kernel.retryAt.IsZero() {
			m.retryLater()
		}
		if c.Op == ipvs.AddService {
			return nil
		}
	}
	return keep
}

func (k *kernel) hasFailed(c ipvs.Change) bool {
	text := c.String()
	return slices.ContainsFunc(k.failed, func(f failure) bool { return f.change == text })
}
