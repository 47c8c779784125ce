// Package connector sees whether TCP servers take connections, thousands a second for little.
//
//	Begin --queue--> +-----------+ --connect--> server        one goroutine, one epoll, and
//	                 | Connector | <--SYN/ACK--               sockets that are used again
//	Done <---------- +-----------+ --RST------>
//
// A check that is only a connection costs what its system calls cost, and most of those are about
// the socket, not the connection: make it, set it up, give it to a poller, take it back, free it.
// connect(2) to AF_UNSPEC ends a connection and leaves the socket as new: tcp_disconnect() of the kernel,
// the very function that a close with a linger time of 0 comes to, so that the server sees the same
// reset, and nobody collects TIME_WAIT. What is left of a check is two calls of connect(2) and a
// share of an epoll_wait(2).
//
//	idle ---connect---> on its way ---EPOLLOUT---> (connected) ---disconnect---> idle
//	                        |
//	                        +---EPOLLERR, limit, Cancel---> closed
package connector
