package netif

import (
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// requestTimeout ends a request the kernel does not answer; answers take microseconds.
const requestTimeout = 10 * time.Second

// dumpTries is how often a dump is asked for again when the kernel's tables changed under it.
const dumpTries = 8

// Handle is an open netlink socket. Its methods may be called from several goroutines.
type Handle struct {
	nl *netlink.Handle
}

// Open opens a Handle in the network namespace of the calling thread.
func Open() (*Handle, error) {
	nl, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open route netlink socket: %w", err)
	}
	if err := nl.SetSocketTimeout(requestTimeout); err != nil {
		nl.Close()
		return nil, fmt.Errorf("set netlink timeout: %w", err)
	}
	return &Handle{nl: nl}, nil
}

// Close closes the socket. The Handle must not be used afterwards.
func (h *Handle) Close() { h.nl.Close() }

// dump repeats a listing that the kernel interrupted: its data is partial (netlink 1.3 returns
// it together with ErrDumpInterrupted), and a missing address would be added twice.
func dump[T any](what string, list func() ([]T, error)) ([]T, error) {
	var err error
	for range dumpTries {
		var got []T
		if got, err = list(); err == nil {
			return got, nil
		}
		if !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return nil, fmt.Errorf("list %s: %w", what, err)
}
