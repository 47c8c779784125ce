package director

import (
	"slices"
	"time"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// View is what the machine knows, for those who show it.
type View struct {
	Phase    string // starting, running, reloading or stopping, as in alerts
	Problems []string
	Virtuals []VirtualView // in file order
	Orders   []Order
}

// VirtualView is a virtual service.
type VirtualView struct {
	Config   *ldirectorcf.Virtual // not to be changed
	Fallback bool                 // the fallback server is in use
	Panic    bool                 // too few reals are up, so that all stay in service
	Reals    []RealView           // in file order
}

// RealView is a real server of a virtual.
type RealView struct {
	Config   *ldirectorcf.Real // not to be changed
	Dest     ipvs.DestID       // as the kernel has it
	State    RealState
	Up       bool      // as the checks have it
	Since    time.Time // of the last change of Up; zero: it has never been judged
	Failures int       // failed checks in a row that have not taken it down yet
	Listed   bool      // it has a destination in the kernel's table
	Weight   int       // of that destination
	Held     time.Time // of a real in state RealHeld: until when
	Growing  bool      // its slow start is not over
	Path     Path      // of the last check of its path; zero: never checked
}

// RealState says in one word how a real server is.
type RealState string

// The states of real servers.
const (
	RealUp          RealState = "up"
	RealDown        RealState = "down"
	RealWaiting     RealState = "waiting"  // for its first check
	RealDraining    RealState = "draining" // ordered, still in the table
	RealDrained     RealState = "drained"  // and its time is over
	RealDisabled    RealState = "disabled"
	RealMaintenance RealState = "maintenance"
	RealHeld        RealState = "held" // out of service after too many falls
)

// View returns what is known now. It takes time in proportion to the number of servers.
func (m *Machine) View() View {
	view := View{Phase: string(m.status()), Problems: m.kernel.problems(), Orders: slices.Clone(m.orders)}
	for _, v := range m.virtuals {
		view.Virtuals = append(view.Virtuals, m.viewOf(v))
	}
	return view
}

func (m *Machine) viewOf(v *virtual) VirtualView {
	view := VirtualView{Config: v.cf, Fallback: v.fallback, Panic: v.panicking, Reals: make([]RealView, len(v.reals))}
	e, _ := m.kernel.have.Find(v.id)
	for i, r := range v.reals {
		d, listed := e.Find(r.dest)
		view.Reals[i] = RealView{Config: r.cf, Dest: r.dest, State: m.stateOf(use{v, r}), Up: r.up, Since: r.turned, Failures: r.failures, Listed: listed, Weight: d.Weight}
		m.viewSteady(&view.Reals[i], r)
	}
	return view
}

// viewSteady adds what only our own directives bring about.
func (m *Machine) viewSteady(view *RealView, r *real) {
	if view.State == RealHeld {
		view.Held = r.held
	}
	view.Growing = r.slow != nil && !r.slow.over
	if c := m.checkOf[r.cf.ID]; c != nil {
		view.Path = c.path
	}
}

// stateOf is the word that matters most.
func (m *Machine) stateOf(u use) RealState {
	switch b := u.r.bidding; {
	case m.maintenance[u.r.addr()]:
		return RealMaintenance
	case b.gone && m.disabled(u):
		return RealDisabled
	case b.gone:
		return RealDrained
	case b.drain:
		return RealDraining
	case u.r.up:
		return RealUp
	case !u.r.judged:
		return RealWaiting
	case u.isHeld(m.now):
		return RealHeld
	}
	return RealDown
}

func (m *Machine) disabled(u use) bool {
	return slices.ContainsFunc(m.orders, func(o Order) bool { return o.Kind == Disable && o.about(u) })
}
