// Package interop proves that this project's daemon is a drop-in replacement: it runs it on hosts
// of a lab beside the real heartbeat 3.0.6 as Debian packages it, in both roles, and beside itself.
//
//	            switch "lan" 121.254.175.64/28
//	     .77 |                |.78            |.65
//	+--------+---+    +-------+----+    +-----+----+
//	| lvsactive  |    | lvsstandby |    | gateway  |     the how-to's pair; its address .70
//	| ours  real |    | real  ours |    | answers  |     belongs to lvsactive
//	|  or  ours  |    |  or  ours  |    | pings    |
//	+------------+    +------------+    +----------+
//
// A story (TestStopAndStart, TestCrash, TestStandby, ...) starts a pair and goes on with the same one:
// the original's 10 s at a cold start are paid once. After each step the address is on the node that
// the original's own behaviour says, and on no other; what was written to the log stands in the
// order of the original's transcripts (testdata/orders.txtar, which both sides are held to). At the
// end the original's log must be free of complaints: what it writes about itself is in a list, a
// word about authentication or lost packets would be about us.
//
// TestMatrix tells a short story with each kind of key over each medium in both roles, TestRollingSwap
// one in which the packages of a running pair are exchanged under a client's eyes.
//
// Beside the stories: files that the original refuses (TestBadFiles runs both daemons on each),
// datagrams of a forger (TestForger replays a capture of what the original was sent, with its
// reactions), scripts that fail, hang, or leave daemons behind, and a port that is in use.
//
// An original now and then loses a message of its own scripts and then waits for it for ever. A story
// that ends badly because of that is told again (attempt_test.go), and the log says so.
//
// Everything is awaited, nothing is timed; the times that the steps took are logged (go test -v).
package interop
