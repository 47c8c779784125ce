package ldirectorcf

import (
	"slices"
	"strings"
	"time"
)

// defaults are the globals of an empty file (ldirectord spec 4.1); quiescent is off, whatever the
// original's manual page says.
func defaults() Global {
	return Global{
		CheckInterval: 10 * time.Second,
		CheckCount:    1,
		FailureCount:  1,
		LogFile:       "/var/log/ldirectord.log",
		CleanStop:     true,
		Mail:          Mail{Status: slices.Clone(mailStates)},
		Steady:        Steady{Rise: 1},
	}
}

// globalDirective is one row of ldirectord spec 4.1.
type globalDirective struct {
	name string
	set  func(l *loader, value string) *fault
}

var globalDirectives = []globalDirective{
	{"checktimeout", func(l *loader, v string) *fault {
		return setSeconds(&l.global.CheckTimeout, v, "invalid check timeout value")
	}},
	{"negotiatetimeout", func(l *loader, v string) *fault {
		return setSeconds(&l.global.NegotiateTimeout, v, "invalid negotiate timeout value")
	}},
	{"checkinterval", func(l *loader, v string) *fault {
		return setSeconds(&l.global.CheckInterval, v, "invalid check interval value")
	}},
	{"checkcount", func(l *loader, v string) *fault {
		return l.setCheckCount(&l.global.CheckCount, v, "invalid check count value")
	}},
	{"failurecount", func(l *loader, v string) *fault {
		return setCount(&l.global.FailureCount, v, "invalid failure count value")
	}},
	{"autoreload", func(l *loader, v string) *fault { return setYesNo(&l.global.AutoReload, "autoreload", v) }},
	{"callback", (*loader).setCallback},
	{"fallback", func(l *loader, v string) *fault { return l.setFallback(&l.global.Fallback, v, false) }},
	{"fallback6", func(l *loader, v string) *fault { return l.setFallback(&l.global.Fallback6, v, true) }},
	{"fallbackcommand", func(l *loader, v string) *fault {
		return setText(&l.global.FallbackCommand, v, "invalid fallback command", "write the command after the =")
	}},
	{"logfile", (*loader).setLogFile},
	{"execute", (*loader).addExecute},
	{"supervised", func(l *loader, v string) *fault { return setYesNo(&l.global.Supervised, "supervised", v) }},
	{"fork", func(l *loader, v string) *fault { return setYesNo(&l.global.Fork, "fork", v) }},
	{"quiescent", func(l *loader, v string) *fault { return setYesNo(&l.global.Quiescent, "quiescent", v) }},
	{"readdquiescent", func(l *loader, v string) *fault {
		return setYesNo(&l.global.ReaddQuiescent, "readdquiescent", v)
	}},
	{"cleanstop", func(l *loader, v string) *fault { return setYesNo(&l.global.CleanStop, "cleanstop", v) }},
	{"emailalert", func(l *loader, v string) *fault { return setMailAlert(&l.global.Mail.Alert, v) }},
	{"emailalertfreq", func(l *loader, v string) *fault { return setMailEvery(&l.global.Mail.Every, v) }},
	{"emailalertfrom", func(l *loader, v string) *fault {
		return setText(&l.global.Mail.From, v, "no email from address specified", "write the sender's address after the =")
	}},
	{"emailalertstatus", func(l *loader, v string) *fault { return setMailStatus(&l.global.Mail.Status, v) }},
	{"smtp", func(l *loader, v string) *fault { return setSMTP(&l.global.Mail.SMTP, v) }},
	{"maintenancedir", (*loader).setMaintenanceDir},
	{"systole_metrics", (*loader).setMetrics},
	{"systole_hook", (*loader).addHook},
	{"systole_rise", func(l *loader, v string) *fault { return setRise(&l.global.Rise, v) }},
	{"systole_slow_start", func(l *loader, v string) *fault { return setSlowStart(&l.global.SlowStart, v) }},
	{"systole_flap_hold", func(l *loader, v string) *fault { return setFlapHold(&l.global.FlapHold, v) }},
	{"systole_panic", func(l *loader, v string) *fault { return setPanic(&l.global.Panic, v) }},
	{"timeout", func(*loader, string) *fault {
		return &fault{text: "timeout directive deprecated in favour of checktimeout and negotiatetimeout",
			remedy: "write checktimeout= (connect, ping, external) and negotiatetimeout= (negotiate) instead"}
	}},
	{"connecttimeout", func(*loader, string) *fault { return connectTimeoutGone() }},
}

// bareSupervised reads supervised without =, which older files have; whatever else follows the word
// is a wrong value, not an unknown command.
func (l *loader) bareSupervised(rest string) *fault {
	if rest != "" {
		return &fault{text: "supervised must be 'yes' or 'no'", remedy: "write supervised=yes or supervised=no"}
	}
	l.warn(l.at, "please update your config not to use a bare supervised directive", "write supervised=yes")
	l.global.Supervised = true
	return nil
}

func connectTimeoutGone() *fault {
	return &fault{text: "connecttimeout directive deprecated in favour of negotiatetimeout",
		remedy: "write negotiatetimeout= instead"}
}

func setMailAlert(to *string, value string) *fault {
	return setText(to, unquoted(value), "no email address specified",
		"write the addresses after the =, or leave the directive out to send no mail")
}

func (l *loader) setCallback(value string) *fault {
	path, ok := quoted(value)
	if !ok {
		return notADirective(quoteRemedy("callback", value))
	}
	l.global.Callback = path
	if l.env.Executable != nil && path != "" && !l.env.Executable(path) {
		l.warn(l.at, "", path+" cannot be executed, so the callback will not be called")
	}
	return nil
}

// setLogFile reads a path or the name of a syslog facility. The original opens the path at once.
func (l *loader) setLogFile(value string) *fault {
	name, ok := quoted(value)
	if !ok {
		return notADirective(quoteRemedy("logfile", value))
	}
	if strings.HasPrefix(name, "/") && l.env.LogFile != nil {
		if err := l.env.LogFile(name); err != nil {
			return &fault{text: "unable to open logfile: " + name, remedy: "it cannot be opened for writing: " + innermost(err).Error()}
		}
	}
	if !strings.HasPrefix(name, "/") && !slices.Contains(facilities, name) {
		l.warn(l.at, "", `"`+name+`" is neither a path that begins with / nor a syslog facility such as local0`)
	}
	l.global.LogFile = name
	return nil
}

// facilities are the names of syslog(3).
var facilities = []string{"auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// addExecute keeps each name once, as the original's hash does.
func (l *loader) addExecute(value string) *fault {
	if value == "" {
		l.warn(l.at, "", "execute= names no configuration and is ignored")
	} else if !slices.Contains(l.global.Execute, value) {
		l.global.Execute = append(l.global.Execute, value)
	}
	return nil
}

func (l *loader) setMaintenanceDir(value string) *fault {
	f := setText(&l.global.MaintenanceDir, value, "maintenance directory not specified", "write the directory after the =")
	if f == nil && l.env.IsDir != nil && !l.env.IsDir(value) {
		l.warn(l.at, "maintenance directory does not exist", "create it: mkdir "+value)
	}
	return f
}
