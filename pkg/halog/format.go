package halog

import (
	"fmt"
	"strings"
	"time"
)

// oneLine keeps a text from ending the line it is written in, wherever it comes from.
func oneLine(text string) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(strings.TrimRight(text, "\r\n"))
}

// daemonLine is a line of logfile and debugfile with syslogmsgfmt true (failover spec 15.1).
// The day has a leading zero, unlike syslog's.
func daemonLine(at time.Time, host, entity string, pid int, level Level, text string) string {
	return fmt.Sprintf("%s %s %s: [%d]: %s: %s\n", at.Format("Jan 02 15:04:05"), host, entity, pid, level, text)
}

// plainLine is the same with syslogmsgfmt false.
func plainLine(at time.Time, entity string, pid int, level Level, text string) string {
	return fmt.Sprintf("%s[%d]: %s %s: %s\n", entity, pid, at.Format("2006/01/02_15:04:05"), level, text)
}

// scriptLine is a line of the logfile as the shell functions of resource-agents 4 write it
// (failover spec 15.2). The date has lost the tab or blank of its format.
func scriptLine(date, tag, text string) string {
	return fmt.Sprintf("%s  %s:    %s\n", date, tag, text)
}

// scriptDebugLine is a line of the debug file: the order of resource-agents 3.
func scriptDebugLine(date, tag, text string) string {
	return fmt.Sprintf("%s:\t%s %s\n", tag, date, text)
}

// directorLine is a line of ldirectord's log (ldirectord spec 12).
func directorLine(at time.Time, instance string, pid int, text string) string {
	return fmt.Sprintf("[%s|%s|%d] %s\n", at.Format(time.ANSIC), instance, pid, text)
}

// scriptDate formats a time with the conversions of date(1) that HA_DATEFMT uses; heartbeat
// sets it to "%Y/%m/%d_%T" and a tab, and "%b %d %T " is the standard where it is not set.
func scriptDate(at time.Time, format string) string {
	if format == "" {
		format = "%b %d %T "
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		i++
		if layout, ok := conversions[format[i]]; ok {
			b.WriteString(at.Format(layout))
		} else {
			b.WriteString(format[i-1 : i+1])
		}
	}
	return strings.TrimRight(b.String(), " \t")
}

// conversions are those of date(1), as layouts of package time.
var conversions = map[byte]string{
	'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'b': "Jan", 'a': "Mon", 'T': "15:04:05", 'H': "15", 'M': "04", 'S': "05", 'Z': "MST",
}

// packet is a datagram for /dev/log (RFC 3164, without the host name as local programs send
// it). ident is what stands before the colon: "heartbeat", or "ldirectord[123]".
func packet(at time.Time, facility, severity int, ident, text string) string {
	return fmt.Sprintf("<%d>%s %s: %s", facility<<3|severity, at.Format(time.Stamp), ident, text)
}

// facilityCode returns the number of a syslog facility; false for none and unknown names.
func facilityCode(name string) (int, bool) {
	code, ok := facilities[strings.ToLower(name)]
	return code, ok
}

var facilities = map[string]int{
	"kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "security": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8, "cron": 9, "authpriv": 10, "ftp": 11,
	"local0": 16, "local1": 17, "local2": 18, "local3": 19, "local4": 20, "local5": 21, "local6": 22, "local7": 23,
}
