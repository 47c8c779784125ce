// Package hbd is the heartbeat daemon: it reads the files of /etc/ha.d, makes every part,
// joins them around one loop that owns the cluster machine, and tears them down again.
//
//	media ──datagrams──▶┐                              ┌──▶ media
//	FIFO ──messages───▶ │        ┌─────────────────┐   │──▶ log
//	API ──frames──────▶ ├─events─▶ cluster.Machine ├───┤──▶ API clients
//	jobs, clients ────▶ │        └─────────────────┘   │──▶ workers: resource jobs, respawn clients
//	signals, timer ───▶ ┘                              └──▶ exit, restart
//
// The loop itself only computes, sends datagrams and hands work to others; nothing in it waits
// for a disk, a script or a client.
package hbd
