package findings

import "systole/pkg/diag"

const (
	errorRule = diag.Error
	warnRule  = diag.Warning
	noteRule  = diag.Note
)

// haCfRules are what ha.cf itself can have wrong.
func haCfRules() []Rule {
	return []Rule{
		{Code: "HA-101", Severity: errorRule, Title: "ha.cf has a directive that does not exist",
			Original: "heartbeat does not start, with exit code 6",
			Instead:  "correct the word, or remove the line; names of directives are case-sensitive"},
		{Code: "HA-102", Severity: errorRule, Title: "ha.cf has a value that is refused",
			Original: "heartbeat does not start, with exit code 6; about some values it says nothing at all",
			Instead:  "correct the value"},
		{Code: "HA-103", Severity: errorRule, Title: "the dead times do not fit the keepalive time",
			Original: "heartbeat does not start: deadtime and deadping must exceed twice keepalive, initdead must not be below deadtime",
			Instead:  "make deadtime five times keepalive, and leave out initdead or make it at least twice deadtime",
			Example:  "keepalive 1\ndeadtime 5\ninitdead 20"},
		{Code: "HA-104", Severity: errorRule, Title: "no medium reaches the other node",
			Original: "without any medium heartbeat does not start; ping nodes count as media, so with those alone it starts, hears nobody and takes everything",
			Instead:  "add a line that reaches the peer",
			Example:  "ucast eth0 192.0.2.2"},
		{Code: "HA-105", Severity: errorRule, Title: "this machine is not among the nodes of ha.cf",
			Original: "heartbeat does not start; it takes its name from the first line of nodeinfo, else from uname -n, in small letters",
			Instead:  "write the name that uname -n prints into a node line, on both nodes"},
		{Code: "HA-106", Severity: errorRule, Title: "a respawn or failfast line is refused",
			Original: "heartbeat does not start: the user must exist and the program must be named by its full path and be executable",
			Instead:  "name a user and a full path",
			Example:  "respawn hacluster /usr/libexec/heartbeat/ipfail"},
		{Code: "HA-107", Severity: errorRule, Title: "an apiauth line is refused",
			Original: "heartbeat does not start",
			Instead:  "write a client, and users or groups that exist, separated by commas without blanks",
			Example:  "apiauth ipfail uid=hacluster gid=haclient"},
		{Code: "HA-108", Severity: warnRule, Title: "ha.cf says something that is read as something else, or not at all",
			Original: "heartbeat starts and silently does what it understood",
			Instead:  "write what is meant"},
		{Code: "HA-109", Severity: noteRule, Title: "a directive has no effect",
			Original: "heartbeat accepts it, for daemons or systems that are not here",
			Instead:  "remove the line"},
		{Code: "HA-110", Severity: warnRule, Title: "there is a no-break space, as copied from a web page",
			Original: "heartbeat takes it for a part of the word before or after it, which then is a user, a node or a script that does not exist",
			Instead:  "type a plain blank in its place"},
		{Code: "HA-111", Severity: warnRule, Title: "udpport stands below the media that should use it",
			Original: "media above the line keep port 694; heartbeat complains on stderr only, and two nodes whose files differ in order do not hear each other",
			Instead:  "move udpport above the first ucast, bcast or mcast line",
			Example:  "udpport 1694\nucast eth0 192.0.2.2"},
		{Code: "HA-112", Severity: warnRule, Title: "auto_failback is missing or legacy",
			Original: "a missing line means legacy: neither ipfail nor hb_standby works, resources move back at once when a node returns, and every start logs a warning",
			Instead:  "write auto_failback on (resources go home when their node returns) or auto_failback off (they stay), the same on both nodes"},
		{Code: "HA-113", Severity: warnRule, Title: "ipfail cannot work",
			Original: "ipfail starts and never acts: with legacy it ends at once with exit code 100, without a ping node it has nothing to compare",
			Instead:  "write auto_failback on or off, and name a host that answers pings as long as the network works",
			Example:  "auto_failback on\nping 192.0.2.254\nrespawn hacluster /usr/libexec/heartbeat/ipfail"},
		{Code: "HA-114", Severity: noteRule, Title: "a daemon is named where another release kept it",
			Original: "heartbeat refuses to start where the path does not exist: Debian has /usr/libexec/heartbeat, older Debian /usr/lib/heartbeat, Red Hat and CentOS /usr/lib64/heartbeat",
			Instead:  "nothing has to be done: every one of these paths works with Systole; the present one is /usr/libexec/heartbeat"},
		{Code: "HA-115", Severity: noteRule, Title: "no log is named",
			Original: "heartbeat tries the logging daemon and then syslog with facility daemon; with use_logd off it does not start",
			Instead:  "name a log file",
			Example:  "logfile /var/log/ha-log"},
		{Code: "HA-116", Severity: warnRule, Title: "a host name must be resolved when heartbeat starts",
			Original: "heartbeat does not start when the name cannot be resolved, which is the case after a power failure that took the name server too",
			Instead:  "write the address, or put the name into /etc/hosts"},
		{Code: "HA-117", Severity: warnRule, Title: "apiauth keeps ipfail out",
			Original: "ipfail cannot sign on, ends with exit code 1 and is started again and again",
			Instead:  "admit the user of the respawn line",
			Example:  "respawn hacluster /usr/libexec/heartbeat/ipfail\napiauth ipfail uid=hacluster"},
		{Code: "HA-118", Severity: warnRule, Title: "deadtime is close to keepalive",
			Original: "heartbeat starts; two lost packets, or a busy second, and a healthy node is declared dead: both hold the resources until it is heard again",
			Instead:  "make deadtime at least three, better five times keepalive",
			Example:  "keepalive 1\ndeadtime 5"},
		{Code: "HA-119", Severity: warnRule, Title: "warntime does not lie between keepalive and deadtime",
			Original: "above deadtime it never warns; not above keepalive it warns of every heartbeat",
			Instead:  "remove warntime, which makes it half of deadtime"},
		{Code: "HA-120", Severity: warnRule, Title: "initdead is shorter than a machine needs for its network",
			Original: "heartbeat says \"Initial dead time may be too small\" and starts; when both nodes boot, each may take over before the switch port of the other works",
			Instead:  "leave initdead out, or make it at least 10 seconds and twice deadtime"},
		{Code: "HA-121", Severity: warnRule, Title: "the resources are for two nodes, ha.cf names more or fewer",
			Original: "haresources clusters have two nodes: ipfail and standby know one partner only, a third node's groups are never taken over",
			Instead:  "name exactly two nodes"},
		{Code: "HA-122", Severity: errorRule, Title: "a node sends its heartbeats to itself",
			Original: "heartbeat starts, hears its own packets, drops them, and declares the other node dead after initdead: both hold the resources",
			Instead:  "write the address of the other node; or both addresses in both files, then the files can be equal",
			Example:  "ucast eth0 192.0.2.1\nucast eth0 192.0.2.2"},
	}
}

// trapRules are what works until it is needed.
func trapRules() []Rule {
	return []Rule{
		{Code: "HA-131", Severity: warnRule, Title: "ipfail has a single path between the nodes to work with",
			Original: "ipfail compares ping counts with the other node over the heartbeat media. When the only cable is cut the nodes cannot talk, ipfail decides nothing, and after deadtime each node takes what the other has",
			Instead:  "add a second, independent path: another interface with a cross-over cable, or a serial line",
			Example:  "ucast eth0 192.0.2.2\nucast eth1 198.51.100.2\nserial /dev/ttyS0"},
		{Code: "HA-132", Severity: noteRule, Title: "the ping node answers over the same network as all heartbeats",
			Original: "a node that loses this network loses the ping node and the other node together; the ping node tells nothing that the silence did not",
			Instead:  "let heartbeats have a path besides the network of the ping node"},
		{Code: "HA-133", Severity: noteRule, Title: "there is a single path between the nodes",
			Original: "one cable, one switch port or one network card decides that the other node is dead, and both nodes hold the resources",
			Instead:  "add a second, independent path"},
	}
}
