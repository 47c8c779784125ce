// Package ipvs holds the kernel's virtual server table as plain values, and the plan that turns
// one table into another. It does no I/O; package ipvs/kernel reads and changes the real table.
//
//	have (kernel)                         want (configuration and health)
//	-A -t 10.0.0.1:80 -s wlc              -A -t 10.0.0.1:80 -s wrr
//	-a -t 10.0.0.1:80 -r 10.0.0.2:80 …    -a -t 10.0.0.1:80 -r 10.0.0.3:80 …
//	          |                                     |
//	          +------------- Plan ------------------+
//	                          |
//	      -E -t 10.0.0.1:80 -s wrr
//	      -a -t 10.0.0.1:80 -r 10.0.0.3:80 -g -w 1     what serves is added first,
//	      -d -t 10.0.0.1:80 -r 10.0.0.2:80             what no longer does goes last
//
// Every value has one normal form: the one in which the kernel gives it back (Service.Normal,
// Normalise, Table.Normal). Plan compares normal forms, so an unchanged configuration plans
// nothing. A service that the caller does not call its own is never deleted (ldirectord spec 7:
// virtuals in the table that were in neither configuration are left alone).
//
// The texts are those of ipvsadm(8): Service.String, Dest.String and Change.String are its
// options, Service.Options is the end of its listing's service line, Table.String is what
// "ipvsadm -R" reads.
//
// Not modelled, because neither ldirectord.cf nor the listing of the original can name them:
// persistence engines, GUE and GRE tunnels, and destinations of another family than their service.
package ipvs

import (
	"net/netip"
	"time"
)

// Protocol is the transport protocol of a service, an IP protocol number.
type Protocol uint8

// The protocols of the kernel's table; ldirectord.cf can name the first two.
const (
	TCP  Protocol = 6
	UDP  Protocol = 17
	SCTP Protocol = 132
)

// Forward is the forwarding method of a destination, with the kernel's numbers (linux/ip_vs.h).
type Forward uint8

// The forwarding methods.
const (
	Masq   Forward = 0
	Local  Forward = 1 // set by old kernels for a destination that is an address of the director
	Tunnel Forward = 2
	Route  Forward = 3
)

// MaxWeight is the largest weight that a change may set. The kernel holds more, but other
// programs read the low 16 bits only (agents spec 10).
const MaxWeight = 65535

// MaxPersistent is the longest persistence ipvsadm accepts.
const MaxPersistent = 31 * 24 * time.Hour

// ServiceID identifies a virtual service: an address, port and protocol, or a firewall mark
// and family. It is comparable and is the key of every table.
type ServiceID struct {
	Addr     netip.AddrPort // zero for a firewall mark
	Protocol Protocol       // zero for a firewall mark
	FWMark   uint32
	IPv6     bool // family of a firewall mark service
}

// AddrService returns the identity of a service by address and port.
func AddrService(p Protocol, addr netip.AddrPort) ServiceID {
	return ServiceID{Addr: addr, Protocol: p}.Normal()
}

// MarkService returns the identity of a service by firewall mark.
func MarkService(mark uint32, ipv6 bool) ServiceID {
	return ServiceID{FWMark: mark, IPv6: ipv6}
}

// Is6 says whether the service is of the IPv6 family.
func (id ServiceID) Is6() bool {
	if id.FWMark != 0 {
		return id.IPv6
	}
	return id.Addr.Addr().Unmap().Is6()
}

// Service is a virtual service and its options.
type Service struct {
	ServiceID
	Scheduler  string        // "wrr", "wlc", …
	SchedFlags []string      // "sh-fallback", "flag-1", …
	Persistent time.Duration // 0: not persistent; whole seconds
	Netmask    int           // prefix length of persistence; 0: the full address; HolesMask: read only
	OnePacket  bool          // --ops, not for TCP
}

// HolesMask is the Netmask of a service read from the kernel whose mask is no prefix
// (255.0.255.0). It equals no mask that can be wanted, so a plan replaces it.
const HolesMask = -1

// DestID identifies a destination inside a service.
type DestID = netip.AddrPort

// Dest is a real server of a service.
type Dest struct {
	Addr         DestID
	Forward      Forward
	Weight       int // 0…MaxWeight; a table read from the kernel may hold more
	Upper, Lower uint32
}

// Stats are the kernel's counters of a service or destination: totals, then rates a second.
type Stats struct {
	Conns, InPkts, OutPkts, InBytes, OutBytes uint64
	CPS, InPPS, OutPPS, InBPS, OutBPS         uint64
	Active, Inactive, Persistent              uint32 // destinations only
}

// EntryStats are the counters of one service and of its destinations.
type EntryStats struct {
	ID    ServiceID
	Stats Stats
	Dests []DestStats // ordered by address
}

// DestStats are the counters of one destination.
type DestStats struct {
	Addr  DestID
	Stats Stats
}

// Entry is a service with its destinations, one row group of the table.
type Entry struct {
	Service Service
	Dests   []Dest // ordered by address
}

// Table is a whole table, ordered by service.
type Table []Entry

// Op is what a Change does.
type Op uint8

// The operations, in the order in which a plan applies them to one service.
const (
	AddService Op = iota
	EditService
	AddDest
	EditDest
	DelDest
	DelService
)

// Change is one step of a plan. Dest is set for the destination operations; deletions look at
// the identities only.
type Change struct {
	Op      Op
	Service Service
	Dest    Dest
}
