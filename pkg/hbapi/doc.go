// Package hbapi is the client API of heartbeat: the socket that cl_status, ipfail, ccm, dopd and
// programs of users talk to, the command FIFO that scripts write to, and a Go client.
//
// A client connects to /run/heartbeat/register and sends frames: an 8-byte header (body length,
// magic, both native-endian) and a message in text form with its NUL. It speaks first:
//
//	client  >>> t=hbapi-req reqtype=signon dest=alpha pid=553 from_id=ipfail uid=103 gid=106 <<<
//	daemon  >>> t=hbapi-clstat st=join from_id=ipfail to_id=ipfail src=alpha … <<<
//	daemon  >>> t=hbapi-resp reqtype=signon result=OK deadtime=1388 keepalive=3e8 node=alpha … <<<
//	client  >>> t=hbapi-req reqtype=nodestatus dest=alpha pid=553 from_id=ipfail node=beta <<<
//	daemon  >>> t=hbapi-resp reqtype=nodestatus st=active result=OK <<<
//	client  >>> t=num_ping_nodes num_ping=1 dest=beta <<<        goes to beta's client ipfail
//	daemon  >>> t=status st=dead src=beta … <<<                  told to every client
//
// A client without a name of its own (from_id is its pid) is casual: it may ask and listen.
// A named one may send messages to its namesakes on other nodes, and its coming and going is
// told to the cluster.
//
//	        sockets                                 decisions                   cluster
//	client ───► Server ── Event ──► daemon's loop ──► Core.Step ── []Effect ──► loop ──► Broadcast, ClusterNote,
//	client ◄─── Server.Do ◄── Reply, Close, … ◄──────────┘                            QueryClientStatus
//
// Core decides and does nothing else: no socket, lock, goroutine or clock, so that recorded
// sessions of the original replay against it frame by frame. Server and FIFO are the drivers. A
// client that does not read never blocks the daemon: its queue is bounded, then it is removed.
//
// Facts are from the tools spec, sections 6 and 8.
package hbapi
