package authkeys

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"hash"
	"hash/crc32"
	"math/bits"
	"strconv"
)

// MaxKeys is the number of key indexes of a file, 0 to 15.
const MaxKeys = 16

// Method is the way a token is computed.
type Method uint8

// The methods. None is the method of an index without a key.
const (
	None Method = iota
	CRC
	MD5
	SHA1
)

// method says what authkeys may write and how tokens are made; the table is in the order of
// the constants.
type method struct {
	word   string
	keyed  bool
	digest func() hash.Hash // of the keyed methods
}

func methods() [4]method {
	return [4]method{
		None: {word: "none"},
		CRC:  {word: "crc"},
		MD5:  {word: "md5", keyed: true, digest: md5.New},
		SHA1: {word: "sha1", keyed: true, digest: sha1.New},
	}
}

// String returns the word of the file.
func (m Method) String() string {
	if m > SHA1 {
		return "Method(" + strconv.Itoa(int(m)) + ")"
	}
	return methods()[m].word
}

// methodNamed finds a method by its word; None is not a word of the file.
func methodNamed(word string) (Method, bool) {
	for i, m := range methods() {
		if m.word == word && Method(i) != None {
			return Method(i), true
		}
	}
	return None, false
}

// Key is one numbered line of the file. The zero value is an index not configured.
type Key struct {
	Method Method
	Secret string
}

// Keyring is a whole file: Keys by index, and Auth, the index to sign with. It is safe for
// concurrent use as long as nobody changes it.
type Keyring struct {
	Auth int
	Keys [MaxKeys]Key
}

// Error is a reason for a token to be refused.
type Error string

// The reasons. ErrIndex is the original's "Invalid authentication [N] in message!".
const (
	ErrIndex Error = "no key with the index of the token"
	ErrToken Error = "token does not match"
)

// Error returns the reason.
func (e Error) Error() string { return string(e) }

// Sign returns the index of the signing key and the token of data under it. A ring without a
// signing key, which Parse never returns, gives an empty token, which nothing verifies.
func (r *Keyring) Sign(data []byte) (index int, token string) {
	key, ok := r.key(r.Auth)
	if !ok {
		return r.Auth, ""
	}
	return r.Auth, string(key.appendToken(nil, data))
}

// AppendAuth appends "<index> <token>" of data to dst, which may be data itself: the form of a
// trailing authentication netstring and of an auth field (wire spec 2.2).
func (r *Keyring) AppendAuth(dst, data []byte) []byte {
	key, ok := r.key(r.Auth)
	dst = strconv.AppendInt(dst, int64(r.Auth), 10)
	dst = append(dst, ' ')
	if !ok {
		return dst
	}
	return key.appendToken(dst, data)
}

// Verify checks a received token of data by the key of the stated index, in a time that does
// not depend on the token's digits. The error is ErrIndex or ErrToken with the index before it.
func (r *Keyring) Verify(index int, token string, data []byte) error {
	key, ok := r.key(index)
	if !ok {
		return fmt.Errorf("key %d: %w", index, ErrIndex)
	}
	var room [2 * sha1.Size]byte
	want := key.appendToken(room[:0], data)
	if subtle.ConstantTimeCompare(want, []byte(token)) != 1 {
		return fmt.Errorf("key %d: %w", index, ErrToken)
	}
	return nil
}

func (r *Keyring) key(index int) (Key, bool) {
	if r == nil || index < 0 || index >= MaxKeys || r.Keys[index].Method == None {
		return Key{}, false
	}
	return r.Keys[index], true
}

func (k Key) appendToken(dst, data []byte) []byte {
	if k.Method == CRC {
		return strconv.AppendUint(dst, uint64(cksum(data)), 16)
	}
	mac := hmac.New(methods()[k.Method].digest, []byte(k.Secret))
	mac.Write(data)
	var room [sha1.Size]byte
	return hex.AppendEncode(dst, mac.Sum(room[:0]))
}

// cksum is the CRC of POSIX cksum without the length bytes: polynomial 0x04C11DB7, initial
// value 0, most significant bit first, complemented at the end. It is the common CRC-32 seen
// in a mirror: the bits of every byte and of the sum are turned around.
func cksum(data []byte) uint32 {
	var turned [256]byte
	sum := ^uint32(0)
	for len(data) > 0 {
		n := min(len(data), len(turned))
		for i, b := range data[:n] {
			turned[i] = bits.Reverse8(b)
		}
		sum = crc32.Update(sum, crc32.IEEETable, turned[:n])
		data = data[n:]
	}
	return bits.Reverse32(sum)
}
