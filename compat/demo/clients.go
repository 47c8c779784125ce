package main

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"systole/compat/lab"
	"systole/compat/uml"
)

// askTimeout is when a client gives up. A connection whose first packet is lost
// is tried again by the kernel after 1 s; the timeout leaves room for that.
const askTimeout = 2 * time.Second

// clients are web clients on one host, each with an address of its own. Each
// asks every so often, or as soon as it is answered if that took longer.
type clients struct {
	host   *lab.Host
	url    string
	every  time.Duration
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu   sync.Mutex
	seen map[netip.Addr]lab.Answers
}

func newClients(h *lab.Host, url string) *clients {
	c := &clients{host: h, url: url, every: 200 * time.Millisecond, seen: map[netip.Addr]lab.Answers{}}
	if uml.Inside() { // leave the processor to the directors
		c.every = time.Second
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// start has all clients ask until stop.
func (c *clients) start() {
	for _, a := range clientList() {
		c.seen[a] = nil
	}
	for _, a := range clientList() {
		c.wg.Go(func() { c.askOn(a) })
	}
}

// askOn is one client.
func (c *clients) askOn(from netip.Addr) {
	web := &http.Client{Timeout: askTimeout, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext:       func(ctx context.Context, _, to string) (net.Conn, error) { return c.dial(ctx, from, to) },
	}}
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	for {
		a := c.question(web)
		c.mu.Lock()
		c.seen[from] = append(c.seen[from], a)
		c.mu.Unlock()
		select {
		case <-tick.C:
		case <-c.ctx.Done():
			return
		}
	}
}

// dial connects from an address of the clients' host.
func (c *clients) dial(ctx context.Context, from netip.Addr, to string) (net.Conn, error) {
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), KeepAlive: -1}
	var conn net.Conn
	err := c.host.Do(func() (err error) {
		conn, err = d.DialContext(ctx, "tcp", to)
		return err
	})
	return conn, err
}

// question gets the how-to's page; its last line says which web server it comes from.
func (c *clients) question(web *http.Client) lab.Answer {
	a := lab.Answer{Start: time.Now()}
	a.Server, a.Err = lab.LastLine(web, c.url)
	a.Latency = time.Since(a.Start)
	return a
}

// stop ends the clients and returns what each saw. It may be called again.
func (c *clients) stop() []lab.Answers {
	c.cancel()
	c.wg.Wait()
	return c.all()
}

func (c *clients) all() []lab.Answers {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []lab.Answers
	for _, as := range c.seen {
		out = append(out, slices.Clone(as))
	}
	return out
}

// serversSince counts the answers of each server to questions asked after a time.
// ok says that every client has one.
func (c *clients) serversSince(after time.Time) (servers map[string]int, ok bool) {
	servers, ok = map[string]int{}, true
	for _, as := range c.all() {
		any := false
		for _, a := range as {
			if a.Err == nil && a.Start.After(after) {
				servers[a.Server]++
				any = true
			}
		}
		ok = ok && any
	}
	return servers, ok
}

// view is what clients saw in a time.
type view struct {
	requests, failures int
	gap                time.Duration // longest that one client went without an answer
}

// viewOf sums up the answers that came, and hopes that ended, from one time to
// another. A gap counts where it ends; an outage that lasts longer, also here with
// its length so far.
func viewOf(clients []lab.Answers, from, to time.Time) view {
	var v view
	for _, as := range clients {
		var failed time.Time // the last failure
		for _, a := range as {
			end := a.End()
			if !end.After(from) || end.After(to) {
				continue
			}
			v.requests++
			if a.Err != nil {
				v.failures++
				failed = end
			}
		}
		for _, g := range as.Gaps() {
			switch {
			case g.To.After(from) && !g.To.After(to):
				v.gap = max(v.gap, g.Length())
			case g.To.After(to) && g.From.Before(failed):
				v.gap = max(v.gap, to.Sub(g.From))
			}
		}
	}
	return v
}
