// Package decode is the verb "systole decode": it tells what heartbeat traffic in a packet
// capture says, and what a receiver would think of it.
//
//	frame time             from > to               node   type       hg:seq       fields
//	   35 01:10:22.104223  udp 10.9.0.12 > .11     node2  status     6A0F:9       st=active dt=10s  ! gap: 3 missing
//
// A Decoder takes datagrams one by one and keeps, for every node, what a receiver keeps: the
// generation, the sequence numbers seen and those missing (wire spec 6.1). It stands beside the
// wire, not in a node: what arrived over one link is no gap on another, and a message that was
// asked for is a retransmission whoever asked. With keys it says which messages a node with that
// file would refuse (wire spec 2.3); without, it reads them all and verifies none.
package decode
