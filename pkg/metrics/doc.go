// Package metrics gives the state documents of heartbeat and ldirectord to Prometheus.
//
//	state.Document ─┐
//	state.Director ─┴─▶ table of metrics ─▶ families ─▶ text ─┬─ /run/…/metrics, always
//	                                                          └─ systole_metrics, if configured
//
//	ldirectord_real_up{virtual="tcp:10.1.0.70:80",real="10.1.0.11:80"} 1
//	heartbeat_path_silence_seconds{node="node2",path="eth0"} 0.412
//
// Nothing is counted here: a scrape reads the document that status shows. The families are made
// from a table and share their labels, because a director may have ten thousand servers.
//
// Names and units follow the conventions of prometheus.io/docs/practices/naming; a test holds the
// linter of promtool to them.
package metrics
