package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/mdlayher/genetlink"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"systole/pkg/ipvs"
)

// version is the one there is of the protocol.
const version = 1

// The numbers of linux/ip_vs.h (agents spec 9.6).
const (
	cmdNewService = 1
	cmdSetService = 2
	cmdDelService = 3
	cmdGetService = 4
	cmdNewDest    = 5
	cmdSetDest    = 6
	cmdDelDest    = 7
	cmdGetDest    = 8
	cmdNewDaemon  = 9
	cmdDelDaemon  = 10
	cmdGetDaemon  = 11
	cmdSetConfig  = 12
	cmdGetConfig  = 13
	cmdGetInfo    = 15
	cmdZero       = 16

	attrService    = 1
	attrDest       = 2
	attrDaemon     = 3
	attrTimeoutTCP = 4
	attrTimeoutFin = 5
	attrTimeoutUDP = 6

	infoVersion = 1
	infoSize    = 2

	svcFamily    = 1
	svcProtocol  = 2
	svcAddr      = 3
	svcPort      = 4
	svcFWMark    = 5
	svcScheduler = 6
	svcFlags     = 7
	svcTimeout   = 8
	svcNetmask   = 9
	svcStats     = 10
	svcStats64   = 12

	flagPersistent = 0x01
	flagOnePacket  = 0x04

	destAddr       = 1
	destPort       = 2
	destForward    = 3
	destWeight     = 4
	destUpper      = 5
	destLower      = 6
	destActive     = 7
	destInactive   = 8
	destPersistent = 9
	destStats      = 10
	destFamily     = 11
	destStats64    = 12

	forwardMask = 0x07
)

// ask sends one command and returns the answers.
func (c *conn) ask(cmd uint8, flags netlink.HeaderFlags, attrs []byte) ([]genetlink.Message, error) {
	m := genetlink.Message{Header: genetlink.Header{Command: cmd, Version: version}, Data: attrs}
	return c.gen.Execute(m, c.family, netlink.Request|flags)
}

// encode builds attributes.
func encode(fill func(*netlink.AttributeEncoder)) ([]byte, error) {
	e := netlink.NewAttributeEncoder()
	fill(e)
	return e.Encode()
}

// nest builds an attribute that consists of attributes.
func nest(e *netlink.AttributeEncoder, attr uint16, fill func(*netlink.AttributeEncoder)) {
	e.Nested(attr, func(e *netlink.AttributeEncoder) error {
		fill(e)
		return nil
	})
}

// encodeService builds the identity of a service, enough for every command that only names one.
func encodeService(id ipvs.ServiceID) ([]byte, error) {
	return encode(func(e *netlink.AttributeEncoder) {
		nest(e, attrService, func(e *netlink.AttributeEncoder) { nameOf(e, id) })
	})
}

func nameOf(e *netlink.AttributeEncoder, id ipvs.ServiceID) {
	e.Uint16(svcFamily, family(id))
	if id.FWMark != 0 {
		e.Uint32(svcFWMark, id.FWMark)
		return
	}
	e.Uint16(svcProtocol, uint16(id.Protocol))
	e.Bytes(svcAddr, id.Addr.Addr().AsSlice())
	e.Bytes(svcPort, binary.BigEndian.AppendUint16(nil, id.Addr.Port()))
}

// family is the address family of a service as the kernel numbers it.
func family(id ipvs.ServiceID) uint16 {
	if id.Is6() {
		return unix.AF_INET6
	}
	return unix.AF_INET
}

// decodeAddr reads an address of a family out of the kernel's 16 bytes; IPv4 is in the first 4.
func decodeAddr(family uint16, b []byte) (netip.Addr, error) {
	switch {
	case family == unix.AF_INET && len(b) >= 4:
		return netip.AddrFrom4([4]byte(b)), nil
	case family == unix.AF_INET6 && len(b) >= 16:
		return netip.AddrFrom16([16]byte(b)), nil
	}
	return netip.Addr{}, fmt.Errorf("address of %d bytes and family %d", len(b), family)
}

// decodePort reads a port, which alone is in network order.
func decodePort(b []byte) (uint16, error) {
	if len(b) != 2 {
		return 0, fmt.Errorf("port of %d bytes", len(b))
	}
	return binary.BigEndian.Uint16(b), nil
}
