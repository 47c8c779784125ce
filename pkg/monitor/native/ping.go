package native

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"systole/pkg/check"
	"systole/pkg/ldirectorcf"
)

// pingMonitor asks each host for an echo, COUNT times a second apart; one answer is enough.
func pingMonitor(ctx context.Context, c Call) int {
	o := newOptions("ping.monitor")
	count := o.IntP("count", "c", 5, "")
	o.BoolP("ipv6", "6", false, "")
	hosts := o.hosts(c)
	if len(hosts) == 0 {
		fmt.Fprintln(c.Stdout, "ping: no hosts found")
		return 1
	}
	all := echoes(ctx, hosts, *count, time.Second)
	if exit(all) != 0 {
		fmt.Fprintln(c.Stdout, failures(all))
	}
	return exit(all)
}

// fpingMonitor asks each host once and RETRIES times more, MS milliseconds apart.
func fpingMonitor(ctx context.Context, c Call) int {
	o := newOptions("fping.monitor")
	wait := o.IntP("timeout", "t", 2000, "")
	retries := o.IntP("retries", "r", 3, "")
	o.BoolP("all", "a", false, "")
	hosts := o.hosts(c)
	if len(hosts) == 0 {
		fmt.Fprintln(c.Stdout, "fping: no hosts found")
		return 1
	}
	all := echoes(ctx, hosts, *retries+1, time.Duration(*wait)*time.Millisecond)
	fmt.Fprintf(c.Stdout, "%s\n", failures(all))
	if exit(all) != 0 {
		fmt.Fprintf(c.Stdout, "\n------------------------------------------------------------------------------\nunreachable hosts\n"+
			"------------------------------------------------------------------------------\n")
		texts(c.Stdout, all, true)
	}
	return exit(all)
}

// echoes asks all hosts.
func echoes(ctx context.Context, hosts []string, count int, wait time.Duration) []outcome {
	env := check.System("", nil)
	return each(hosts, func(h string) outcome {
		to, err := address(ctx, h)
		if err != nil {
			return outcome{failed: true, text: h + "\n"}
		}
		r := ldirectorcf.Real{}
		if r.Addr, err = netip.ParseAddr(to); err != nil {
			return outcome{failed: true, text: h + "\n"}
		}
		v := ldirectorcf.Virtual{CheckCount: count, CheckTimeout: wait}
		ctx, cancel := context.WithTimeout(ctx, time.Duration(max(count, 1))*wait+time.Second)
		defer cancel()
		res := check.Run(ctx, env, check.Target{Virtual: &v, Real: &r, Kind: ldirectorcf.CheckPing})
		return outcome{failed: !res.Up, text: h + "\n"}
	})
}
