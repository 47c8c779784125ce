package hbd

import (
	"os"
	"strconv"
	"strings"

	"systole/pkg/haresources"
)

// scriptEnvironment is what every child of the daemon finds in its environment (failover
// spec 6, tools spec 9).
func (d *beatDaemon) scriptEnvironment() []string {
	cfg := d.cfg
	env := append(os.Environ(),
		"HA_CURHOST="+cfg.Node,
		"HA_DIR="+d.paths.HADir,
		"HA_FUNCS="+d.paths.File("shellfuncs"),
		"HA_DATEFMT=%Y/%m/%d_%T\t",
		"HA_LOGFILE="+logTarget(d.logs.Logfile, d.logs.Facility),
		"HA_DEBUGLOG="+logTarget(d.logs.Debugfile, d.logs.Facility),
		"HA_LOGD=no",
		"HA_debug="+strconv.Itoa(int(d.debug.Load())),
		"HA_COMPRESSION="+cfg.Compression,
		"OCF_ROOT=/usr/lib/ocf",
	)
	if d.logs.Facility != "" {
		env = append(env, "HA_LOGFACILITY="+d.logs.Facility)
	}
	return append(env, cfg.Environ()...)
}

// logTarget is a log file as scripts see it: with a facility alone nothing goes to files.
func logTarget(file, facility string) string {
	if file == "" && facility != "" {
		return os.DevNull
	}
	return file
}

func joinWords(g haresources.Group) string { return strings.Join(g.Words(), " ") }
