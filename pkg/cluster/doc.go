// Package cluster is the heart of a node: who is alive, what arrived in which order, who holds
// which resources, and how they move. It is a pure machine: Step takes an event and the time,
// and returns what has to be done as data. It starts nothing, waits for nothing, reads no clock.
//
//	         datagrams, FIFO, API            ┌──────────┐   Send Ping Log Notify
//	Recv ──────────────────────────────────▶ │          │ ─────────────────────────▶ media, log, clients
//	Tick, JobDone, ClientExited, Terminate ▶ │ Machine  │   Run StartClient KillClient
//	                                         │          │ ─────────────────────────▶ workers
//	Next() ◀──────────────────────────────── └──────────┘   Exit
//
// A node passes through these statuses on the wire (wire spec 5.3):
//
//	init ──▶ up ──(every node heard or dead)──▶ active ──(shutdown)──▶ gone
//
// and, with auto_failback on or off, its resources through these states (failover spec 8):
//
//	Init ──▶ Starting ──▶ BothStarting ──▶ ResourcesReceived ──▶ Stable ──▶ ShutDown
//
// Two ideas run through the package. First, a node hears itself: every message that it sends is
// also processed by it, after it has been sent. Second, "local" resources are the groups whose
// owner in haresources is this node, "foreign" ones are all others; a node holds none, one kind
// or both, and says so in its resource messages.
//
// Against a real heartbeat peer the machine follows the original to the letter. A peer that is
// Systole too says so in a field of its status that the original ignores (peer.go); then the
// 10 s wait of a cold start is skipped, and groups that both nodes claim are given one owner.
package cluster
