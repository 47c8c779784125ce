package hbd

import (
	"os/user"
	"strconv"
)

// Account are the ids of hacluster:haclient, to whom run directories and logs belong.
type Account struct{ UID, GID int }

// lookupAccount finds hacluster and haclient; missing ones are root, which loses nothing.
func lookupAccount() Account {
	var a Account
	if u, err := user.Lookup("hacluster"); err == nil {
		a.UID, _ = strconv.Atoi(u.Uid)
		a.GID, _ = strconv.Atoi(u.Gid)
	}
	if g, err := user.LookupGroup("haclient"); err == nil {
		a.GID, _ = strconv.Atoi(g.Gid)
	}
	return a
}
