package director

import (
	"cmp"
	"fmt"

	"systole/pkg/ipvs"
)

// report logs what worked, in the original's words (ldirectord spec 12), and mails it.
func (m *Machine) report(lines []line) {
	for _, l := range lines {
		m.log(l.text)
		if l.v != nil {
			m.alert(l.v, l.text)
		}
	}
}

// changeLines are the lines of a change of a virtual that stays. Those of our own conduct are not mailed.
func (m *Machine) changeLines(v *virtual, c ipvs.Change) []line {
	if text := cmp.Or(m.slowText(v, c), v.panicText(c)); text != "" {
		return []line{{text, nil}}
	}
	switch {
	case c.Op == ipvs.AddService:
		return []line{{"Added virtual server: " + v.cf.Name, nil}}
	case c.Op == ipvs.EditService && v.announced:
		return nil
	case c.Op == ipvs.EditService:
		return []line{{"Changed virtual server: " + v.cf.Name, nil}}
	}
	return []line{{v.destText(c), v}}
}

// goneLines are the lines of a deleted virtual and, at the end, of the servers that were up in
// it: the original deletes those one by one, the kernel takes them with the service.
func (v *virtual) goneLines(atStop bool) []line {
	if !atStop {
		return []line{{"Purged virtual server (start): " + v.cf.Name, nil}}
	}
	var lines []line
	for _, r := range v.reals {
		if r.up && !r.bidding.gone {
			lines = append(lines, line{fmt.Sprintf("Purged real server (stop): %s (%s)", r.addr(), v.cf.Name), v})
		}
	}
	return append(lines, line{"Purged virtual server (stop): " + v.cf.Name, nil})
}

// destText is the log line of a destination's change.
func (v *virtual) destText(c ipvs.Change) string {
	if f, ok := v.fallbackDest(); ok && f.Addr == c.Dest.Addr && (v.fallback || v.realAt(f.Addr) == nil) {
		return v.fallbackText(c)
	}
	r := v.realAt(c.Dest.Addr)
	if r == nil {
		return fmt.Sprintf("Purged real server (start): %s (%s)", c.Dest.Addr, v.cf.Name)
	}
	switch {
	case c.Op == ipvs.DelDest:
		return fmt.Sprintf("Deleted real server: %s (%s)", r.mapped(), v.cf.Name)
	case r.up && r.bidding.drain:
		return fmt.Sprintf("Drained real server: %s (%s) (Weight set to 0)", r.mapped(), v.cf.Name)
	case r.up:
		return fmt.Sprintf("%s real server: %s (%s) (Weight set to %d)", verb(c.Op), r.addr(), v.cf.Name, c.Dest.Weight)
	case c.Op == ipvs.AddDest && v.cf.ReaddQuiescent:
		return fmt.Sprintf("Readd Quiescent real server: %s (%s) (Weight set to 0)", r.addr(), v.cf.Name)
	}
	return fmt.Sprintf("Quiescent real server: %s (%s) (Weight set to 0)", r.mapped(), v.cf.Name)
}

func (v *virtual) fallbackText(c ipvs.Change) string {
	a, _ := v.fallbackAddr()
	if c.Op == ipvs.DelDest {
		return fmt.Sprintf("Deleted fallback server: %s (%s)", a, v.cf.Name)
	}
	return fmt.Sprintf("%s fallback server: %s (%s) (Weight set to 1)", verb(c.Op), a, v.cf.Name)
}

func verb(op ipvs.Op) string {
	if op == ipvs.AddDest {
		return "Added"
	}
	return "Restored"
}

// realAt finds the real behind a destination: of several, the last one that is up.
func (v *virtual) realAt(d ipvs.DestID) *real {
	var found *real
	for _, r := range v.at[d] {
		if found == nil || r.up {
			found = r
		}
	}
	return found
}

// mapped is the real as the original logs it when it goes: with the table's port if that is another.
func (r *real) mapped() string {
	if r.dest.Port() == r.addr().Port() {
		return r.addr().String()
	}
	return fmt.Sprintf("%s mapped from %s", r.dest, r.addr())
}
