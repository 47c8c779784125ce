package check

import (
	"context"
	"net/netip"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// connect is a TCP connect; for udp it is a ping, except as a part of combined, where it always
// succeeds (ldirectord spec 9).
func connect(ctx context.Context, env *Env, t Target) Result {
	to, only := t.Connection()
	switch {
	case only:
		return Result{Up: env.Connector.Connect(ctx, to) == nil}
	case t.Virtual.CheckType == ldirectorcf.CheckCombined:
		return Result{Up: true}
	}
	return ping(ctx, env, t)
}

// Connection says where to connect to, if that is all there is to the check: who has a connector at
// hand needs no goroutine for it.
func (t Target) Connection() (to netip.AddrPort, only bool) {
	only = t.Kind == ldirectorcf.CheckConnect && t.Virtual.Service.Protocol != ipvs.UDP
	return netip.AddrPortFrom(t.Real.Addr, uint16(t.Real.CheckPort)), only
}
