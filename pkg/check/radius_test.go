package check

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"encoding/binary"
	"net"
	"testing"
)

// TestRadiusRequest: a request ends with a Message-Authenticator over all of it (RFC 3579, 3.2).
func TestRadiusRequest(t *testing.T) {
	b, err := radiusRequest(rand.Reader, "bob", "pw", "s3", &net.UDPAddr{IP: net.IPv4(10, 1, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n != len(b) {
		t.Errorf("length %d of %d", n, len(b))
	}
	at := len(b) - md5.Size
	if b[at-2] != attrMessageMAC || b[at-1] != md5.Size+2 {
		t.Fatalf("last attribute % x", b[at-2:])
	}
	got := bytes.Clone(b[at:])
	copy(b[at:], make([]byte, md5.Size))
	mac := hmac.New(md5.New, []byte("s3"))
	mac.Write(b)
	if !hmac.Equal(mac.Sum(nil), got) {
		t.Errorf("authenticator % x", got)
	}
}

// radiusReply is a server's answer (RFC 2865, section 3).
func radiusReply(code byte, request []byte, secret string) []byte {
	b := make([]byte, radiusHeader)
	b[0], b[1] = code, request[1]
	binary.BigEndian.PutUint16(b[2:], radiusHeader)
	sum := md5.Sum(append(append(append([]byte{}, b[:4]...), request[4:radiusHeader]...), secret...))
	copy(b[4:], sum[:])
	return b
}
