// Package doctor examines a director or a real server while it runs: what the kernel can do, how it
// is set, who answers for which address on the wire, and how the paths to the peer are.
//
//	Setup (files, or what the operator names) ─┐
//	Machine (kernel, wire, rulesets, clock)   ─┴─▶ table of checks ─▶ findings, each with its repair
//
//	ok    modules    ip_vs is in the kernel
//	BAD   arp        2 machines answer for 10.1.0.70 on eth0: 02:…:07 (real server 10.1.0.11), 02:…:02
//	                 repair: on 10.1.0.11: sysctl -w net.ipv4.conf.all.arp_ignore=1 …
//
// It changes nothing. It asks with ARP probes, which carry no address of the sender and so change no
// table of anybody (RFC 5227), and with ICMP echoes to the peer.
//
// systole check looks at files alone and before the start; what it can see is not repeated here.
package doctor
