package garp

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// probes is how many questions a Probe asks, spread over its time: RFC 5227 asks three.
const probes = 3

// Probe asks the LAN whether another machine has ip, for wait at most (200–300 ms is plenty on
// a LAN), and returns the MAC that answered, or nil. The interface must be up; it needs no
// address. It also hears an announcement that happens to pass.
func Probe(ctx context.Context, ifi *net.Interface, ip netip.Addr, wait time.Duration) (net.HardwareAddr, error) {
	question, err := probe(ifi.HardwareAddr, ip)
	if err != nil {
		return nil, err
	}
	conn, err := openClaims(ifi, ip)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	end := context.AfterFunc(ctx, func() { conn.SetReadDeadline(time.Unix(1, 0)) })
	defer end()
	for range probes {
		if err := conn.send(question); err != nil {
			return nil, err
		}
		if err := conn.SetReadDeadline(time.Now().Add(wait / probes)); err != nil {
			return nil, err
		}
		mac, err := nextClaim(conn, ifi.HardwareAddr)
		if mac != nil || ctx.Err() != nil {
			return mac, ctx.Err()
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, err
		}
	}
	return nil, nil
}

// Watcher reports other machines that claim an address.
type Watcher struct {
	conn *socket
	done chan struct{}
}

// Watch calls claim, from one goroutine, with the MAC of every ARP frame in which another
// machine claims ip, until Close. claim must not call Close. It outlives a link that goes down
// and comes back, not an interface that is removed.
func Watch(ifi *net.Interface, ip netip.Addr, claim func(mac net.HardwareAddr)) (*Watcher, error) {
	conn, err := openClaims(ifi, ip)
	if err != nil {
		return nil, err
	}
	w := &Watcher{conn: conn, done: make(chan struct{})}
	own := bytes.Clone(ifi.HardwareAddr)
	go func() {
		w.read(own, claim)
		close(w.done)
		conn.Close() // takes 10 to 25 ms in the kernel, for which no giveup should wait
	}()
	return w, nil
}

func (w *Watcher) read(own net.HardwareAddr, claim func(mac net.HardwareAddr)) {
	for {
		mac, err := nextClaim(w.conn, own)
		if err == nil {
			claim(mac)
		} else if !errors.Is(err, unix.ENETDOWN) {
			return
		}
	}
}

// Close ends the watching and waits for a running call of claim.
func (w *Watcher) Close() {
	// The only errors are of a socket that is closed, and then nobody reads.
	_ = w.conn.SetReadDeadline(time.Unix(1, 0))
	<-w.done
}

// nextClaim waits for the next claim of another machine than own.
func nextClaim(conn *socket, own net.HardwareAddr) (net.HardwareAddr, error) {
	b := make([]byte, 128)
	for {
		n, _, err := conn.ReadFrom(b)
		if err != nil {
			return nil, err
		}
		if c, ok := ParseClaim(b[:n]); ok && !bytes.Equal(c.MAC, own) {
			return c.MAC, nil
		}
	}
}
