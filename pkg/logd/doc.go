// Package logd speaks to ha_logd, the logging daemon of the original's cluster-glue, and is the
// command ha_logger, by which scripts do so.
//
//	ha_logger -t mytag hello  --->  /var/lib/heartbeat/log_daemon
//	                                [length][0xabcd] [96 bytes: who, how important] hello\0
//
// The frame is that of the client API; there is no answer (tools spec 10).
package logd
