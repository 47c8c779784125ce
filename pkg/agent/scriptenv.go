package agent

import "strings"

// ScriptEnv returns the environment of scripts: base, with what the original's shell library
// adds for everything it runs (agents spec 1.1, failover spec 6) where base does not say
// otherwise, its directories in front of PATH and the locale set to C.
func ScriptEnv(base []string) []string {
	defaults := [][2]string{
		{"HA_DIR", "/etc/ha.d"},
		{"HA_FUNCS", "/etc/ha.d/shellfuncs"},
		{"HA_RCDIR", "/etc/ha.d/rc.d"},
		{"HA_RESOURCEDIR", ResourceDir},
		{"HA_CONFDIR", "/etc/ha.d/conf"},
		{"HA_CF", "/etc/ha.d/ha.cf"},
		{"HA_BIN", BinDir},
		{"HA_SBIN_DIR", "/usr/sbin"},
		{"HA_VARLIB", "/var/lib/heartbeat"},
		{"HA_FIFO", "/var/lib/heartbeat/fifo"},
		{"HA_RSCTMP", StateDir},
		{"HA_VARRUN", "/var/run"},
		{"HA_VARLOCK", "/var/lock/subsys"},
		{"OCF_ROOT", OCFRoot},
		{"OCF_AGENTS", OCFRoot + "/resource.d/heartbeat/"},
	}
	var env []string
	for _, e := range base {
		if name, _, _ := strings.Cut(e, "="); name != "PATH" && name != "LANG" && name != "LANGUAGE" && name != "LC_ALL" {
			env = append(env, e)
		}
	}
	get := lookup(base)
	for _, d := range defaults {
		if get(d[0]) == "" {
			env = append(env, d[0]+"="+d[1])
		}
	}
	path := or(get("HA_BIN"), BinDir) + ":/usr/sbin:/usr/share/heartbeat:"
	return append(env, "LC_ALL=C", "PATH="+path+or(get("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin"))
}
