package ldirectorcf

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// shape is the JSON of the fixtures; put leaves out what the original leaves undefined.
type shape map[string]any

func (s shape) put(key string, value any, defined bool) {
	if defined {
		s[key] = value
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func secondsOf(d time.Duration) float64 { return d.Seconds() }

func listOf[T ~string](words []T) []any {
	list := []any{}
	for _, w := range words {
		list = append(list, string(w))
	}
	return list
}

func projectFallback(fb *Fallback, always bool) map[string]any {
	s := shape{"server": host(fb.Addr), "forward": ForwardWord(fb.Forward)}
	s.put("port", float64(fb.Port), always || fb.Port != 0)
	return s
}

func projectGlobal(g *Global) map[string]any {
	s := shape{
		"autoreload": yesNo(g.AutoReload), "checkcount": float64(g.CheckCount), "checkinterval": secondsOf(g.CheckInterval),
		"cleanstop": yesNo(g.CleanStop), "emailalert": g.Mail.Alert, "emailalertfreq": secondsOf(g.Mail.Every),
		"emailalertstatus": listOf(g.Mail.Status), "execute": listOf(slices.Sorted(slices.Values(g.Execute))),
		"failurecount": float64(g.FailureCount), "fork": yesNo(g.Fork), "logfile": g.LogFile, "quiescent": yesNo(g.Quiescent),
		"readdquiescent": yesNo(g.ReaddQuiescent), "supervised": yesNo(g.Supervised),
	}
	s.put("callback", g.Callback, g.Callback != "")
	s.put("checktimeout", secondsOf(g.CheckTimeout), g.CheckTimeout != 0)
	s.put("negotiatetimeout", secondsOf(g.NegotiateTimeout), g.NegotiateTimeout != 0)
	s.put("emailalertfrom", g.Mail.From, g.Mail.From != "")
	s.put("fallbackcommand", g.FallbackCommand, g.FallbackCommand != "")
	s.put("maintenancedir", g.MaintenanceDir, g.MaintenanceDir != "")
	s.put("smtp", g.Mail.SMTP, g.Mail.SMTP != "")
	for key, fb := range map[string]*Fallback{"fallback": g.Fallback, "fallback6": g.Fallback6} {
		if fb != nil {
			s[key] = map[string]any{"tcp": projectFallback(fb, false), "udp": projectFallback(fb, false)}
		}
	}
	return s
}

// ipvsFlags are the arguments after ipvsadm -A (ldirectord spec 5).
func ipvsFlags(v *Virtual) string {
	flags := "-t " + v.Name
	switch v.Protocol() {
	case "udp":
		flags = "-u " + v.Name
	case "fwm":
		flags = "-f " + v.Name
		if v.IPv6() {
			flags += " -6"
		}
	}
	if v.Service.OnePacket {
		flags += " -o"
	}
	flags += " -s " + v.Service.Scheduler
	if v.Service.Persistent > 0 {
		flags += " -p " + strconv.Itoa(int(v.Service.Persistent.Seconds()))
	}
	if v.Service.Netmask > 0 {
		flags += " -M " + projectMask(v)
	}
	if len(v.Service.SchedFlags) > 0 {
		flags += " -b " + strings.Join(v.Service.SchedFlags, ",")
	}
	return flags
}

func projectMask(v *Virtual) string {
	if v.IPv6() {
		return strconv.Itoa(v.Netmask)
	}
	return quadOf(v.Netmask)
}

func projectVirtual(v *Virtual) map[string]any {
	family := 4.0
	if v.IPv6() {
		family = 6
	}
	s := shape{
		"id": v.ID, "family": family, "protocol": v.Protocol(), "port": float64(v.Service.Addr.Port()), "ipvs_flags": ipvsFlags(v),
		"scheduler": v.Service.Scheduler, "ops": yesNo(v.OnePacket), "service": v.CheckService, "checktype": string(v.CheckType),
		"num_connects": float64(v.NumConnects), "checkcommand": v.CheckCommand, "checktimeout": secondsOf(v.CheckTimeout),
		"negotiatetimeout": secondsOf(v.NegotiateTimeout), "checkcount": float64(v.CheckCount),
		"failurecount": float64(v.FailureCount), "request": v.Request, "receive": v.Receive, "login": v.Login, "passwd": v.Passwd,
		"database": v.Database, "secret": v.Secret, "httpmethod": v.HTTPMethod,
	}
	if v.isMark() {
		s["fwm"] = float64(v.Service.FWMark)
	} else {
		s["server"] = host(v.Service.Addr.Addr())
	}
	s.put("schedflags", strings.Join(v.Service.SchedFlags, ","), v.Service.SchedFlags != nil)
	s.put("persistent", secondsOf(v.Service.Persistent), v.Service.Persistent != 0)
	s.put("netmask", projectMask(v), v.Netmask != 0)
	s.put("checkport", float64(v.CheckPort), v.CheckPort != 0)
	s.put("checkinterval", secondsOf(v.given.checkInterval), v.given.checkInterval != 0)
	s.put("virtualhost", v.VirtualHost, v.VirtualHost != "")
	s.put("load", v.Load, v.Load != "")
	s.put("monitorfile", v.MonitorFile, v.MonitorFile != "")
	s.put("servicename", v.ServiceName, v.ServiceName != "")
	s.put("comment", v.Comment, v.Comment != "")
	projectGiven(s, v)
	reals := []any{}
	for i := range v.Reals {
		reals = append(reals, projectReal(&v.Reals[i]))
	}
	s["real"] = reals
	return s
}

func projectGiven(s shape, v *Virtual) {
	s.put("quiescent", yesNo(v.Quiescent), v.given.quiescent)
	s.put("cleanstop", yesNo(v.CleanStop), v.given.cleanStop)
	s.put("emailalert", v.Mail.Alert, v.given.mailAlert)
	s.put("emailalertfreq", secondsOf(v.Mail.Every), v.given.mailEvery)
	s.put("emailalertstatus", listOf(v.Mail.Status), v.given.mailStatus)
	s.put("smtp", v.Mail.SMTP, v.given.smtp)
	s.put("fallbackcommand", v.FallbackCommand, v.given.fallbackCommand)
	if v.Fallback != nil {
		s["effective_fallback"] = projectFallback(v.Fallback, true)
		s.put("fallback", projectFallback(v.Fallback, true), v.given.fallback)
	}
}

func projectReal(r *Real) map[string]any {
	s := shape{
		"server": host(r.Addr), "port": float64(r.Port), "forward": ForwardWord(r.Forward), "weight": float64(r.Weight),
		"request": r.Request, "receive": r.Receive, "url": r.URL, "id": r.ID,
	}
	s.put("check_port", float64(r.CheckPort), r.CheckPort != 0)
	s.put("l_threshold", float64(r.Lower), r.Lower != 0)
	s.put("u_threshold", float64(r.Upper), r.Upper != 0)
	return s
}
