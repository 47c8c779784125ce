package ipvs

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// schedulerMax is the longest scheduler name, IP_VS_SCHEDNAME_MAXLEN without its NUL.
const schedulerMax = 15

// Validate says why the identity can be no service, or nil.
func (id ServiceID) Validate() error {
	if id.FWMark != 0 {
		if id.Addr.IsValid() {
			return fmt.Errorf("service has both firewall mark %d and address %s", id.FWMark, id.Addr)
		}
		return nil
	}
	switch {
	case !id.Addr.IsValid():
		return errors.New("service has neither an address nor a firewall mark")
	case id.Addr.Addr().Zone() != "":
		return fmt.Errorf("service address %s has a zone, which the kernel's table cannot hold", id.Addr)
	case id.Protocol != TCP && id.Protocol != UDP && id.Protocol != SCTP:
		return fmt.Errorf("protocol %d of service %s is not tcp, udp or sctp", uint8(id.Protocol), id.Addr)
	}
	return nil
}

// Validate says why the service cannot be written to the kernel, or nil. The limits are the
// kernel's and, where it takes anything, ipvsadm's.
func (s Service) Validate() error {
	if err := s.ServiceID.Validate(); err != nil {
		return err
	}
	if err := validScheduler(s.Scheduler); err != nil {
		return err
	}
	if _, err := SchedFlagBits(s.Scheduler, s.SchedFlags); err != nil {
		return err
	}
	return s.validPersistence()
}

func (s Service) validPersistence() error {
	mark := s.FWMark != 0
	switch {
	case s.Persistent < 0 || s.Persistent > MaxPersistent || s.Persistent%time.Second != 0:
		return fmt.Errorf("persistence of %s is not whole seconds from 0 to %d", s.Persistent, MaxPersistent/time.Second)
	case s.Netmask < 0 || s.Netmask > s.fullMask():
		return fmt.Errorf("netmask length %d is not from 0 to %d", s.Netmask, s.fullMask())
	case !mark && s.Addr.Port() == 0 && s.Persistent == 0:
		return errors.New("zero port specified for non-persistent service")
	case !mark && s.OnePacket && s.Protocol != UDP:
		return errors.New("one-packet scheduling is only for udp virtual services")
	}
	return nil
}

// validScheduler wants what can be part of a kernel module's name: "ip_vs_" + scheduler is
// loaded on demand.
func validScheduler(name string) error {
	word := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' }
	if name == "" || len(name) > schedulerMax || strings.TrimFunc(name, word) != "" {
		return fmt.Errorf("scheduler name %q is not 1 to %d of a-z, 0-9, _ and -", name, schedulerMax)
	}
	return nil
}

// Validate says why the destination cannot be written to the kernel as one of service s, or nil.
func (d Dest) Validate(s Service) error {
	if err := validDestAddr(s.ServiceID, d.Addr); err != nil {
		return err
	}
	switch {
	case d.Forward > Route:
		return fmt.Errorf("forwarding method %d is not gate, ipip or masq", uint8(d.Forward))
	case d.Weight < 0 || d.Weight > MaxWeight:
		return fmt.Errorf("weight %d is not from 0 to %d", d.Weight, MaxWeight)
	case d.Lower > d.Upper:
		return fmt.Errorf("lower threshold %d is above upper threshold %d", d.Lower, d.Upper)
	}
	return nil
}

// validDestAddr keeps out what the kernel would refuse with a bare EINVAL, and mixed families:
// a message without the destination's family stores an IPv4 real of an IPv6 service as garbage
// (agents spec 10).
func validDestAddr(id ServiceID, addr DestID) error {
	a := addr.Addr().Unmap()
	switch {
	case !addr.IsValid():
		return errors.New("real server has no address")
	case a.Zone() != "":
		return fmt.Errorf("real server address %s has a zone, which the kernel's table cannot hold", addr)
	case a.Is6() != id.Is6():
		return fmt.Errorf("real server %s is not of the family of its service: families may not be mixed", a)
	case a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return fmt.Errorf("real server address %s is not a unicast address", a)
	}
	return nil
}

// Validate says why the change cannot be made, or nil. Deletions need only the identities to be
// right: what is in the table may be removed, whatever its options.
func (c Change) Validate() error {
	switch c.Op {
	case AddService, EditService:
		return c.Service.Validate()
	case DelService:
		return c.Service.ServiceID.Validate()
	case AddDest, EditDest, DelDest:
	default:
		return fmt.Errorf("operation %d is not known", uint8(c.Op))
	}
	if err := c.Service.ServiceID.Validate(); err != nil {
		return err
	}
	if c.Op == DelDest {
		return validDestAddr(c.Service.ServiceID, c.Dest.Addr)
	}
	return c.Dest.Validate(c.Service)
}

// Validate says what is wrong with the table as one that is wanted, or nil. Every fault is named
// with its service.
func (t Table) Validate() error {
	var faults []error
	for _, e := range t {
		if err := e.Service.Validate(); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", e.Service.ServiceID, err))
		}
		for _, d := range e.Dests {
			if err := d.Validate(e.Service); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", e.Service.ServiceID, err))
			}
		}
	}
	return errors.Join(faults...)
}
