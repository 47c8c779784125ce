package ipvs

import (
	"errors"
	"fmt"
	"maps"
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
	d := t.draft()
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

// draft is a table that is being changed.
type draft map[ServiceID]*open

type open struct {
	service Service
	dests   map[DestID]Dest
}

func (t Table) draft() draft {
	d := make(draft, len(t))
	for _, e := range t.Sorted() {
		o := &open{e.Service, make(map[DestID]Dest, len(e.Dests))}
		for _, dest := range e.Dests {
			o.dests[unmap(dest.Addr)] = dest
		}
		d[e.Service.ServiceID] = o
	}
	return d
}

func (d draft) table() Table {
	t := make(Table, 0, len(d))
	for _, o := range d {
		t = append(t, Entry{o.service, slices.Collect(maps.Values(o.dests))})
	}
	return t.Sorted()
}

func (d draft) apply(c Change) error {
	id := c.Service.ServiceID.Normal()
	o, there := d[id]
	switch {
	case c.Op == AddService && there:
		return ErrServiceExists
	case c.Op == AddService:
		d[id] = &open{c.Service.Normal(), map[DestID]Dest{}}
	case !there:
		return ErrNoService
	case c.Op == EditService:
		o.service = c.Service.Normal()
	case c.Op == DelService:
		delete(d, id)
	default:
		return o.apply(c.Op, c.Dest)
	}
	return nil
}

func (o *open) apply(op Op, dest Dest) error {
	dest.Addr = unmap(dest.Addr)
	_, there := o.dests[dest.Addr]
	switch {
	case op == AddDest && there:
		return ErrDestExists
	case op != AddDest && !there:
		return ErrNoDest
	case op == DelDest:
		delete(o.dests, dest.Addr)
	default:
		o.dests[dest.Addr] = dest
	}
	return nil
}
