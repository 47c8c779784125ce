package hbapi

import (
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strconv"

	"systole/pkg/hacf"
)

// Access says who may sign on under which name (apiauth, tools spec 8.9).
type Access []Rule

// Rule is the entry of one client name: allowed are these users and these primary groups.
type Rule struct {
	Client string
	UIDs   []uint32
	GIDs   []uint32
}

const (
	anyClient    = "default" // the entry of names that have none
	casualClient = "anon"    // the entry of casual clients
)

// rule returns the entry that decides about a client.
func (a Access) rule(id string, casual bool) (Rule, bool) {
	names := []string{id, anyClient}
	if casual {
		names = []string{casualClient}
	}
	for _, name := range names {
		if i := slices.IndexFunc(a, func(r Rule) bool { return r.Client == name }); i >= 0 {
			return a[i], true
		}
	}
	return Rule{}, false
}

func (r Rule) allows(c Credentials) bool {
	return slices.Contains(r.UIDs, c.UID) || slices.Contains(r.GIDs, c.GID)
}

// ResolveAccess turns the names of apiauth entries into the numbers of this system. A name nobody
// has is left out, so that it allows nobody, and is in the error; the rest is usable all the same.
func ResolveAccess(entries []hacf.APIAuth) (Access, error) {
	var access Access
	var errs []error
	for _, e := range entries {
		rule := Rule{Client: e.Client}
		for _, name := range e.UIDs {
			rule.UIDs = appendID(rule.UIDs, name, userID, &errs)
		}
		for _, name := range e.GIDs {
			rule.GIDs = appendID(rule.GIDs, name, groupID, &errs)
		}
		access = append(access, rule)
	}
	return access, errors.Join(errs...)
}

func appendID(ids []uint32, name string, lookup func(string) (string, error), errs *[]error) []uint32 {
	number := name
	if _, err := strconv.ParseUint(name, 10, 32); err != nil {
		if number, err = lookup(name); err != nil {
			*errs = append(*errs, fmt.Errorf("apiauth: %w", err))
			return ids
		}
	}
	id, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		*errs = append(*errs, fmt.Errorf("apiauth: %s: %w", name, err))
		return ids
	}
	return append(ids, uint32(id))
}

func userID(name string) (string, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return "", err
	}
	return u.Uid, nil
}

func groupID(name string) (string, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return "", err
	}
	return g.Gid, nil
}
