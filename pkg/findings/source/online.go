package source

import (
	"context"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"systole/pkg/findings"
)

// most is how many real servers are asked at the same time.
const most = 32

// Online has env ask name servers and real servers, each for so long.
func Online(env *findings.Env, limit time.Duration) {
	env.Resolve = func(host string) ([]netip.Addr, error) { return resolve(host, limit) }
	env.Reach = func(to []netip.AddrPort) []error { return reach(to, limit) }
}

func resolve(host string, limit time.Duration) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found, err
}

// reach opens a TCP connection to each address and closes it.
func reach(to []netip.AddrPort, limit time.Duration) []error {
	errs := make([]error, len(to))
	var g errgroup.Group
	g.SetLimit(most)
	for i, at := range to {
		g.Go(func() error {
			conn, err := net.DialTimeout("tcp", at.String(), limit)
			if errs[i] = err; err == nil {
				conn.Close()
			}
			return nil
		})
	}
	g.Wait() // the errors are in errs
	return errs
}
