package director

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// OrderKind is what an operator wants of a real server. The original knows the maintenance
// directory only (ldirectord spec 9.8).
type OrderKind string

// The kinds of orders.
const (
	Drain   OrderKind = "drain"   // no new connections; out of the table when the time is over
	Disable OrderKind = "disable" // out of the table at once
	Weight  OrderKind = "weight"  // another weight than the configured one
)

// Order is an operator's word about a real server. It outlives reloads and restarts.
type Order struct {
	Kind    OrderKind
	Real    netip.AddrPort // port 0: whatever the port
	Virtual string         // identity of a virtual ("tcp:10.1.0.70:80"); "": all
	Weight  int            // of Weight
	Reason  string
	By      string // who gave it
	Since   time.Time
	Until   time.Time // zero: until it is revoked
	Over    bool      // the time of a drain is over: the server is out of the table
}

// Instruct gives or revokes an order; the answer is Instructed.
type Instruct struct {
	ID     uint64
	Order  Order
	Revoke bool
}

// Ordered brings the orders of an earlier life, before Configured.
type Ordered struct{ Orders []Order }

// Instructed answers Instruct: the servers that the order is about, or why it was refused.
type Instructed struct {
	ID    uint64
	Reals []string
	Err   error
}

// KeepOrders asks for all orders to be written down; it precedes the Instructed that tells of them.
type KeepOrders struct{ Orders []Order }

func (Instruct) event()    {}
func (Ordered) event()     {}
func (Instructed) action() {}
func (KeepOrders) action() {}

// String returns the trace line.
func (a Instructed) String() string {
	if a.Err != nil {
		return fmt.Sprintf("instructed %d: %v", a.ID, a.Err)
	}
	return fmt.Sprintf("instructed %d: %s", a.ID, strings.Join(a.Reals, ", "))
}

// String returns the trace line.
func (a KeepOrders) String() string {
	texts := make([]string, len(a.Orders))
	for i, o := range a.Orders {
		texts[i] = o.String()
	}
	return "orders keep [" + strings.Join(texts, "; ") + "]"
}

// String returns the order as log lines have it.
func (o Order) String() string {
	text := o.words() + " " + o.Target()
	if o.By != "" {
		text += " by " + o.By
	}
	if !o.Until.IsZero() {
		text += " until " + o.Until.Format("2006-01-02 15:04:05")
	}
	if o.Reason != "" {
		text += " (" + o.Reason + ")"
	}
	return text
}

func (o Order) words() string {
	switch {
	case o.Kind == Weight:
		return fmt.Sprintf("weight %d for", o.Weight)
	case o.Over:
		return "drained"
	}
	return string(o.Kind)
}

// Target names the servers of an order: "10.1.0.11:80 in tcp:10.1.0.70:80".
func (o Order) Target() string {
	real := o.Real.String()
	if o.Real.Port() == 0 {
		real = o.Real.Addr().String()
	}
	if o.Virtual == "" {
		return real
	}
	return real + " in " + o.Virtual
}

// about says whether an order is about a real of a virtual.
func (o Order) about(u use) bool {
	return o.Real.Addr() == u.r.cf.Addr && (o.Real.Port() == 0 || o.Real.Port() == u.r.cf.Port) && (o.Virtual == "" || o.Virtual == u.v.cf.ID)
}

// same says whether two orders are of one kind about the same servers: the later one replaces.
func (o Order) same(p Order) bool {
	return o.Kind == p.Kind && o.Real == p.Real && o.Virtual == p.Virtual
}

// instruct takes or revokes an order.
func (m *Machine) instruct(ev Instruct) {
	reals, err := m.decree(ev)
	if err == nil {
		m.ordersChanged()
	}
	m.emit(Instructed{ev.ID, reals, err})
}

func (m *Machine) decree(ev Instruct) ([]string, error) {
	if m.phase == unconfigured || m.phase == stopping {
		return nil, errors.New("ldirectord is starting or stopping")
	}
	o := ev.Order
	if err := m.resolve(&o); err != nil {
		return nil, err
	}
	reals := m.targets(o)
	switch {
	case ev.Revoke:
		return reals, m.revoke(o)
	case len(reals) == 0:
		return nil, fmt.Errorf("there is no real server %s", o.Target())
	}
	m.orders = append(slices.DeleteFunc(m.orders, o.same), o)
	m.log("Ordered: " + o.String())
	return reals, nil
}

// resolve replaces the name of a virtual by its identity.
func (m *Machine) resolve(o *Order) error {
	if o.Virtual == "" {
		return nil
	}
	var found []string
	for _, v := range m.virtuals {
		if v.cf.ID == o.Virtual || v.cf.Name == o.Virtual {
			found = append(found, v.cf.ID)
		}
	}
	switch len(found) {
	case 0:
		return fmt.Errorf("there is no virtual service %s", o.Virtual)
	case 1:
		o.Virtual = found[0]
		return nil
	}
	return fmt.Errorf("virtual service %s is one of %s", o.Virtual, strings.Join(found, ", "))
}

// targets are the servers that an order is about, in file order.
func (m *Machine) targets(o Order) []string {
	var reals []string
	for _, v := range m.virtuals {
		for _, r := range v.reals {
			if o.about(use{v, r}) {
				reals = append(reals, fmt.Sprintf("%s (%s)", r.addr(), v.cf.Name))
			}
		}
	}
	return reals
}

// revoke takes back the orders of a kind that lie within what o names.
func (m *Machine) revoke(o Order) error {
	within := func(p Order) bool {
		return p.Kind == o.Kind && p.Real.Addr() == o.Real.Addr() && (o.Real.Port() == 0 || p.Real.Port() == o.Real.Port()) &&
			(o.Virtual == "" || p.Virtual == o.Virtual)
	}
	if i := slices.IndexFunc(m.orders, func(p Order) bool { return p.Kind == o.Kind && m.covers(p, o) && !within(p) }); i >= 0 {
		return fmt.Errorf("the order is about more than %s: %s", o.Target(), m.orders[i])
	}
	if !slices.ContainsFunc(m.orders, within) {
		return fmt.Errorf("there is no such order (%s) about %s", o.Kind, o.Target())
	}
	for _, p := range m.orders {
		if within(p) {
			m.log("Order revoked: " + p.String())
		}
	}
	m.orders = slices.DeleteFunc(m.orders, within)
	return nil
}

// covers says whether p is also about all that o is about.
func (m *Machine) covers(p, o Order) bool {
	return p.Real.Addr() == o.Real.Addr() && (p.Real.Port() == 0 || p.Real.Port() == o.Real.Port()) && (p.Virtual == "" || p.Virtual == o.Virtual)
}

// endOrders ends those whose time is over: a drained server leaves the table, the others are as
// configured again.
func (m *Machine) endOrders() {
	var keep []Order
	ended := false
	for _, o := range m.orders {
		if !o.due(m.now) {
			keep = append(keep, o)
			continue
		}
		ended = true
		if o.Kind != Drain {
			m.log("Order ended: " + o.String())
			continue
		}
		o.Over = true
		m.log("Order carried out: " + o.String())
		keep = append(keep, o)
	}
	if ended {
		m.orders = keep
		m.ordersChanged()
	}
}

func (o Order) due(now time.Time) bool {
	return !o.Until.IsZero() && !o.Over && !now.Before(o.Until)
}

// orderDeadline is when the next order ends; zero if none does.
func (m *Machine) orderDeadline() (at time.Time) {
	for _, o := range m.orders {
		if !o.Until.IsZero() && !o.Over && (at.IsZero() || o.Until.Before(at)) {
			at = o.Until
		}
	}
	return at
}

func (m *Machine) ordersChanged() {
	m.emit(KeepOrders{slices.Clone(m.orders)})
	for _, v := range m.virtuals {
		m.obey(v)
	}
}

// bidding is what all orders together make of a real.
type bidding struct {
	drain    bool // weight 0
	gone     bool // not in the table
	reweight bool
	weight   int
}

// held says whether a real gets no new connections.
func (b bidding) held() bool { return b.drain || b.gone }

// obey applies the orders to the reals of a virtual.
func (m *Machine) obey(v *virtual) {
	for _, r := range v.reals {
		u := use{v, r}
		if is := m.biddingOf(u); is != r.bidding {
			if r.bidding.held() && !is.held() && r.up {
				m.startSlowly(u)
			}
			r.bidding = is
			m.touch(v)
			m.conclude(u)
		}
	}
}

func (m *Machine) biddingOf(u use) (b bidding) {
	for _, o := range m.orders {
		switch {
		case !o.about(u):
		case o.Kind == Weight:
			b.reweight, b.weight = true, o.Weight
		case o.Kind == Disable || o.Over:
			b.gone = true
		default:
			b.drain = true
		}
	}
	return b
}

// weight is the ordered or else the configured one, or as much of it as the server has by now.
func (r *real) weight() int {
	full := r.cf.Weight
	if r.bidding.reweight {
		full = r.bidding.weight
	}
	return r.slow.grown(full)
}
