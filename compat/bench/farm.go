package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"systole/compat/lab"
)

// farm is thousands of web servers: one listener on a host that has a whole network for its own.
type farm struct {
	host   *lab.Host
	server *http.Server
	asked  atomic.Uint64 // requests
	opened atomic.Uint64 // connections

	mu      sync.Mutex
	hanging map[netip.Addr]bool
	dead    map[netip.Addr]bool
	seen    map[netip.Addr][]time.Time // of those that are watched, when they were asked
}

// farmNet is the network of the servers; farmAddr is the n-th of them.
const farmNet = "10.64.0.0/10"

// farmGate is the way to it: a kernel does not know thousands of neighbours.
var farmGate = netip.MustParseAddr("10.0.0.9")

func farmAddr(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 64 + byte(n/62500), byte(n / 250 % 250), byte(n%250 + 1)})
}

func newFarm(l *lab.Lab, lan *lab.Switch) (*farm, error) {
	h, err := l.Host(lab.Spec{Name: "servers", Ports: map[string]lab.Port{"eth0": lab.On(lan, farmGate.String()+"/24")}})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := h.Check(ctx, "ip", "route", "add", "local", farmNet, "dev", "eth0"); err != nil {
		return nil, err
	}
	f := &farm{host: h, hanging: map[netip.Addr]bool{}, dead: map[netip.Addr]bool{}, seen: map[netip.Addr][]time.Time{}}
	f.server = &http.Server{Handler: http.HandlerFunc(f.serve), ReadHeaderTimeout: time.Minute, ConnState: f.state}
	listener, err := h.Listen("tcp4", "0.0.0.0:80")
	if err != nil {
		return nil, fmt.Errorf("servers: %w", err)
	}
	go f.server.Serve(listener)
	return f, nil
}

func (f *farm) state(_ net.Conn, s http.ConnState) {
	if s == http.StateNew {
		f.opened.Add(1)
	}
}

// set has servers hang or break connections off from now on.
func (f *farm) set(which map[netip.Addr]bool, addrs ...netip.Addr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range addrs {
		which[a] = true
	}
}

// watch begins to note when a server is asked.
func (f *farm) watch(a netip.Addr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen[a] = []time.Time{}
}

// times are those at which a watched server was asked.
func (f *farm) times(a netip.Addr) []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]time.Time(nil), f.seen[a]...)
}

func (f *farm) serve(w http.ResponseWriter, r *http.Request) {
	f.asked.Add(1)
	here, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	addr := netip.MustParseAddrPort(here.String()).Addr()
	f.mu.Lock()
	hang, dead := f.hanging[addr], f.dead[addr]
	if seen, watched := f.seen[addr]; watched {
		f.seen[addr] = append(seen, time.Now())
	}
	f.mu.Unlock()
	switch {
	case dead:
		panic(http.ErrAbortHandler)
	case hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	w.Write([]byte("I am well\n"))
}
