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

// Find returns the entry of a service.
func (t Table) Find(id ServiceID) (Entry, bool) {
	if i := t.index(id); i >= 0 {
		return t[i], true
	}
	return Entry{}, false
}

func (t Table) index(id ServiceID) int {
	id = id.Normal()
	return slices.IndexFunc(t, func(e Entry) bool { return e.Service.ServiceID.Normal() == id })
}

// Find returns a destination of the entry.
func (e Entry) Find(id DestID) (Dest, bool) {
	if i := e.index(id); i >= 0 {
		return e.Dests[i], true
	}
	return Dest{}, false
}

func (e Entry) index(id DestID) int {
	id = unmap(id)
	return slices.IndexFunc(e.Dests, func(d Dest) bool { return unmap(d.Addr) == id })
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
	n := t.Sorted()
	for _, c := range changes {
		if err := c.Validate(); err != nil {
			return n, fmt.Errorf("%s: %w", c, err)
		}
		next, err := n.apply(c)
		if err != nil {
			return n, fmt.Errorf("%s: %w", c, err)
		}
		n = next
	}
	return n.Sorted(), nil
}

// apply carries out one change in place.
func (t Table) apply(c Change) (Table, error) {
	i := t.index(c.Service.ServiceID)
	switch {
	case c.Op == AddService && i >= 0:
		return t, ErrServiceExists
	case c.Op == AddService:
		return append(t, Entry{Service: c.Service.Normal()}), nil
	case i < 0:
		return t, ErrNoService
	case c.Op == EditService:
		t[i].Service = c.Service.Normal()
		return t, nil
	case c.Op == DelService:
		return slices.Delete(t, i, i+1), nil
	}
	return t, t[i].apply(c.Op, c.Dest)
}

// apply carries out one destination operation in place.
func (e *Entry) apply(op Op, d Dest) error {
	d.Addr = unmap(d.Addr)
	i := e.index(d.Addr)
	switch {
	case op == AddDest && i >= 0:
		return ErrDestExists
	case op == AddDest:
		e.Dests = append(e.Dests, d)
	case i < 0:
		return ErrNoDest
	case op == EditDest:
		e.Dests[i] = d
	case op == DelDest:
		e.Dests = slices.Delete(e.Dests, i, i+1)
	}
	return nil
}
