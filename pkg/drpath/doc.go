// Package drpath asks a real server for a virtual address on the way on which IPVS will send it the
// clients of direct routing (gate): framed to the server's MAC address, addressed to the virtual.
//
//	director 10.1.0.1                              real 10.1.0.11, 10.1.0.70 on lo
//	   │  10.1.0.1:61042 ─▶ 10.1.0.70:80  SYN  (to the MAC of 10.1.0.11)  │
//	   │ ◀─ 10.1.0.70:80 ─▶ 10.1.0.1:61042  SYN/ACK, or RST               │
//	   │  10.1.0.1:61042 ─▶ 10.1.0.70:80  RST                             │
//
// A check of the server's own address cannot see that the virtual one is missing on its lo: then the
// server drops, or sends on, what every client sends.
//
// Both directions are packet sockets, because the kernel can do neither: it would not send to an
// address that is its own, and it drops the answer as martian, for the same reason; a packet socket
// sees it before. On a director that does not have the address the kernel resets the answer itself,
// which does no harm.
//
// One socket serves all questions of an interface and an address family. A filter in the kernel
// lets through only SYN/ACK and RST to the ports that are asked from, which lie above those that
// the kernel gives to its own connections.
//
// The SYN has a TTL of 2: a server may hand it on to a container of its own, but what it routes
// back into the network, because it lacks the address, gets no further than to the next machine.
package drpath
