package check

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"io"
	"net"
)

// RADIUS (RFC 2865).
const (
	accessRequest  = 1
	accessAccept   = 2
	attrUserName   = 1
	attrPassword   = 2
	attrNASAddress = 4
	attrMessageMAC = 80 // Message-Authenticator (RFC 3579, 3.2)
	radiusHeader   = 20
	passwordMax    = 128
	attributeMax   = 253
)

// radius sends an Access-Request with login and passwd; Access-Accept is up (ldirectord spec 9.4).
// It is always UDP, whatever the virtual's protocol. Unlike the original's the request carries a
// Message-Authenticator: servers that were hardened against CVE-2024-3596 do not answer without it.
// An answer that secret does not authenticate is none.
func radius(ctx context.Context, env *Env, t Target) Result {
	w, err := open(ctx, env, "udp", t.address(), headerMax)
	if err != nil {
		return failed(ctx, err)
	}
	defer w.Close()
	request, err := radiusRequest(env.Rand, t.Virtual.Login, t.Virtual.Passwd, t.Virtual.Secret, w.LocalAddr())
	if err != nil {
		return failed(ctx, err)
	}
	if _, err := w.Write(request); err != nil {
		return failed(ctx, err)
	}
	buf := make([]byte, 4096)
	for {
		n, err := w.Read(buf)
		if err != nil {
			return failed(ctx, err)
		}
		if code, ok := radiusAnswer(buf[:n], request, t.Virtual.Secret); ok {
			return Result{Up: code == accessAccept}
		}
	}
}

func radiusRequest(random io.Reader, login, passwd, secret string, local net.Addr) ([]byte, error) {
	if len(login) > attributeMax || len(passwd) > passwordMax {
		return nil, errors.New("login or password too long")
	}
	b := make([]byte, radiusHeader)
	if _, err := io.ReadFull(random, b[1:2]); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(random, b[4:radiusHeader]); err != nil {
		return nil, err
	}
	b[0] = accessRequest
	b = appendAttr(b, attrUserName, []byte(login))
	b = appendAttr(b, attrPassword, hidePassword(passwd, secret, b[4:radiusHeader]))
	if ip := localIPv4(local); ip != nil {
		b = appendAttr(b, attrNASAddress, ip)
	}
	b = appendAttr(b, attrMessageMAC, make([]byte, md5.Size))
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
	mac := hmac.New(md5.New, []byte(secret))
	mac.Write(b)
	mac.Sum(b[:len(b)-md5.Size])
	return b, nil
}

func appendAttr(b []byte, kind byte, value []byte) []byte {
	return append(append(b, kind, byte(len(value)+2)), value...)
}

// hidePassword is RFC 2865, 5.2.
func hidePassword(passwd, secret string, authenticator []byte) []byte {
	hidden := make([]byte, max((len(passwd)+15)/16, 1)*16)
	copy(hidden, passwd)
	before := authenticator
	for i := 0; i < len(hidden); i += 16 {
		key := md5.Sum(append([]byte(secret), before...))
		for j := range key {
			hidden[i+j] ^= key[j]
		}
		before = hidden[i : i+16]
	}
	return hidden
}

func localIPv4(a net.Addr) []byte {
	if a, ok := a.(*net.UDPAddr); ok {
		return a.IP.To4()
	}
	return nil
}

// radiusAnswer returns the code of an authentic answer to the request.
func radiusAnswer(b, request []byte, secret string) (code byte, ok bool) {
	if len(b) < radiusHeader || b[1] != request[1] {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < radiusHeader || n > len(b) {
		return 0, false
	}
	h := md5.New()
	h.Write(b[:4])
	h.Write(request[4:radiusHeader])
	h.Write(b[radiusHeader:n])
	h.Write([]byte(secret))
	return b[0], bytes.Equal(h.Sum(nil), b[4:radiusHeader])
}
