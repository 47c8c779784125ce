package authkeys

import (
	"errors"
	"strings"
	"testing"
)

// The HMAC rows are RFC 2202 (test cases 2 and 6); the crc row is the check value of
// CRC-32/CKSUM in the catalogue of parametrised CRC algorithms.
func TestSignVectors(t *testing.T) {
	long := strings.Repeat("\xaa", 80)
	for _, c := range []struct {
		name        string
		key         Key
		data, token string
	}{
		{"sha1", Key{SHA1, "Jefe"}, "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{"sha1 key of 80 bytes", Key{SHA1, long}, "Test Using Larger Than Block-Size Key - Hash Key First", "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
		{"md5", Key{MD5, "Jefe"}, "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"},
		{"md5 key of 80 bytes", Key{MD5, long}, "Test Using Larger Than Block-Size Key - Hash Key First", "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
		{"crc", Key{CRC, ""}, "123456789", "765e7680"},
		{"crc of nothing", Key{CRC, ""}, "", "ffffffff"},
	} {
		ring := Keyring{Auth: 7}
		ring.Keys[7] = c.key
		index, token := ring.Sign([]byte(c.data))
		if index != 7 || token != c.token {
			t.Errorf("%s: Sign = %d %s, want 7 %s", c.name, index, token, c.token)
		}
		if got := string(ring.AppendAuth(nil, []byte(c.data))); got != "7 "+c.token {
			t.Errorf("%s: AppendAuth = %q", c.name, got)
		}
		if err := ring.Verify(7, c.token, []byte(c.data)); err != nil {
			t.Errorf("%s: Verify: %v", c.name, err)
		}
	}
}

func TestCksumAcrossChunks(t *testing.T) {
	data := []byte(strings.Repeat("heartbeat", 100))
	want := ^uint32(0)
	sum := uint32(0)
	for _, b := range data {
		sum ^= uint32(b) << 24
		for range 8 {
			if sum&0x80000000 != 0 {
				sum = sum<<1 ^ 0x04C11DB7
			} else {
				sum <<= 1
			}
		}
	}
	if want ^= sum; cksum(data) != want {
		t.Errorf("cksum = %08x, want %08x", cksum(data), want)
	}
}

func TestVerifyRefusals(t *testing.T) {
	ring := Keyring{Auth: 1}
	ring.Keys[1] = Key{SHA1, "one"}
	ring.Keys[2] = Key{SHA1, "two"}
	data := []byte("data")
	two := Keyring{Auth: 2, Keys: ring.Keys}
	_, token := two.Sign(data)
	for _, c := range []struct {
		name  string
		ring  *Keyring
		index int
		token string
		want  error
	}{
		{"key of the stated index", &ring, 2, token, nil},
		{"key of another index", &ring, 1, token, ErrToken},
		{"unconfigured", &ring, 3, token, ErrIndex},
		{"negative", &ring, -1, token, ErrIndex},
		{"beyond the table", &ring, 16, token, ErrIndex},
		{"upper case", &ring, 2, strings.ToUpper(token), ErrToken},
		{"shorter", &ring, 2, token[:39], ErrToken},
		{"longer", &ring, 2, token + "0", ErrToken},
		{"empty", &ring, 2, "", ErrToken},
		{"no ring", nil, 2, token, ErrIndex},
		{"empty ring", &Keyring{}, 0, "", ErrIndex},
	} {
		err := c.ring.Verify(c.index, c.token, data)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error shows a valid token: %v", c.name, err)
		}
	}
}

func TestSignWithoutKey(t *testing.T) {
	if index, token := (&Keyring{Auth: 3}).Sign(nil); index != 3 || token != "" {
		t.Errorf("Sign = %d %q, want an empty token", index, token)
	}
}

func BenchmarkSign(b *testing.B) {
	ring := Keyring{Auth: 1}
	ring.Keys[1] = Key{SHA1, "Ki7Tooth.and.nail"}
	data := make([]byte, 300)
	var room [64]byte
	b.ReportAllocs()
	for b.Loop() {
		ring.AppendAuth(room[:0], data)
	}
}
