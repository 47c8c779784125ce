package check

import (
	"context"
	"time"

	ldapv3 "github.com/go-ldap/ldap/v3"
)

// ldap is the check of ldap and ldaps (ldirectord spec 9.4): a bind, with login and passwd if
// both are given, and a base search at request for (objectClass=*). Up if there is exactly one
// entry and its DN matches receive.
func ldap(ctx context.Context, env *Env, t Target) Result {
	w, err := open(ctx, env, "tcp", t.address(), bodyMax)
	if err != nil {
		return Result{Message: "Connection failed"}
	}
	defer w.Close()
	encrypted := t.Virtual.CheckService == "ldaps"
	if encrypted {
		if err := w.encrypt(ctx, t.Real.Addr.String()); err != nil {
			return Result{Message: "Connection failed"}
		}
	}
	c := ldapv3.NewConn(&gate{wire: w, next: ldapMessage}, encrypted)
	if end, ok := ctx.Deadline(); ok {
		c.SetTimeout(max(time.Until(end), time.Millisecond))
	}
	c.Start()
	defer c.Close()
	if err := ldapBind(c, t.Virtual.Login, t.Virtual.Passwd); err != nil {
		return Result{Message: "Bind failed"}
	}
	found, err := c.Search(ldapv3.NewSearchRequest(t.request(), ldapv3.ScopeBaseObject, ldapv3.DerefAlways,
		0, 0, false, "(objectClass=*)", nil, nil))
	switch {
	case err != nil || len(found.Entries) != 1:
		return Result{Message: "No answer received"}
	case !t.Receive.Match([]byte(found.Entries[0].DN)):
		return Result{Message: mismatch}
	}
	return Result{Up: true, Message: "Success"}
}

func ldapBind(c *ldapv3.Conn, login, passwd string) error {
	if login == "" || passwd == "" {
		return c.UnauthenticatedBind("")
	}
	return c.Bind(login, passwd)
}
