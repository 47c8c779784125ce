package drpath

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// again is after how long a SYN is repeated (RFC 6298 2.1).
const again = time.Second

// Answer is what came back.
type Answer uint8

// The answers.
const (
	Silent    Answer = iota // nothing
	Accepted                // SYN/ACK: the server has the address, and serves it
	Refused                 // RST: it has the address, and nothing listens there
	Unreached               // the server's MAC address could not be found out
	Local                   // the real server is this machine: nothing is sent
)

// Question is a virtual service and a real server of it.
type Question struct {
	Virtual netip.AddrPort // of TCP; its port is not 0
	Real    netip.Addr
}

// Words tells an answer to a question; "" for one that is as it should be.
func (a Answer) Words(q Question) string {
	switch a {
	case Silent:
		return fmt.Sprintf("no answer for %s, sent to the MAC address of %s: see if it has %s on lo", q.Virtual, q.Real, q.Virtual.Addr())
	case Refused:
		return fmt.Sprintf("%s has the address, but refuses connections to %s", q.Real, q.Virtual)
	case Unreached:
		return fmt.Sprintf("the MAC address of %s cannot be found out", q.Real)
	}
	return ""
}

// Prober asks questions, from any number of goroutines. The zero value is ready; it holds nothing
// until it is asked.
type Prober struct {
	mu    sync.Mutex
	links map[linkKey]*link
	avoid map[netip.Addr]bool
}

type linkKey struct {
	index int
	ipv6  bool
}

// Ask asks once and waits for the answer until the context ends: that is Silent. The error says why
// nothing could be asked, or that the context was cancelled.
func (p *Prober) Ask(ctx context.Context, q Question) (Answer, error) {
	w, err := wayTo(q.Real)
	switch {
	case err != nil:
		return Silent, err
	case w.local:
		return Local, nil
	}
	l, avoid, err := p.link(linkKey{w.index, q.Real.Is6()})
	if err != nil {
		return Silent, err
	}
	from, err := w.source(q.Real, avoid)
	if err != nil {
		return Silent, err
	}
	mac, err := w.mac(ctx)
	switch {
	case err != nil:
		return Silent, err
	case mac == nil && errors.Is(ctx.Err(), context.Canceled):
		return Silent, ctx.Err()
	case mac == nil:
		return Unreached, nil
	}
	return l.ask(ctx, q.Virtual, from, mac)
}

// ask has the dialogue.
func (l *link) ask(ctx context.Context, virtual netip.AddrPort, from netip.Addr, mac net.HardwareAddr) (Answer, error) {
	answer := make(chan byte, 1)
	seq := rand.Uint32()
	at, err := l.expect(virtual, question{seq, answer})
	if err != nil {
		return Silent, err
	}
	defer l.forget(at)
	syn := segment{from: netip.AddrPortFrom(from, at.port), to: virtual, seq: seq, flags: flagSYN}
	repeat := time.NewTicker(again)
	defer repeat.Stop()
	for {
		if err := l.send(syn, mac); err != nil {
			return Silent, err
		}
		select {
		case flags := <-answer:
			if flags&flagRST != 0 {
				return Refused, nil
			}
			return Accepted, l.send(segment{from: syn.from, to: virtual, seq: seq + 1, flags: flagRST}, mac)
		case <-repeat.C:
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return Silent, ctx.Err()
			}
			return Silent, nil
		}
	}
}

// Avoid names all virtual addresses: servers have them on lo, so that none of them may be asked from.
func (p *Prober) Avoid(virtuals map[netip.Addr]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.avoid = virtuals
}

// link returns the socket of an interface, opened at the first question, and the addresses to avoid.
func (p *Prober) link(key linkKey) (*link, map[netip.Addr]bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.links[key]; l != nil {
		return l, p.avoid, nil
	}
	l, err := openLink(key.index, key.ipv6)
	if err != nil {
		return nil, nil, err
	}
	if p.links == nil {
		p.links = map[linkKey]*link{}
	}
	p.links[key] = l
	go func() {
		defer close(l.done)
		l.read()
		p.drop(key, l)
	}()
	return l, p.avoid, nil
}

// drop forgets a socket that reads no more, so that the next question opens another.
func (p *Prober) drop(key linkKey, l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.links[key] == l {
		delete(p.links, key)
	}
	_ = l.conn.Close()
}

// Close ends the sockets and waits for their readers. Questions that wait find no answer; a later one
// opens a socket again.
func (p *Prober) Close() {
	p.mu.Lock()
	open := slices.Collect(maps.Values(p.links))
	clear(p.links)
	p.mu.Unlock()
	for _, l := range open {
		_ = l.conn.SetReadDeadline(time.Unix(1, 0)) // its reader ends and closes it
		<-l.done
	}
}
