package keepalived

import "strings"

// blockKind says whether a directive has a block.
type blockKind uint8

const (
	noBlock  blockKind = iota
	mayBlock           // with or without
	aBlock             // of directives
	rawBlock           // of lines without keywords
)

// rule is one keyword of a block: how many words it takes, and what becomes of it.
type rule struct {
	name     string
	min, max int
	set      func(b *builder, d *directive)
	block    blockKind
	in       func() grammar // of aBlock and mayBlock
	secret   bool           // the report does not show its words
}

// grammar is the keywords of one block.
type grammar []rule

// find returns the rule of a keyword, or nil. Those of the file as a whole that are no words but
// signs ($VAR=…, @name, ~SEQ) go by their first character.
func (g grammar) find(name string) *rule {
	for i := range g {
		sign := strings.ContainsAny(g[i].name, "$@~")
		if g[i].name == name || sign && strings.HasPrefix(name, g[i].name) {
			return &g[i]
		}
	}
	return nil
}

// rest is the number of words of a directive that takes the rest of its line.
const rest = 1 << 10

// Ways to say what becomes of a directive that needs no more than saying so.

func equal(note string) func(*builder, *directive) {
	return func(b *builder, d *directive) { b.equal(d, note) }
}

func approximated(note string) func(*builder, *directive) {
	return func(b *builder, d *directive) { b.approximated(d, note) }
}

func lost(note string) func(*builder, *directive) {
	return func(b *builder, d *directive) { b.lost(d, note) }
}

func refused(note string) func(*builder, *directive) {
	return func(b *builder, d *directive) { b.fail(d.line, "%s: %s", d.text(), note) }
}

// each makes rules of the same kind.
func each(min, max int, set func(*builder, *directive), names ...string) grammar {
	var g grammar
	for _, n := range names {
		g = append(g, rule{name: n, min: min, max: max, set: set})
	}
	return g
}

// blocks makes rules of blocks whose lines are all told alike.
func blocks(max int, set func(*builder, *directive), names ...string) grammar {
	var g grammar
	for _, n := range names {
		g = append(g, rule{name: n, max: max, block: rawBlock, set: set})
	}
	return g
}

// topLevel is what stands outside of blocks.
func topLevel() grammar {
	const system = "configure them in the system: no file of heartbeat has them"
	g := grammar{
		{name: "global_defs", block: aBlock, in: globalDefs, set: equal("its directives follow")},
		{name: "vrrp_instance", min: 1, max: 1, block: aBlock, in: vrrpInstance, set: (*builder).instance},
		{name: "vrrp_sync_group", min: 1, max: 1, block: aBlock, in: vrrpSyncGroup, set: (*builder).syncGroup},
		{name: "virtual_server", min: 1, max: 2, block: aBlock, in: virtualServer, set: (*builder).virtualServer},
		{name: "virtual_server_group", min: 1, max: 1, block: rawBlock, set: (*builder).serverGroup},
		{name: "include", min: 1, max: 1, set: refused("put the text of that file in its place")},
		{name: "include_check", max: rest, set: lost("files that are included are put in their place by hand")},
		{name: "$", max: rest, set: refused("definitions are not expanded: write the value where it is used")},
		{name: "@", max: rest, set: refused("lines for one configuration id are not chosen: keep those of this node, without the id")},
		{name: "~", max: rest, set: refused("~SEQ is not expanded: write the lines out")},
	}
	g = append(g, blocks(0, lost(system), "static_ipaddress", "static_routes", "static_rules")...)
	g = append(g, blocks(1, lost(noTracking), "vrrp_script", "vrrp_track_process", "vrrp_track_file", "track_file", "bfd_instance")...)
	g = append(g, blocks(1, lost(noGARP), "garp_group")...)
	g = append(g, blocks(1, lost("a property of keepalived itself"), "track_group", "linkbeat_interfaces", "interface_up_down_delays", "SSL")...)
	return append(g, each(0, rest, lost("a property of keepalived itself"), "net_namespace", "namespace_with_ipsets", "instance", "use_pid_dir",
		"linkbeat_use_polling", "child_wait_time", "config_copy_directory", "random_seed")...)
}

// Reasons that several directives share.
const (
	noTracking = "heartbeat in the haresources style does not watch resources: use mon (systole mon)"
	noGARP     = "the timing of gratuitous ARP is the agent's: five pairs 200 ms apart"
	ownLimits  = "ldirectord has limits of its own"
	property   = "a property of keepalived itself"
	noVMAC     = "no virtual MAC address: the address moves with gratuitous ARP"
	noSource   = "checks leave by the address and interface of the route"
	protocolIn = "a detail of VRRP: heartbeat has a protocol of its own"
)

func globalDefs() grammar {
	g := grammar{
		{name: "notification_email", block: rawBlock, set: (*builder).notificationEmail},
		{name: "notification_email_from", min: 1, max: 1, set: (*builder).emailFrom},
		{name: "smtp_server", min: 1, max: 2, set: (*builder).smtpServer},
		{name: "lvs_sync_daemon", min: 1, max: rest, set: (*builder).syncDaemon},
		{name: "lvs_timeouts", min: 1, max: rest, set: (*builder).lvsTimeouts},
	}
	g = append(g, each(1, 1, lost(ownLimits), "smtp_connect_timeout", "smtp_helo_name")...)
	g = append(g, each(0, 1, (*builder).smtpDefault, "smtp_alert", "smtp_alert_vrrp", "smtp_alert_checker")...)
	g = append(g, each(1, 1, lost("a name for mails and SNMP"), "router_id", "snmp_socket", "dbus_service_name")...)
	g = append(g, each(0, 1, lost("the group of the mcast line is chosen by itself"), "vrrp_mcast_group4", "vrrp_mcast_group6")...)
	g = append(g, each(0, 2, approximated(noGARP), "vrrp_garp_master_delay", "vrrp_garp_master_repeat", "vrrp_garp_master_refresh",
		"vrrp_garp_master_refresh_repeat", "vrrp_garp_lower_prio_delay", "vrrp_garp_lower_prio_repeat", "vrrp_garp_interval", "vrrp_gna_interval",
		"vrrp_garp_extra_if", "vrrp_min_garp")...)
	g = append(g, each(0, 1, lost(protocolIn), "vrrp_version", "vrrp_strict", "vrrp_skip_check_adv_addr", "vrrp_check_unicast_src",
		"vrrp_lower_prio_no_advert", "vrrp_higher_prio_send_advert", "vrrp_down_timer_adverts", "vrrp_startup_delay", "vrrp_iptables", "vrrp_ipsets",
		"default_interface")...)
	g = append(g, each(0, rest, lost("scripts run as root, by heartbeat"), "script_user", "startup_script", "startup_script_timeout", "shutdown_script",
		"shutdown_script_timeout", "notify_fifo", "notify_fifo_script", "vrrp_notify_fifo", "vrrp_notify_fifo_script", "lvs_notify_fifo", "lvs_notify_fifo_script")...)
	return append(g, each(0, 1, lost(property), "enable_script_security", "lvs_flush", "lvs_flush_on_stop", "checker_log_all_failures", "no_email_faults",
		"enable_snmp_vrrp", "enable_snmp_checker", "enable_snmp_rfc", "enable_traps", "enable_dbus", "vrrp_priority", "checker_priority",
		"vrrp_no_swap", "checker_no_swap", "vrrp_rt_priority", "checker_rt_priority", "dynamic_interfaces", "max_auto_priority", "process_names",
		"umask", "vrrp_process_name", "checker_process_name", "vrrp_notify_priority_changes", "nftables", "nftables_ipvs")...)
}

func vrrpInstance() grammar {
	g := grammar{
		{name: "state", min: 1, max: 1, set: (*builder).state},
		{name: "interface", min: 1, max: 1, set: (*builder).iface},
		{name: "virtual_router_id", min: 1, max: 1, set: (*builder).routerID},
		{name: "priority", min: 1, max: 1, set: (*builder).priority},
		{name: "advert_int", min: 1, max: 1, set: (*builder).advert},
		{name: "nopreempt", set: (*builder).noPreempt},
		{name: "preempt", set: equal("auto_failback on")},
		{name: "preempt_delay", min: 1, max: 1, set: approximated("resources come back at once: heartbeat has no delay")},
		{name: "authentication", block: aBlock, in: authentication, set: equal("authkeys")},
		{name: "unicast_src_ip", min: 1, max: 1, set: (*builder).unicastSource},
		{name: "unicast_peer", block: rawBlock, set: (*builder).unicastPeer},
		{name: "virtual_ipaddress", block: rawBlock, set: (*builder).addresses},
		{name: "virtual_ipaddress_excluded", block: rawBlock, set: (*builder).addresses},
		{name: "virtual_routes", block: rawBlock, set: (*builder).routes},
		{name: "virtual_rules", block: rawBlock, set: (*builder).ipRules},
		{name: "promote_secondaries", max: 1, set: (*builder).promote},
		{name: "lvs_sync_daemon_interface", min: 1, max: 1, set: (*builder).syncInterface},
		{name: "smtp_alert", max: 1, set: (*builder).vrrpMail},
		{name: "track_interface", block: rawBlock, set: approximated("add a ping node and ipfail to ha.cf: ping GATEWAY, respawn hacluster .../ipfail")},
	}
	g = append(g, notifies()...)
	g = append(g, blocks(0, lost(noTracking), "track_script", "track_process", "track_file", "track_bfd")...)
	g = append(g, each(0, 2, approximated(noGARP), "garp_master_delay", "garp_master_repeat", "garp_master_refresh", "garp_master_refresh_repeat",
		"garp_lower_prio_delay", "garp_lower_prio_repeat", "garp_interval", "gna_interval", "garp_extra_if")...)
	g = append(g, each(0, rest, lost(noVMAC), "use_vmac", "use_vmac_addr", "vmac_xmit_base", "vmac_addr_prefix", "use_ipvlan")...)
	return append(g, each(0, 1, lost(protocolIn), "dont_track_primary", "skip_check_adv_addr", "strict_mode", "version", "native_ipv6", "accept",
		"no_accept", "debug", "mcast_src_ip", "mcast_dst_ip", "track_src_ip", "check_unicast_src", "unicast_fault_no_peer", "unicast_ttl",
		"old_unicast_checksum", "down_timer_adverts", "lower_prio_no_advert", "higher_prio_send_advert", "notify_priority_changes",
		"kernel_rx_buf_size", "linkbeat_use_polling")...)
}

func notifies() grammar {
	g := each(1, 3, (*builder).notify, "notify_master", "notify_backup", "notify_stop", "notify")
	g = append(g, each(1, 3, lost("never called: a heartbeat node has no fault state"), "notify_fault")...)
	return append(g, each(1, 3, lost("never called: heartbeat has no such state"), "notify_master_rx_lower_pri", "notify_deleted")...)
}

func authentication() grammar {
	return grammar{
		{name: "auth_type", min: 1, max: 1, set: (*builder).authType},
		{name: "auth_pass", min: 1, max: 1, secret: true, set: (*builder).authPass},
	}
}

func vrrpSyncGroup() grammar {
	g := grammar{
		{name: "group", block: rawBlock, set: (*builder).members},
		{name: "smtp_alert", max: 1, set: (*builder).vrrpMail},
		{name: "global_tracking", set: lost(noTracking)},
		{name: "sync_group_tracking_weight", set: lost(noTracking)},
	}
	g = append(g, blocks(0, approximated("add a ping node and ipfail to ha.cf"), "track_interface")...)
	g = append(g, blocks(0, lost(noTracking), "track_script", "track_process", "track_file", "track_bfd")...)
	return append(g, notifies()...)
}
