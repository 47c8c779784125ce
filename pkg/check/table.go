package check

import (
	"context"

	"systole/pkg/ldirectorcf"
)

// Named is one line of a table.
type Named struct {
	Name string
	Func Func
}

// Types are the check types (ldirectord spec 4.2, checktype=). on and off need no check, and
// combined is negotiate and connect in turn: package director decides which.
func Types() []Named {
	return []Named{
		{string(ldirectorcf.CheckNegotiate), negotiate},
		{string(ldirectorcf.CheckConnect), connect},
		{string(ldirectorcf.CheckPing), ping},
		{string(ldirectorcf.CheckExternal), external},
		{string(ldirectorcf.CheckExternalPerl), externalPerl},
	}
}

// Services are the services of a negotiate check (ldirectord spec 4.2, service=).
func Services() []Named {
	return []Named{
		{"none", none},
		{"http", web},
		{"https", web},
		{"http_proxy", web},
		{"smtp", smtp},
		{"submission", smtp},
		{"pop", pop},
		{"pops", pop},
		{"imap", imap},
		{"imaps", imap},
		{"nntp", nntp},
		{"ftp", ftp},
		{"simpletcp", simpletcp},
		{"sip", sip},
		{"dns", dns},
		{"radius", radius},
		{"ldap", ldap},
		{"ldaps", ldap},
		{"mysql", database},
		{"pgsql", database},
		{"oracle", database},
		{"h2", http2}, // from here on ours
		{"h2c", http2},
		{"grpc", grpc},
		{"grpcs", grpc},
	}
}

func find(table []Named, name string) Func {
	for _, n := range table {
		if n.Name == name {
			return n.Func
		}
	}
	return nil
}

func negotiate(ctx context.Context, env *Env, t Target) Result {
	f := find(Services(), t.Virtual.CheckService)
	if f == nil {
		return Result{Message: "no check for service " + t.Virtual.CheckService}
	}
	return f(ctx, env, t)
}

// none is always up.
func none(context.Context, *Env, Target) Result { return Result{Up: true} }
