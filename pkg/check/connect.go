package check

import (
	"context"

	"systole/pkg/ipvs"
	"systole/pkg/ldirectorcf"
)

// connect is a TCP connect; for udp it is a ping, except as a part of combined, where it always
// succeeds (ldirectord spec 9).
func connect(ctx context.Context, env *Env, t Target) Result {
	if t.Virtual.Service.Protocol == ipvs.UDP {
		if t.Virtual.CheckType == ldirectorcf.CheckCombined {
			return Result{Up: true}
		}
		return ping(ctx, env, t)
	}
	c, err := open(ctx, env, "tcp", t.address(), 0)
	if err != nil {
		return Result{}
	}
	_ = c.Close()
	return Result{Up: true}
}
