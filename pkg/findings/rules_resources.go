package findings

// haresourcesRules are what haresources can have wrong.
func haresourcesRules() []Rule {
	return []Rule{
		{Code: "HA-201", Severity: errorRule, Title: "a line of haresources does not begin with a node",
			Original: "heartbeat does not start, with \"Bad nodename in /etc/ha.d//haresources\" and exit code 6",
			Instead:  "begin each group with a node of ha.cf; the resources of a group stand on one line, or on lines joined by a backslash at their very end",
			Example:  "node1.example.com ldirectord::ldirectord.cf \\\n    IPaddr2::192.0.2.10/24/eth0"},
		{Code: "HA-202", Severity: errorRule, Title: "a backslash stands where it does not continue the line",
			Original: "heartbeat takes it for a part of the resource, finds no script of that name, starts nothing of the group and says nothing",
			Instead:  "remove it: a backslash belongs at the very end of a line that is to be continued"},
		{Code: "HA-203", Severity: warnRule, Title: "a line is not continued although it was meant to be",
			Original: "a blank, a comment or an empty line after the backslash ends the group; the resources that follow are a line of their own, which has no node",
			Instead:  "end the line with the backslash itself and go on with the next line"},
		{Code: "HA-204", Severity: warnRule, Title: "lines end in carriage returns",
			Original: "heartbeat takes the carriage return for a part of the last resource, whose script then gets a wrong argument",
			Instead:  "convert the file with dos2unix"},
		{Code: "HA-206", Severity: warnRule, Title: "an IPv6 address is written with ::",
			Original: "the :: separates arguments, so the script gets half an address",
			Instead:  "write the address in full"},
		{Code: "HA-207", Severity: warnRule, Title: "two groups begin with the same resource",
			Original: "heartbeat joins both lines, stumbles over the second node name and cannot start either",
			Instead:  "join the lines, or begin one of them with another resource"},
		{Code: "HA-208", Severity: warnRule, Title: "a word is no resource",
			Original: "heartbeat looks for a script of that name and gives up on the group",
			Instead:  "write SCRIPT::ARGUMENT::ARGUMENT without quotes and blanks"},
		{Code: "HA-209", Severity: noteRule, Title: "a node has no resources",
			Original: "heartbeat accepts the line and does nothing with it",
			Instead:  "add resources, or remove the line"},
		{Code: "HA-210", Severity: noteRule, Title: "a continuation line has a comment",
			Original: "heartbeat takes the words of the comment for resources",
			Instead:  "move the comment above the group"},
		{Code: "HA-211", Severity: errorRule, Title: "there is no script for a resource",
			Original: "heartbeat logs \"Cannot locate resource script\", gives the group up and, half a minute later, tries to hand it to the other node",
			Instead:  "install the script in /etc/ha.d/resource.d, or correct the name"},
		{Code: "HA-212", Severity: errorRule, Title: "the service address is a node's own address",
			Original: "the address is already there; at the next failover both nodes have it, and giving it up takes the node off the network",
			Instead:  "use an address of its own for the service"},
		{Code: "HA-213", Severity: errorRule, Title: "two groups have the same service address",
			Original: "both start it; whichever stops first takes it away from the other, and with different owners both nodes hold it",
			Instead:  "keep the address in one group and put all its resources there"},
	}
}

// authkeysRules are what authkeys can have wrong.
func authkeysRules() []Rule {
	return []Rule{
		{Code: "HA-301", Severity: errorRule, Title: "authkeys is refused",
			Original: "heartbeat does not start; on a reload (SIGHUP) it shuts down",
			Instead:  "write two lines, the key without blanks",
			Example:  "auth 1\n1 sha1 AKeyWithoutBlanks"},
		{Code: "HA-302", Severity: errorRule, Title: "others can read authkeys",
			Original: "heartbeat does not start: \"Bad permissions on keyfile [/etc/ha.d//authkeys], 600 recommended.\"",
			Instead:  "run: chmod 600 /etc/ha.d/authkeys"},
		{Code: "HA-304", Severity: warnRule, Title: "messages are not authenticated: the method is crc",
			Original: "heartbeat accepts every packet with a right checksum: any machine on the network can take the service down",
			Instead:  "use sha1, unless nodes are joined by cross-over cables or serial lines only"},
		{Code: "HA-305", Severity: noteRule, Title: "the key is short",
			Original: "heartbeat takes any key; whoever records one packet can try out short words at leisure",
			Instead:  "make a key: head -c 24 /dev/urandom | base64"},
		{Code: "HA-306", Severity: warnRule, Title: "something in authkeys is ignored",
			Original: "heartbeat silently uses what comes last, and of a key the first word",
			Instead:  "keep one auth line, one line for each key, and no blanks in keys"},
	}
}

// pairRules are what does not fit between the files of the two nodes.
func pairRules() []Rule {
	return []Rule{
		{Code: "HA-401", Severity: errorRule, Title: "both nodes name themselves as owner of the same group",
			Original: "the group belongs to both: both start it and both hold the address as long as both are up, without any error in the logs. Two Systole nodes notice and make one group of it",
			Instead:  "write the same line on both nodes, with the node that should have the resources by preference",
			Example:  "# on node1 and on node2:\nnode1.example.com ldirectord::ldirectord.cf IPaddr2::192.0.2.10/24/eth0"},
		{Code: "HA-402", Severity: errorRule, Title: "the files haresources differ",
			Original: "each node starts and stops what its own file says: resources of one file alone are not taken over, or run twice",
			Instead:  "copy one file to the other node"},
		{Code: "HA-403", Severity: errorRule, Title: "the nodes sign with keys that the other does not have",
			Original: "each node drops every message of the other and declares it dead: both hold the resources",
			Instead:  "copy authkeys to the other node, mode 600"},
		{Code: "HA-404", Severity: errorRule, Title: "the files ha.cf name different nodes",
			Original: "messages of a node that is not named are dropped with \"bad node\" in the log; the two never work together",
			Instead:  "write the same node lines on both nodes"},
		{Code: "HA-405", Severity: warnRule, Title: "the times of the two nodes differ",
			Original: "each node judges the other by the deadtime that the other announces; with different keepalive times one warns all the time",
			Instead:  "write the same keepalive, deadtime, warntime and initdead on both nodes"},
		{Code: "HA-406", Severity: errorRule, Title: "a medium of one node has no counterpart on the other",
			Original: "heartbeat starts; what is sent to a port or group where nobody listens is lost, and the link counts as dead in one direction",
			Instead:  "write the same media with the same ports on both nodes; for ucast, each with the other's address"},
		{Code: "HA-407", Severity: errorRule, Title: "auto_failback differs",
			Original: "the nodes speak different takeover dialogues: at best resources go back in one direction only",
			Instead:  "write the same auto_failback on both nodes"},
	}
}

// fileRules are about files that are not there.
func fileRules() []Rule {
	return []Rule{
		{Code: "HA-501", Severity: errorRule, Title: "a file is missing",
			Original: "heartbeat does not start without ha.cf, haresources and authkeys",
			Instead:  "begin with the samples in /usr/share/doc/heartbeat"},
		{Code: "HA-502", Severity: warnRule, Title: "a file could not be read, so it was not checked",
			Original: "heartbeat runs as root and can read it",
			Instead:  "run systole check as root, or on a copy that you can read"},
	}
}
