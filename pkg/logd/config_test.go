package logd

import "testing"

// What ha_logd 1.0.12 made of the same files: where its lines went, and whether it started.
func TestParseConfig(t *testing.T) {
	for text, want := range map[string]Config{
		"":                                     {Facility: "daemon"},
		"logfile /var/log/a\n":                 {Logfile: "/var/log/a", Facility: "daemon"},
		"# comment\n\nLOGFILE /var/log/a\n":    {Logfile: "/var/log/a", Facility: "daemon"},
		"  logfile   /var/log/a # c\n":         {Logfile: "/var/log/a", Facility: "daemon"},
		"logfile /var/log/b\nlogfile /a":       {Logfile: "/a", Facility: "daemon"},
		"logfile\n":                            {Facility: "daemon"},
		"logfile /a\ndebugfile /b\nentity foo": {Logfile: "/a", Debugfile: "/b", Facility: "daemon"},
		"logfacility none\nlogfile /a":         {Logfile: "/a", Facility: "none"},
		"logfacility local3\nsyslogprefix p":   {Facility: "local3"},
		"syslogmsgfmt false\nsendqlen x":       {Facility: "daemon", Plain: true},
		"syslogmsgfmt true\nrecvqlen 100":      {Facility: "daemon"},
	} {
		if got, err := ParseConfig(text); got != want || err != nil {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"logfile=/a\n":                   `line 1: unknown directive "logfile=/a"`,
		"logfile /a\nbogus x":            `line 2: unknown directive "bogus"`,
		"useapphbd no":                   `line 1: unknown directive "useapphbd"`,
		"logfile /a\nlogfacility bogus":  `line 2: "bogus" is no syslog facility; it is one of none, kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp, local0, local1, local2, local3, local4, local5, local6, local7`,
		"logfile /a\nsyslogmsgfmt maybe": `line 2: "maybe" is neither true nor false`,
	} {
		if got, err := ParseConfig(text); got != Default() || err == nil || err.Error() != want {
			t.Errorf("%q: %+v, %v; want %s", text, got, err, want)
		}
	}
}
