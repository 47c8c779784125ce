// Package authkeys reads /etc/ha.d/authkeys and makes and checks the tokens of heartbeat messages.
//
//	auth 2                     the key to sign with; stands before the line defining it
//	1 crc                      index 0..15, method, key (one word; crc has none)
//	2 sha1 Ki7Tooth.and.nail
//
// A token is computed over the bytes of a message and travels as "<index> <token>":
//
//	method  token                                                        length
//	sha1    HMAC-SHA1(key, data), lower case hex                         40
//	md5     HMAC-MD5(key, data), lower case hex                          32
//	crc     POSIX cksum without the length bytes, hex, no leading zeros  1 to 8
//
// crc detects damaged datagrams only: anybody can compute it. None of the methods prevents
// replay; generation and sequence numbers do that in the cluster machine.
//
// Heartbeat 3.0.6 checks a received token with the method of the stated index but with the key
// of its own auth line, so two originals with different auth lines reject each other. Verify
// uses the key of the stated index, so both keys of a roll-over are accepted (wire spec 2.3).
//
// The package is pure: the caller reads the file and its mode. No error and no diagnostic ever
// holds a valid token, or the words after a method.
package authkeys
