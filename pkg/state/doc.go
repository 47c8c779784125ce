// Package state is what a running daemon tells about itself: one JSON document, versioned, read
// from a socket by status commands and monitors, and the same as a page for a terminal.
//
//	/run/heartbeat/state (0660 root:haclient)
//	connect ──▶ one Document ──▶ closed
//
//	{"version":1,"time":"…","daemon":{"node":"node1","generation":1795},
//	 "resources":{"holds":"local","settled":true,"groups":[{"owner":"node1","holder":"node1",…}]},
//	 "nodes":[{"name":"node2","status":"active","paths":[{"name":"eth0","up":true,"age_ms":412,…}]}],…}
//
// Fields are added, never changed: a reader must ignore those it does not know. Version counts up
// when a field goes away or changes its meaning. Times are RFC 3339, ages and spans milliseconds.
package state
