package kernel

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// What starting and stopping a sync daemon may fail for.
var (
	ErrDaemonRuns    = errors.New("sync daemon runs already")
	ErrNoDaemon      = errors.New("no sync daemon is running")
	ErrMixedFamilies = errors.New("the kernel takes no such daemon, and none while a real is of another family than its service")
)

// Role is the part of a sync daemon, with the kernel's numbers.
type Role uint32

// The roles. A host may run both at once.
const (
	Master Role = 1 // sends the connections it schedules
	Backup Role = 2 // receives another's
)

// String returns the role as ipvsadm names it.
func (r Role) String() string {
	switch r {
	case Master:
		return "master"
	case Backup:
		return "backup"
	}
	return fmt.Sprintf("role %d", uint32(r))
}

// Daemon is a connection synchronisation daemon of the kernel (agents spec 9.3). Zero values of
// MaxLen, Group, Port and TTL leave the kernel its own: mtu-28, 224.0.0.81, 8848 and 1.
type Daemon struct {
	Role      Role
	Interface string
	SyncID    uint8
	MaxLen    uint16 // of a message, bytes
	Group     netip.Addr
	Port      uint16
	TTL       uint8
}

// String returns the line of "ipvsadm -L --daemon".
func (d Daemon) String() string {
	return fmt.Sprintf("%s sync daemon (mcast=%s, syncid=%d, maxlen=%d, group=%s, port=%d, ttl=%d)",
		d.Role, d.Interface, d.SyncID, d.MaxLen, d.Group, d.Port, d.TTL)
}

const (
	daemonRole   = 1
	daemonIface  = 2
	daemonSyncID = 3
	daemonMaxLen = 4
	daemonGroup  = 5
	daemonGroup6 = 6
	daemonPort   = 7
	daemonTTL    = 8

	ifaceMax = unix.IFNAMSIZ - 1
)

// Daemons returns the sync daemons that run, the master first.
func (h *Handle) Daemons(ctx context.Context) ([]Daemon, error) {
	daemons, err := call(ctx, h, (*conn).daemons)
	if err != nil {
		return nil, fmt.Errorf("read sync daemons: %w", explainSystem(err))
	}
	return daemons, nil
}

func (c *conn) daemons() ([]Daemon, error) {
	msgs, err := c.ask(cmdGetDaemon, netlink.Dump, nil)
	if err != nil {
		return nil, err
	}
	var daemons []Daemon
	for _, m := range msgs {
		d, err := decodeDaemon(m.Data)
		if err != nil {
			return nil, err
		}
		daemons = append(daemons, d)
	}
	return daemons, nil
}

// StartDaemon starts a sync daemon. ErrDaemonRuns if one of that role runs already.
func (h *Handle) StartDaemon(ctx context.Context, d Daemon) error {
	if err := d.validate(); err != nil {
		return fmt.Errorf("start %s sync daemon: %w", d.Role, err)
	}
	return h.daemon(ctx, "start", cmdNewDaemon, d)
}

// StopDaemon stops the sync daemon of a role. ErrNoDaemon if none runs.
func (h *Handle) StopDaemon(ctx context.Context, r Role) error {
	return h.daemon(ctx, "stop", cmdDelDaemon, Daemon{Role: r})
}

func (h *Handle) daemon(ctx context.Context, verb string, cmd uint8, d Daemon) error {
	attrs, err := encodeDaemon(d)
	if err == nil {
		err = order(ctx, h, func(c *conn) error { return c.tell(cmd, attrs) })
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EEXIST):
		err = fmt.Errorf("%w (%w)", ErrDaemonRuns, err)
	case errors.Is(err, unix.ESRCH):
		err = fmt.Errorf("%w (%w)", ErrNoDaemon, err)
	case errors.Is(err, unix.EINVAL):
		err = fmt.Errorf("%w (%w)", ErrMixedFamilies, err)
	default:
		err = explainSystem(err)
	}
	return fmt.Errorf("%s %s sync daemon: %w", verb, d.Role, err)
}

func (d Daemon) validate() error {
	switch {
	case d.Role != Master && d.Role != Backup:
		return errors.New("role is neither master nor backup")
	case d.Interface == "" || len(d.Interface) > ifaceMax:
		return fmt.Errorf("interface name %q is not 1 to %d characters", d.Interface, ifaceMax)
	case d.Group.IsValid() && !d.Group.IsMulticast():
		return fmt.Errorf("group %s is not a multicast address", d.Group)
	}
	return nil
}

// encodeDaemon leaves out what is zero, so that the kernel uses its own value; the sync id is
// always sent, the kernel demands it of a start.
func encodeDaemon(d Daemon) ([]byte, error) {
	return encode(func(e *netlink.AttributeEncoder) {
		e.Nested(attrDaemon, func(e *netlink.AttributeEncoder) error {
			e.Uint32(daemonRole, uint32(d.Role))
			e.String(daemonIface, d.Interface)
			e.Uint32(daemonSyncID, uint32(d.SyncID))
			if d.MaxLen != 0 {
				e.Uint16(daemonMaxLen, d.MaxLen)
			}
			switch group := d.Group.Unmap(); {
			case group.Is4():
				e.Bytes(daemonGroup, group.AsSlice())
			case group.Is6():
				e.Bytes(daemonGroup6, group.AsSlice())
			}
			if d.Port != 0 {
				e.Uint16(daemonPort, d.Port)
			}
			if d.TTL != 0 {
				e.Uint8(daemonTTL, d.TTL)
			}
			return nil
		})
	})
}

// decodeDaemon reads one answer of GET_DAEMON.
func decodeDaemon(b []byte) (Daemon, error) {
	var daemon Daemon
	if err := decodeNested(b, attrDaemon, daemon.attribute); err != nil {
		return Daemon{}, fmt.Errorf("sync daemon from the kernel: %w", err)
	}
	return daemon, nil
}

func (d *Daemon) attribute(a *netlink.AttributeDecoder) (err error) {
	switch a.Type() {
	case daemonRole:
		d.Role = Role(a.Uint32())
	case daemonIface:
		d.Interface = a.String()
	case daemonSyncID:
		d.SyncID = uint8(a.Uint32())
	case daemonMaxLen:
		d.MaxLen = a.Uint16()
	case daemonGroup:
		d.Group, err = decodeAddr(unix.AF_INET, a.Bytes())
	case daemonGroup6:
		d.Group, err = decodeAddr(unix.AF_INET6, a.Bytes())
	case daemonPort:
		d.Port = a.Uint16()
	case daemonTTL:
		d.TTL = a.Uint8()
	}
	return err
}
