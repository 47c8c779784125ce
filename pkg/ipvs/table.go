package ipvs

import (
	"errors"
	"fmt"
	"slices"
)

// What a table refuses, as the kernel does with EEXIST, ESRCH and ENOENT (agents spec 9.6).
var (
	ErrServiceExists = errors.New("service already exists")
	ErrNoService     = errors.New("no such service")
	ErrDestExists    = errors.New("destination already exists")
	ErrNoDest        = errors.New("no such destination")
)

// Find returns the entry of a service of a table in the order of Sorted.
func (t Table) Find(id ServiceID) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(t, id.Normal(), func(e Entry, id ServiceID) int { return e.Service.ServiceID.Compare(id) })
	if !ok {
		return Entry{}, false
	}
	return t[i], true
}

// Find returns a destination of an entry whose destinations are in the order of Table.Sorted.
func (e Entry) Find(id DestID) (Dest, bool) {
	i, ok := slices.BinarySearchFunc(e.Dests, unmap(id), func(d Dest, id DestID) int { return d.Addr.Compare(id) })
	if !ok {
		return Dest{}, false
	}
	return e.Dests[i], true
}

// IDs returns the identities of all services of the table, as Plan takes them.
func (t Table) IDs() map[ServiceID]bool {
	ids := make(map[ServiceID]bool, len(t))
	for _, e := range t {
		ids[e.Service.ServiceID.Normal()] = true
	}
	return ids
}

// Apply returns the table as the kernel would hold it after the changes. It stops at the first
// change that is invalid or that the kernel would refuse; the table is then as it was before that
// change. t itself is not changed.
func (t Table) Apply(changes []Change) (Table, error) {
	d := draft{t.Sorted(), map[ServiceID]*open{}}
	for _, c := range changes {
		err := c.Validate()
		if err == nil {
			err = d.apply(c)
		}
		if err != nil {
			return d.table(), fmt.Errorf("%s: %w", c, err)
		}
	}
	return d.table(), nil
}

// draft is a table that is being changed. Only what changes is opened, so that a change in a table of
// thousands costs little more than a copy of it.
type draft struct {
	was  Table
	open map[ServiceID]*open // nil: deleted
}

// open is an entry that is being changed: its destinations, in order but for new ones, and where
// those are that it still has.
type open struct {
	service Service
	dests   []Dest
	at      map[DestID]int
}

// entry opens an entry; nil if there is none.
func (d draft) entry(id ServiceID) *open {
	if o, opened := d.open[id]; opened {
		return o
	}
	e, there := d.was.Find(id)
	if !there {
		return nil
	}
	o := &open{e.Service, e.Dests, make(map[DestID]int, len(e.Dests))}
	for i, dest := range e.Dests {
		o.at[dest.Addr] = i
	}
	d.open[id] = o
	return o
}

// table closes what is open.
func (d draft) table() Table {
	t := slices.DeleteFunc(d.was, func(e Entry) bool {
		_, opened := d.open[e.Service.ServiceID]
		return opened
	})
	for _, o := range d.open {
		if o != nil {
			t = append(t, o.entry())
		}
	}
	return mergeEqual(t)
}

func (o *open) entry() Entry {
	var dests []Dest
	for i, dest := range o.dests {
		if at, there := o.at[dest.Addr]; there && at == i {
			dests = append(dests, dest)
		}
	}
	return Entry{o.service, sortedDests(dests)}
}

func (d draft) apply(c Change) error {
	id := c.Service.ServiceID.Normal()
	o := d.entry(id)
	switch {
	case c.Op == AddService && o != nil:
		return ErrServiceExists
	case c.Op == AddService:
		d.open[id] = &open{service: c.Service.Normal(), at: map[DestID]int{}}
	case o == nil:
		return ErrNoService
	case c.Op == EditService:
		o.service = c.Service.Normal()
	case c.Op == DelService:
		d.open[id] = nil
	default:
		return o.apply(c.Op, c.Dest)
	}
	return nil
}

func (o *open) apply(op Op, dest Dest) error {
	dest.Addr = unmap(dest.Addr)
	i, there := o.at[dest.Addr]
	switch {
	case op == AddDest && there:
		return ErrDestExists
	case op != AddDest && !there:
		return ErrNoDest
	case op == DelDest:
		delete(o.at, dest.Addr)
	case op == AddDest:
		o.at[dest.Addr] = len(o.dests)
		o.dests = append(o.dests, dest)
	default:
		o.dests[i] = dest
	}
	return nil
}
