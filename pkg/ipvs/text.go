package ipvs

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// String returns the protocol as configuration files and logs write it.
func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case SCTP:
		return "sctp"
	}
	return strconv.Itoa(int(p))
}

// String returns the method as ipvsadm's listing does.
func (f Forward) String() string {
	switch f {
	case Masq:
		return "Masq"
	case Local:
		return "Local"
	case Tunnel:
		return "Tunnel"
	case Route:
		return "Route"
	}
	return strconv.Itoa(int(f))
}

// option returns the method as an option of ipvsadm, which has none for Local: there the kernel
// of its time chose it by itself for a gate.
func (f Forward) option() string {
	switch f {
	case Masq:
		return "-m"
	case Tunnel:
		return "-i"
	}
	return "-g"
}

// String returns the identity as options of ipvsadm: "-t 10.0.0.1:80", "-f 5", "-f 7 -6".
func (id ServiceID) String() string {
	switch {
	case id.FWMark != 0 && id.IPv6:
		return fmt.Sprintf("-f %d -6", id.FWMark)
	case id.FWMark != 0:
		return fmt.Sprintf("-f %d", id.FWMark)
	case id.Protocol == UDP:
		return "-u " + id.Addr.String()
	case id.Protocol == SCTP:
		return "--sctp-service " + id.Addr.String()
	}
	return "-t " + id.Addr.String()
}

// String returns the service as options of "ipvsadm -A":
// "-t 10.0.0.1:80 -s wlc -p 3600 -M 255.255.255.0".
func (s Service) String() string {
	s = s.Normal()
	var b strings.Builder
	fmt.Fprintf(&b, "%s -s %s", s.ServiceID, s.Scheduler)
	if s.Persistent != 0 {
		fmt.Fprintf(&b, " -p %d", s.Persistent/time.Second)
	}
	if s.Netmask != 0 {
		b.WriteString(" -M " + s.mask())
	}
	if s.OnePacket {
		b.WriteString(" -o")
	}
	if len(s.SchedFlags) > 0 {
		b.WriteString(" -b " + strings.Join(s.SchedFlags, ","))
	}
	return b.String()
}

// Options returns the scheduler and options as the service line of ipvsadm's listing ends:
// "wlc persistent 3600", "sh (sh-fallback,sh-port)".
func (s Service) Options() string {
	s = s.Normal()
	var b strings.Builder
	b.WriteString(s.Scheduler)
	if len(s.SchedFlags) > 0 {
		fmt.Fprintf(&b, " (%s)", strings.Join(s.SchedFlags, ","))
	}
	if s.Persistent != 0 {
		fmt.Fprintf(&b, " persistent %d", s.Persistent/time.Second)
	}
	if s.Netmask != 0 {
		b.WriteString(" mask " + s.mask())
	}
	if s.OnePacket {
		b.WriteString(" ops")
	}
	return b.String()
}

// mask returns the netmask as ipvsadm writes it: a dotted quad for IPv4, a length for IPv6.
func (s Service) mask() string {
	if s.Netmask < 0 || s.Is6() {
		return strconv.Itoa(s.Netmask)
	}
	ones := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	return netip.PrefixFrom(ones, s.Netmask).Masked().Addr().String()
}

// String returns the destination as options of "ipvsadm -a": "-r 10.0.0.2:80 -g -w 1".
func (d Dest) String() string {
	text := fmt.Sprintf("-r %s %s -w %d", d.Addr, d.Forward.option(), d.Weight)
	if d.Upper != 0 || d.Lower != 0 {
		text += fmt.Sprintf(" -x %d -y %d", d.Upper, d.Lower)
	}
	return text
}

// String returns the operation as an option of ipvsadm.
func (op Op) String() string {
	names := [...]string{AddService: "-A", EditService: "-E", AddDest: "-a", EditDest: "-e", DelDest: "-d", DelService: "-D"}
	if int(op) < len(names) {
		return names[op]
	}
	return strconv.Itoa(int(op))
}

// String returns the change as options of ipvsadm: "-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1".
func (c Change) String() string {
	switch c.Op {
	case AddService, EditService:
		return c.Op.String() + " " + c.Service.String()
	case AddDest, EditDest:
		return fmt.Sprintf("%s %s %s", c.Op, c.Service.ServiceID, c.Dest)
	case DelDest:
		return fmt.Sprintf("%s %s -r %s", c.Op, c.Service.ServiceID, c.Dest.Addr)
	}
	return fmt.Sprintf("%s %s", c.Op, c.Service.ServiceID)
}

// String returns the table as "ipvsadm -R" reads it, one line for a service and each destination.
func (t Table) String() string {
	var b strings.Builder
	for _, e := range t {
		fmt.Fprintln(&b, Change{Op: AddService, Service: e.Service})
		for _, d := range e.Dests {
			fmt.Fprintln(&b, Change{AddDest, e.Service, d})
		}
	}
	return b.String()
}
