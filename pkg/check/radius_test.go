package check

import (
	"crypto/md5"
	"encoding/binary"
)

// radiusReply is a server's answer (RFC 2865, section 3).
func radiusReply(code byte, request []byte, secret string) []byte {
	b := make([]byte, radiusHeader)
	b[0], b[1] = code, request[1]
	binary.BigEndian.PutUint16(b[2:], radiusHeader)
	sum := md5.Sum(append(append(append([]byte{}, b[:4]...), request[4:radiusHeader]...), secret...))
	copy(b[4:], sum[:])
	return b
}
