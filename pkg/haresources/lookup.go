package haresources

import (
	"slices"
	"strings"
)

// ListKeys returns the keys of the groups that prefer node, in file order.
func ListKeys(groups []Group, node string) []string {
	return keys(groups, func(g Group) bool { return strings.EqualFold(g.Owner, node) })
}

// AllKeys returns the keys of all groups.
func AllKeys(groups []Group) []string {
	return keys(groups, func(Group) bool { return true })
}

// keys leaves out groups without resources and keys that an earlier group has: nothing could
// be done with either.
func keys(groups []Group, want func(Group) bool) []string {
	var found []string
	for _, g := range groups {
		if key := g.Key(); key != "" && want(g) && !slices.Contains(found, key) {
			found = append(found, key)
		}
	}
	return found
}

// OurGroups returns the groups that prefer the node self: the resources "local" to it.
func OurGroups(groups []Group, self string) []Group {
	return filter(groups, func(g Group) bool { return strings.EqualFold(g.Owner, self) })
}

// OtherGroups returns the groups of all other nodes: the resources "foreign" to self.
func OtherGroups(groups []Group, self string) []Group {
	return filter(groups, func(g Group) bool { return !strings.EqualFold(g.Owner, self) })
}

func filter(groups []Group, want func(Group) bool) []Group {
	var found []Group
	for _, g := range groups {
		if len(g.Resources) > 0 && want(g) {
			found = append(found, g)
		}
	}
	return found
}

// FindGroup returns the group that takegroup and givegroup act on: the first one whose key is
// the word, else the first one that has the word among its resources. Words are compared
// literally. The original takes them for regular expressions and joins all the lines that
// match, of which the second then fails on its node name (failover spec 2.2).
func FindGroup(groups []Group, word string) (Group, bool) {
	if word == "" {
		return Group{}, false
	}
	for _, g := range groups {
		if g.Key() == word {
			return g, true
		}
	}
	for _, g := range groups {
		if slices.Contains(g.Words(), word) {
			return g, true
		}
	}
	return Group{}, false
}
