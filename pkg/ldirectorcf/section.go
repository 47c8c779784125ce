package ldirectorcf

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// section is a virtual while its lines are read.
type section struct {
	l            *loader
	v            Virtual
	ipv6         bool
	mark         bool
	host, port   string // of an address, as written
	protocol     string // "tcp", "udp" or "fwm"
	fallback     fallbackPlace
	reals        []located
	receiveAt    int // line of receive=; 0: not given
	pathAt       int // line of systole_path_check=
	persistent   time.Duration
	serviceGiven bool
}

// located is a value that is looked at when the section ends.
type located struct {
	value string
	at    int
}

// sectionDirective is one row of ldirectord spec 4.2.
type sectionDirective struct {
	name string
	set  func(s *section, value string) *fault
}

var sectionDirectives = []sectionDirective{
	{"real", func(s *section, v string) *fault { return s.addReal(v, false) }},
	{"real6", func(s *section, v string) *fault { return s.addReal(v, true) }},
	{"fallback", func(s *section, v string) *fault { return s.keepFallback(v, false) }},
	{"fallback6", func(s *section, v string) *fault { return s.keepFallback(v, true) }},
	{"checktype", (*section).setCheckType},
	{"service", (*section).setService},
	{"checkcommand", func(s *section, v string) *fault {
		return setText(&s.v.CheckCommand, unquoted(v), "invalid check command", "write the path of the command after the =")
	}},
	{"checktimeout", func(s *section, v string) *fault {
		return setSeconds(&s.v.given.checkTimeout, v, "invalid check timeout")
	}},
	{"negotiatetimeout", func(s *section, v string) *fault {
		return setSeconds(&s.v.given.negotiateTimeout, v, "invalid negotiate timeout")
	}},
	{"checkcount", func(s *section, v string) *fault {
		return s.l.setCheckCount(&s.v.given.checkCount, v, "invalid check count")
	}},
	{"failurecount", func(s *section, v string) *fault {
		return setCount(&s.v.given.failureCount, v, "invalid failure count")
	}},
	{"checkinterval", func(s *section, v string) *fault {
		return setSeconds(&s.v.given.checkInterval, v, "invalid checkinterval")
	}},
	{"checkport", (*section).setCheckPort},
	{"request", (*section).setRequest},
	{"receive", func(s *section, v string) *fault {
		s.receiveAt = s.l.at
		return setQuoted(&s.v.Receive, "receive", v, "invalid receive string")
	}},
	{"httpmethod", (*section).setHTTPMethod},
	{"virtualhost", func(s *section, v string) *fault { s.v.VirtualHost = unquoted(v); return nil }},
	{"login", func(s *section, v string) *fault { return setQuoted(&s.v.Login, "login", v, "invalid login string") }},
	{"passwd", func(s *section, v string) *fault { return setQuoted(&s.v.Passwd, "passwd", v, "invalid password") }},
	{"database", func(s *section, v string) *fault {
		return setQuoted(&s.v.Database, "database", v, "invalid database")
	}},
	{"secret", func(s *section, v string) *fault { return setQuoted(&s.v.Secret, "secret", v, "invalid secret") }},
	{"load", func(s *section, v string) *fault {
		return setQuoted(&s.v.Load, "load", v, "invalid string for load testing")
	}},
	{"scheduler", (*section).setScheduler},
	{"schedflags", (*section).setSchedFlags},
	{"persistent", (*section).setPersistent},
	{"netmask", (*section).setNetmask},
	{"protocol", (*section).setProtocol},
	{"ops", func(s *section, v string) *fault { return setYesNo(&s.v.OnePacket, "ops", v) }},
	{"monitorfile", (*section).setMonitorFile},
	{"quiescent", func(s *section, v string) *fault {
		s.v.given.quiescent = true
		return setYesNo(&s.v.Quiescent, "quiescent", v)
	}},
	{"cleanstop", func(s *section, v string) *fault {
		s.v.given.cleanStop = true
		return setYesNo(&s.v.CleanStop, "cleanstop", v)
	}},
	{"emailalert", func(s *section, v string) *fault {
		s.v.given.mailAlert = true
		return setMailAlert(&s.v.Mail.Alert, v)
	}},
	{"emailalertfreq", func(s *section, v string) *fault {
		s.v.given.mailEvery = true
		return setMailEvery(&s.v.Mail.Every, v)
	}},
	{"emailalertstatus", func(s *section, v string) *fault {
		s.v.given.mailStatus = true
		return setMailStatus(&s.v.Mail.Status, v)
	}},
	{"smtp", func(s *section, v string) *fault {
		s.v.given.smtp = true
		return setSMTP(&s.v.Mail.SMTP, v)
	}},
	{"fallbackcommand", func(s *section, v string) *fault {
		s.v.given.fallbackCommand = true
		return setText(&s.v.FallbackCommand, unquoted(v), "invalid fallback command", "write the command after the =")
	}},
	{"servicename", func(s *section, v string) *fault { s.v.ServiceName = v; return nil }},
	{"comment", func(s *section, v string) *fault { s.v.Comment = v; return nil }},
	{"systole_rise", func(s *section, v string) *fault {
		s.v.given.rise = true
		return setRise(&s.v.Rise, v)
	}},
	{"systole_slow_start", func(s *section, v string) *fault {
		s.v.given.slowStart = true
		return setSlowStart(&s.v.SlowStart, v)
	}},
	{"systole_flap_hold", func(s *section, v string) *fault {
		s.v.given.flapHold = true
		return setFlapHold(&s.v.FlapHold, v)
	}},
	{"systole_panic", func(s *section, v string) *fault {
		s.v.given.panic = true
		return setPanic(&s.v.Panic, v)
	}},
	{"systole_path_check", (*section).setPathCheck},
	{"connecttimeout", func(*section, string) *fault { return connectTimeoutGone() }},
}

// directive sets one value of the section. original is the whole line, for the explanation.
func (s *section) directive(text, original string) *fault {
	if name, value, ok := splitDirective(text); ok {
		for _, d := range sectionDirectives {
			if d.name == name {
				f := d.set(s, value)
				if f != nil && f.unknown && strings.Contains(original, "#") && strings.Count(text, `"`) == 1 {
					f.remedy = hashRemedy
				}
				return f
			}
		}
	}
	return notADirective(unknownInSection(text, original))
}

// checkTypes are the words of checktype=; a number is CheckCombined.
var checkTypes = []CheckType{CheckConnect, CheckNegotiate, CheckPing, CheckOff, CheckOn, CheckExternal, CheckExternalPerl}

var checkTypeWord = regexp.MustCompile(`[0-9A-Za-z_-]+`)

// setCheckType takes a digit anywhere before a word.
func (s *section) setCheckType(value string) *fault {
	if n, ok := number(value); ok {
		s.v.CheckType, s.v.NumConnects = CheckCombined, n
		return nil
	}
	t := CheckType(checkTypeWord.FindString(value))
	if !slices.Contains(checkTypes, t) {
		return &fault{text: `checktype must be "connect", "negotiate", "on", "off", "ping", "external", "external-perl" or a positive number`,
			remedy: didYouMean(string(t), wordsOf(checkTypes))}
	}
	s.v.CheckType, s.v.NumConnects = t, 0
	return nil
}

// setService also sets the logins that only an explicit service= brings (ldirectord spec 4.2).
func (s *section) setService(value string) *fault {
	name := wordRun.FindString(value)
	known := slices.Concat(services, ownServices)
	if !slices.Contains(known, name) {
		return &fault{text: "service must be dns, ftp, http, https, http_proxy, imap, imaps, ldap, ldaps, mysql, nntp, none, oracle, pop, pops, radius, pgsql, simpletcp, sip, smtp or submission",
			remedy: didYouMean(name, known)}
	}
	s.v.CheckService, s.serviceGiven = name, true
	self := "ldirectord@" + s.l.env.HostName
	if name == "ftp" {
		s.v.Login, s.v.Passwd = orElse(s.v.Login, "anonymous"), orElse(s.v.Passwd, self)
	}
	if name == "sip" {
		s.v.Login = orElse(s.v.Login, self)
	}
	return nil
}

func (s *section) setCheckPort(value string) *fault {
	n, ok := number(value)
	if !ok {
		return &fault{text: "invalid port", remedy: "write a number from 1 to 65535, not a service name"}
	}
	if n < 1 || n > 65535 {
		return &fault{text: "checkport must be in range 1..65536", remedy: "the largest port is 65535"}
	}
	s.v.CheckPort = n
	return nil
}

func (s *section) setRequest(value string) *fault {
	f := setQuoted(&s.v.Request, "request", value, "no request string specified")
	if f == nil {
		s.v.Request = withSlash(s.v.Request)
	}
	return f
}

func (s *section) setHTTPMethod(value string) *fault {
	method := strings.ToUpper(wordRun.FindString(value))
	if method != "GET" && method != "HEAD" {
		return &fault{text: "httpmethod must be GET or HEAD", remedy: "POST and others cannot be sent; use checktype=external for them"}
	}
	s.v.HTTPMethod = method
	return nil
}

// setMonitorFile tries the file at once, as the original does, and quotes the reason in C's words.
func (s *section) setMonitorFile(value string) *fault {
	path := unquoted(value)
	reason := ""
	if path == "" {
		reason = "no such file or directory"
	} else if s.l.env.MonitorFile != nil {
		if err := s.l.env.MonitorFile(path); err != nil {
			reason = innermost(err).Error()
		}
	}
	if reason != "" {
		return &fault{text: "unable to open monitorfile " + path + ": " + strings.ToUpper(reason[:1]) + reason[1:],
			remedy: "create its directory, or name a file that can be written"}
	}
	s.v.MonitorFile = path
	return nil
}

// innermost leaves the path out that package os puts before a reason.
func innermost(err error) error {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err
}

func orElse(value, other string) string {
	if value == "" {
		return other
	}
	return value
}

// withSlash gives a request the leading slash that the original adds.
func withSlash(request string) string {
	if strings.HasPrefix(request, "/") {
		return request
	}
	return "/" + request
}
