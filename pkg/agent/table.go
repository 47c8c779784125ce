package agent

import (
	"fmt"
	"slices"
	"strings"
)

// operations ends the usage line of every wrapper.
const operations = " (start|stop|status|usage|meta-data)"

// Natives returns the table of agents built in. Those of addresses may run on two machines for a
// moment; an IPv6 address may not, because the second machine would find the first one out.
func Natives() []Native {
	return slices.Concat(addressAgents(), otherAgents(), syncAgents(), ocfAgents())
}

func addressAgents() []Native {
	always := func([]string) bool { return true }
	return []Native{
		{
			Name: "IPaddr", Least: 2, Most: 2, Do: ipaddr, Overlap: always,
			Usage:    "usage: $0 <ip-address>" + operations,
			Instance: func(args []string) string { return "IPaddr_" + parseWord(args[0]).ip },
		},
		{
			Name: "IPaddr2", Least: 2, Most: 2, Answers: true, Do: ipaddr2,
			Usage:    "usage: $0 ip-address[/netmaskbits[/interface[:label][/broadcast]]]" + operations,
			Instance: func(args []string) string { return "IPaddr2_" + parseWord(args[0]).ip },
			Overlap:  func(args []string) bool { return len(args) == 0 || !isIPv6(parseWord(args[0]).ip) },
		},
		{
			Name: "IPv6addr", Least: 2, Most: 2, Do: ipv6addr,
			Usage:    "usage: $0 <ip-address>" + operations,
			Instance: func(args []string) string { return "IPv6addr_" + args[0] },
		},
		{
			Name: "IPsrcaddr", Least: 2, Most: 2, OnStderr: true, Do: ipsrcaddr, Overlap: always,
			Usage: "usage: $0 <ip-address>" + operations,
		},
		{
			Name: "SendArp", Least: 2, Most: 2, Quiet: true, Answers: true, Do: sendArpAgent, Overlap: always,
			Usage:    "usage: $0 ip-address/interface" + operations,
			Instance: func(args []string) string { return "SendArp_" + parseWord(args[0]).ip },
		},
	}
}

func otherAgents() []Native {
	return []Native{
		{
			Name: "MailTo", Least: 2, Most: 3, Do: mailTo, Complaint: mailToComplaint,
			Usage: "Usage: $0 <email> [<subject>]" + operations,
		},
		{
			Name: "Delay", Least: 1, Most: 3, Do: delay,
			Usage:    "usage: $0 [delay [stopdelay]]" + operations,
			Instance: func(args []string) string { return "Delay_" + or(word0(args, ""), "10") },
		},
		{
			Name: "portblock", Least: 4, Most: 4, Do: portblock,
			Usage:    "usage: $0 {udp|tcp} portno,portno {block|unblock}" + operations,
			Instance: func(args []string) string { return "portblock_" + strings.Join(args, "_") },
		},
		{
			Name: "Filesystem", Least: 3, Most: 5, Do: filesystem,
			Usage:    "usage: $0 <device> <directory> [<fstype> [<options>]]" + operations,
			Instance: func(args []string) string { return "Filesystem_" + args[0] },
		},
	}
}

// syncAgents look after the kernel's connection synchronisation. They print no line of a wrapper:
// LVSSyncDaemonSwap was a script of its own, ipvs-sync is ours.
func syncAgents() []Native {
	always := func([]string) bool { return true }
	return []Native{
		{
			Name: "LVSSyncDaemonSwap", Least: 2, Most: 4, Plain: true, Do: syncSwap, Overlap: always,
			Usage: "usage: $0 {master|backup|both} [interface [syncid]] (start|stop|status)",
		},
		{
			Name: "ipvs-sync", Least: 2, Most: 3, Plain: true, Do: ipvsSync, Overlap: always,
			Usage: "usage: $0 interface [syncid] (start|stop|status)",
		},
	}
}

func mailToComplaint(words int) string {
	if words < 2 {
		return "At least 1 Email address has to be given!\n"
	}
	return fmt.Sprintf("Additional parameters found: %d but max. 3 are allowed!\n", words)
}

// word0 returns the first argument, or what it is when it is left out.
func word0(args []string, otherwise string) string {
	if len(args) == 0 {
		return otherwise
	}
	return args[0]
}
