package hbd

import "systole/pkg/logd"

// Paths are the places that the daemon uses (tools spec 1 and 4).
type Paths struct {
	HADir      string // with its trailing slash, which shows as // in messages
	StateDir   string
	RunDir     string
	PIDFile    string
	RscTmp     string // HA_RSCTMP of the agents
	LibexecDir string // our daemons
	ShareDir   string // ResourceManager and friends
	InitDir    string // second place of resource scripts
	LogdConf   string // logd.cf: where a logging daemon writes
}

// SystemPaths are the places of an installed system.
func SystemPaths() Paths {
	return Paths{
		HADir:      "/etc/ha.d/",
		StateDir:   "/var/lib/heartbeat",
		RunDir:     "/run/heartbeat",
		PIDFile:    "/run/heartbeat.pid",
		RscTmp:     "/run/resource-agents",
		LibexecDir: "/usr/libexec/heartbeat",
		ShareDir:   "/usr/share/heartbeat",
		InitDir:    "/etc/init.d",
		LogdConf:   logd.ConfigFile,
	}
}

// File returns the path of a configuration file as the original prints it.
func (p Paths) File(name string) string { return p.HADir + "/" + name }

func (p Paths) fifo() string             { return p.StateDir + "/fifo" }
func (p Paths) socket() string           { return p.RunDir + "/register" }
func (p Paths) state() string            { return p.RunDir + "/state" }
func (p Paths) metrics() string          { return p.RunDir + "/metrics" }
func (p Paths) decisions() string        { return p.StateDir + "/decisions" }
func (p Paths) generation() string       { return p.StateDir + "/hb_generation" }
func (p Paths) uuid() string             { return p.StateDir + "/hb_uuid" }
func (p Paths) cores(user string) string { return p.StateDir + "/cores/" + user }
