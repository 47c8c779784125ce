// Package service holds what starts the daemons: scripts for init, systemd units, tmpfiles.d,
// log rotation and default files. They are installed as package layout says.
//
//	service heartbeat start ---> /etc/init.d/heartbeat start ---> heartbeat     (forks)
//	systemctl start heartbeat -> heartbeat.service -------------> heartbeat -f  (notifies)
//
// Texts and exit codes of the scripts are the original's to the byte (tools spec 3.1, ldirectord
// spec 1): the tests run the same cases on a host with the original's scripts beside ours.
//
// A stop also ends a daemon of the original that has lost its package (end-original).
//
// The units differ from the original's. heartbeat.service is ready when the daemon is on the air,
// can reload, waits for the network, and starts a daemon again that crashed or hangs. ldirectord.service
// lets systemd end what is left after a stop.
package service
