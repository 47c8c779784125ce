// Package serial is the medium that is a null modem cable between two nodes (wire spec 7.4).
//
//	>>>\n t=status\n st=active\n … auth=2 a909dff7…\n <<<\n
//	      |<------ 512 bytes ------>|<------ rest -->|          /dev/ttyS0, raw 8N1, CRTSCTS
//
// A serial line has no datagrams and does not take every byte: messages travel in the old text
// form, whose lines are easy to find again after noise or after a cable was plugged in in the
// middle of a message. What is sent here must be in that form. The lock file of UUCP keeps other
// programs from the line.
package serial

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"systole/pkg/halog"
	"systole/pkg/medium/socket"
)

// Config is one serial line.
type Config struct {
	Device  string // full path
	Baud    int    // 9600 … 460800
	LockDir string // of the lock file; "" is /var/lock
}

// Medium is an open serial line.
type Medium struct {
	*socket.Keeper
	cfg Config
}

// Name returns the path of the device.
func (m *Medium) Name() string { return m.cfg.Device }

// Kind returns the directive.
func (*Medium) Kind() string { return "serial" }

// Open opens a serial line; see medium.Open. What it delivers has no sender's address.
func Open(ctx context.Context, cfg Config, deliver func([]byte, netip.Addr, time.Time), log func(halog.Level, string)) (*Medium, error) {
	if cfg.LockDir == "" {
		cfg.LockDir = "/var/lock"
	}
	keeper, err := socket.Keep(ctx, socket.Driver{
		Medium: "serial " + cfg.Device,
		Open: func(_ context.Context, log func(halog.Level, string)) (socket.Session, error) {
			l, err := openLine(cfg)
			if err != nil {
				return nil, err
			}
			log(halog.Info, fmt.Sprintf("glib: Starting serial heartbeat on tty %s (%d baud)", cfg.Device, cfg.Baud))
			return l, nil
		},
		Deliver: deliver,
		Log:     log,
	})
	if err != nil {
		return nil, err
	}
	return &Medium{Keeper: keeper, cfg: cfg}, nil
}
