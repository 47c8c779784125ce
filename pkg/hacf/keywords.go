package hacf

import "time"

// keyword is one directive that ha.cf may have.
type keyword struct {
	name     string
	standard string // the default as -D shows it; "" if there is none, or if it depends
	about    string // the explanation that -D and -v give; "" if the value is not recorded
	each     func(*Reading, Directive, string)
	whole    func(*Reading, Directive)
}

const pacemakerNote = " (valid only with: pacemaker on)"

// keywords is the table of all directives: first the recorded parameters in the order of -D,
// -v and tools spec 8.12, then the others.
func keywords() []keyword {
	return append(parameters(), unrecorded()...)
}

func parameters() []keyword {
	return []keyword{
		{name: "cluster", standard: "linux-ha", about: "the name of cluster", each: cluster},
		{name: "hopfudge", standard: "1", about: "# of hops above cluster size",
			each: setNumber(func(c *Config) *int { return &c.HopFudge }, 0, 255)},
		{name: "keepalive", standard: "1000ms", about: "keepalive time",
			each: setTime(func(c *Config) *time.Duration { return &c.Keepalive }, time.Millisecond)},
		{name: "deadtime", standard: "30000ms", about: "node deadtime",
			each: setTime(func(c *Config) *time.Duration { return &c.Deadtime }, 0)},
		{name: "deadping", about: "ping deadtime",
			each: setTime(func(c *Config) *time.Duration { return &c.Deadping }, 0)},
		{name: "initdead", about: "initial deadtime",
			each: setTime(func(c *Config) *time.Duration { return &c.Initdead }, 0)},
		{name: "warntime", about: "warning time", each: warntime},
		{name: "watchdog", about: "watchdog device", each: watchdog},
		{name: "baud", standard: "19200", about: "baud rate", each: baud},
		{name: "udpport", about: "UDP port number", each: udpport},
		{name: "logfacility", about: "syslog log facility", each: logfacility},
		{name: "logfile", about: "log file", each: logfile},
		{name: "debugfile", about: "debug file", each: debugfile},
		{name: "auto_failback", standard: "legacy", about: "auto failback", each: autoFailback},
		{name: "rtprio", about: "realtime priority", each: rtprio},
		{name: "hbgenmethod", standard: "file", about: "protocol generation computation method", each: hbgenmethod},
		{name: "realtime", standard: "true", about: "enable realtime behavior?",
			each: setBool(func(c *Config) *bool { return &c.Realtime })},
		{name: "debug", about: "debug level", each: setNumber(func(c *Config) *int { return &c.Debug }, 0, 255)},
		{name: "msgfmt", standard: "classic", about: "message format in the wire", each: msgfmt},
		{name: "use_logd", about: "use logging daemon", each: useLogd},
		{name: "conn_logd_time", standard: "60", about: "the interval to reconnect to logd", each: connLogdTime},
		{name: "log_badpack", standard: "true", about: "warn about bad packets",
			each: setBool(func(c *Config) *bool { return &c.LogBadpack })},
		{name: "syslogmsgfmt", standard: "true", about: "log to files in syslog format", each: syslogmsgfmt},
		{name: "coredumps", standard: "true", about: "enable Linux-HA core dumps",
			each: setBool(func(c *Config) *bool { return &c.Coredumps })},
		{name: "coreroot", about: "set root directory of core dump area", each: coreroot},
		{name: "crm_daemon_dir", about: "directory of pacemaker's daemons", each: unused},
		{name: "crmd_spawns_pengine", about: "should pengine be spawned directly by heartbeat", each: crmdSpawnsPengine},
		{name: "pacemaker", standard: "false", about: "enable Pacemaker resource management", each: pacemaker},
		{name: "autojoin", standard: "none", about: "set automatic join mode/style", each: setAutojoin},
		{name: "uuidfrom", standard: "file", about: "set the source for uuid", each: uuidfrom},
		{name: "compression", standard: "zlib", about: "set compression module", each: compression},
		{name: "compression_threshold", standard: "2", about: "set compression threshold", each: compressionThreshold},
		{name: "traditional_compression", standard: "no", about: "set traditional_compression", each: traditionalCompression},
		{name: "max_rexmit_delay", standard: "250", about: "set the maximum rexmit delay time", each: maxRexmitDelay},
		{name: "record_config_changes", standard: "on", about: "record changes to the cib" + pacemakerNote, each: pacemakerOnly},
		{name: "record_pengine_inputs", standard: "on", about: "record the input used by the policy engine" + pacemakerNote, each: pacemakerOnly},
		{name: "enable_config_writes", standard: "on", about: "write configuration changes to disk" + pacemakerNote, each: pacemakerOnly},
		{name: "memreserve", standard: "6500", about: "number of kbytes to preallocate in heartbeat",
			each: setNumber(func(c *Config) *int { return &c.Memreserve }, 1, 1<<31-1)},
		{name: "quorum_server", about: "the name or ip of quorum server", each: quorumServer},
	}
}

func unrecorded() []keyword {
	return []keyword{
		{name: "node", each: node},
		{name: "ucast", whole: ucast},
		{name: "bcast", each: bcast},
		{name: "udp", whole: udp},
		{name: "mcast", whole: mcast},
		{name: "ucast6", whole: ucast6},
		{name: "mcast6", whole: mcast6},
		{name: "ping", each: ping},
		{name: "ping_group", whole: pingGroup},
		{name: "ping6", each: ping6},
		{name: "serial", each: serial},
		{name: "nice_failback", each: niceFailback},
		{name: "env", each: env},
		{name: "respawn", whole: respawn},
		{name: "failfast", whole: failfast},
		{name: "apiauth", whole: apiauth},
		{name: "stonith", whole: stonith},
		{name: "stonith_host", whole: stonithHost},
		{name: "crm", each: pacemaker},
		{name: "use_apphbd", each: useApphbd},
		{name: "systole_fast_start", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoFastStart })},
		{name: "systole_shared_groups", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoSharedGroups })},
		{name: "systole_arp_probe", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoProbe })},
		{name: "systole_handover", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoHandover })},
		{name: "systole_heal", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoHeal })},
		{name: "systole_stall_guard", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoStallGuard })},
		{name: "systole_announce", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoAnnounce })},
		{name: "systole_metrics", each: metrics},
		{name: "systole_hook", whole: hook},
		{name: "systole_failed_start", each: setSwitch(func(o *SystoleOptions) *bool { return &o.NoFailedKind })},
	}
}

func lookup(name string) (keyword, bool) {
	for _, k := range keywords() {
		if k.name == name {
			return k, true
		}
	}
	return keyword{}, false
}
