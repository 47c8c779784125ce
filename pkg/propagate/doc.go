// Package propagate is the command ha_propagate: it copies ha.cf and authkeys of this node to the
// other nodes of the cluster, and has them start heartbeat at boot.
//
//	/etc/ha.d/ha.cf      -- scp --> NODE:/etc/ha.d/
//	/etc/ha.d/authkeys   -- scp --> NODE:/etc/ha.d/      mode 0600 comes along
//	                     -- ssh --> NODE: chkconfig, systemctl or update-rc.d
//
// It runs this machine's own scp and ssh, so that their configuration and keys hold. The original's
// program of heartbeat 3.0.6 does the same (tools spec 6.2), but it is written in a Python that
// Debian no longer has and does not start there.
package propagate
