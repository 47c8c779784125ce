// Package check asks a real server whether it is well: one function and one file per kind of
// check, one table that names them all.
//
//	Run(ctx, env, target) Result          ctx carries the whole limit of the check
//	    │
//	    ├─ checktype connect, ping, external, external-perl      table Types
//	    └─ checktype negotiate ─▶ service http, smtp, dns, …     table Services
//
// A check costs a bounded amount whatever the server does: its context ends it, a header or
// dialogue is read up to 64 KiB, a body up to 1 MiB, and libraries get whole messages only, whose
// announced sizes are true (frames.go). Connections are closed by a reset, so that neither side
// collects TIME_WAIT entries from thousands of checks an hour.
//
// The bytes are the original's (ldirectord spec 9). A request of an http check:
//
//	GET /gunnm.lvs HTTP/1.1\r\n
//	TE: deflate,gzip;q=0.3\r\n
//	Connection: TE, close\r\n
//	Host: 121.254.175.75\r\n
//	User-Agent: libwww-perl/6.68\r\n
//	\r\n
//
// The services h2, h2c, grpc and grpcs are ours; the original refuses them.
//
// Result.Message is what the original writes to the monitor file: "200 OK",
// "500 Can't connect to 10.1.0.11:80 (Connection refused)", "500 Timeout Alarm".
package check
