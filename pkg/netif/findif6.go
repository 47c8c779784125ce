package netif

// FindIPv6 completes q from the networks that the machine's own IPv6 addresses are in: the
// longest that holds the address, and no longer than q.Bits where that is given. IPv6addr
// chooses its interface so, and the connected routes that IPaddr2 looks at are the same
// networks (agents spec 2.2, 5). Without a match an interface and a prefix length do.
func (t Tables) FindIPv6(q Query) (Found, error) {
	best, found := Address{}, false
	for _, a := range t.Addresses {
		if inNetwork(a, q) && (!found || a.Prefix.Bits() > best.Prefix.Bits()) {
			best, found = a, true
		}
	}
	f := Found{Interface: q.Interface, Bits: q.Bits}
	if !found {
		if q.Interface == "" || q.Bits <= 0 {
			return Found{}, ErrNotFound
		}
		return f, nil
	}
	if f.Interface == "" {
		f.Interface = best.Interface
	}
	if f.Bits == 0 {
		f.Bits = best.Prefix.Bits()
	}
	return f, nil
}

// inNetwork says whether a is another address of the network that q asks for.
func inNetwork(a Address, q Query) bool {
	if a.Duplicate || a.Prefix.Addr() == q.IP || !a.Prefix.Addr().Is6() {
		return false
	}
	if q.Interface != "" && a.Interface != q.Interface || q.Bits < 0 || q.Bits > 0 && a.Prefix.Bits() > q.Bits {
		return false
	}
	bits := a.Prefix.Bits()
	return bits > 0 && bits < 128 && a.Prefix.Masked().Contains(q.IP)
}
