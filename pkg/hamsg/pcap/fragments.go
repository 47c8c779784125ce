package pcap

import "net/netip"

// maxPending bounds the datagrams whose fragments are waited for; the oldest is forgotten.
const maxPending = 64

// fragments puts IP datagrams together, by addresses, protocol and identification (RFC 791, 8200).
type fragments struct {
	pending []*pieces
}

type pieceKey struct {
	src, dst netip.Addr
	proto    Protocol
	id       uint32
}

// pieces is one datagram on its way.
type pieces struct {
	key   pieceKey
	data  []byte
	have  []bool // by 8 bytes
	total int    // known with the last fragment, else 0
	count int    // of fragments
}

// maxIP is the longest payload of an IP datagram.
const maxIP = 65535

// add takes a fragment and returns the payload of the datagram it completes, and how many
// fragments that took.
func (f *fragments) add(p ipPacket) (payload []byte, count int, ok bool) {
	end := p.offset + len(p.payload)
	if end > maxIP || p.more && len(p.payload)%8 != 0 || len(p.payload) == 0 {
		return nil, 0, false
	}
	d := f.find(pieceKey{p.src, p.dst, p.proto, p.id})
	d.put(p.offset, p.payload)
	d.count++
	if !p.more {
		d.total = end
	}
	if !d.complete() {
		return nil, 0, false
	}
	f.forget(d)
	return d.data[:d.total], d.count, true
}

func (f *fragments) find(key pieceKey) *pieces {
	for _, d := range f.pending {
		if d.key == key {
			return d
		}
	}
	if len(f.pending) == maxPending {
		f.pending = f.pending[1:]
	}
	d := &pieces{key: key}
	f.pending = append(f.pending, d)
	return d
}

func (f *fragments) forget(done *pieces) {
	kept := f.pending[:0:0]
	for _, d := range f.pending {
		if d != done {
			kept = append(kept, d)
		}
	}
	f.pending = kept
}

func (d *pieces) put(offset int, payload []byte) {
	if missing := offset + len(payload) - len(d.data); missing > 0 {
		d.data = append(d.data, make([]byte, missing)...)
	}
	copy(d.data[offset:], payload)
	for len(d.have) < (len(d.data)+7)/8 {
		d.have = append(d.have, false)
	}
	for i := offset / 8; i < (offset+len(payload)+7)/8; i++ {
		d.have[i] = true
	}
}

func (d *pieces) complete() bool {
	if d.total == 0 || d.total > len(d.data) {
		return false
	}
	for _, have := range d.have[:(d.total+7)/8] {
		if !have {
			return false
		}
	}
	return true
}
