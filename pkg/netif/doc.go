// Package netif reads and changes the addresses of this machine over netlink, and chooses the
// interface of a service address as the originals do.
//
// Nothing here starts a process: a status of IPaddr2 is one netlink request and its dump, where
// the original forks ip, grep and awk. Two rules choose an interface, and they differ:
//
//	Tables.Find     the shell findif of IPaddr2 (agents spec 2.2): connected networks only
//	Tables.Findif   the old findif program, also used by IPaddr (agents spec 3.1): any route,
//	                the default route too when a netmask is given
//
// Both work on Tables, a copy of what the kernel said, so that the tables of results in the
// agents spec are tested without a kernel:
//
//	h, err := netif.Open()
//	t, err := h.Tables()
//	f, err := t.Find(netif.Query{IP: vip, Bits: 32})
//	// f: eth0, 32, "121.254.175.79": the broadcast of the interface's own address (2.3)
//	err = h.Add(netif.Address{Interface: f.Interface, Prefix: f.Prefix(vip), ...})
//
// A Handle belongs to the network namespace of the thread that opened it, whichever thread uses
// it later.
package netif
