// Package garp tells a LAN which machine has a service address: gratuitous ARP, byte for byte
// the frames of send_arp (agents spec 4), and watches and asks who else claims it.
//
//	ff ff ff ff ff ff  5e df dd 9f 3b e0  08 06             to all, from the interface, ARP
//	00 01 08 00 06 04  00 01                                Ethernet, IPv4, request (2: reply)
//	5e df dd 9f 3b e0  79 fe af 46                          sender: MAC, 121.254.175.70
//	00 00 00 00 00 00  79 fe af 46                          target: none (reply: MAC), the same
//
// An Announcer speaks for one held address:
//
//	t      0     0     100   200   300  …  800 ms   then every Repeat while Held says yes
//	frame  req   reply req   reply req     reply    req+reply
//
// The original waits 100 ms between all ten frames and then never speaks again, so that one
// lost burst leaves a router with the wrong MAC for hours. Frames leave through a packet
// socket: mdlayher/arp builds them, but its client refuses interfaces without an IPv4 address.
// An IPv6 address is announced by unsolicited neighbour advertisements instead, in the rhythm of
// send_ua: five, 200 ms apart.
package garp
