package hacf

import (
	"fmt"
	"slices"
)

// facilities are the names that logfacility takes, besides none.
var facilities = []string{
	"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", "security",
}

func logfile(r *Reading, _ Directive, v string)   { r.Config.Logfile, r.logs.Logfile = v, v }
func debugfile(r *Reading, _ Directive, v string) { r.Config.Debugfile, r.logs.Debugfile = v, v }

// logfacility none takes an earlier facility back.
func logfacility(r *Reading, d Directive, v string) {
	if v == "none" {
		v = ""
	} else if !slices.Contains(facilities, v) {
		r.fail(d, fmt.Sprintf("Log facility(%s) not valid", v), "use a syslog facility in small letters, for instance local0 or daemon")
		return
	}
	r.Config.LogFacility, r.logs.Facility = v, v
}

func syslogmsgfmt(r *Reading, d Directive, v string) {
	r.boolean(d, v, &r.Config.SyslogMsgFmt)
	r.logs.Plain = !r.Config.SyslogMsgFmt
}

// What the original writes about the logging daemon. Systole writes itself where that would, so that the
// words for finding none are always true.
const (
	logdEnabled  = "Enabling logging daemon "
	logdAbsent   = "Initializing connection to logging daemon failed. Logging daemon may not be running"
	logdFiles    = "logfile and debug file are those specified in logd config file (default /etc/logd.cf)"
	logdDisabled = "Logging daemon is disabled --enabling logging daemon is recommended"
)

func useLogd(r *Reading, d Directive, v string) {
	on, _ := parseBool(v)
	if !on {
		r.say("WARN", logdDisabled)
		r.boolean(d, v, &r.Config.UseLogd)
		return
	}
	r.Config.UseLogd = true
	r.say("info", logdEnabled)
	r.say("WARN", logdAbsent)
	r.say("info", logdFiles)
}

// checkLogging judges the log targets (wire spec 8.3).
func (r *Reading) checkLogging() {
	c := r.Config
	configured := c.Logfile != "" || c.Debugfile != "" || c.LogFacility != ""
	switch {
	case configured && c.UseLogd:
		r.say("WARN", "logd is enabled but "+c.logTargets()+" is still configured in ha.cf")
		r.note(r.at("use_logd"), "the logging daemon is not asked: lines go where ha.cf says; remove its log directives to use those of /etc/logd.cf")
	case configured:
		r.say("WARN", logdDisabled)
	case c.UseLogd:
	case r.has("use_logd"):
		r.noLog()
	default:
		r.useLogdUnasked()
	}
}

func (c *Config) logTargets() string {
	if c.LogFacility != "" {
		return "logfile/debugfile/logfacility"
	}
	return "logfile/debugfile"
}

func (r *Reading) noLog() {
	r.fail(r.at("use_logd"), "No log entry found in ha.cf and use_logd is set to off",
		"add a line like: logfile /var/log/ha-log")
	r.say("WARN", logdAbsent)
}

func (r *Reading) useLogdUnasked() {
	r.say("info", "No log entry found in ha.cf -- use logd")
	r.say("WARN", logdAbsent)
	r.say("info", logdEnabled)
	r.say("info", logdFiles)
	r.Config.UseLogd = true
	r.setParam("use_logd", "yes")
	r.note(r.wholeFile(), "no log target: that of /etc/logd.cf is used, or else syslog; add a line like: logfile /var/log/ha-log")
}
