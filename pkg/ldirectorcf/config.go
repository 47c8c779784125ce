package ldirectorcf

import (
	"net/netip"
	"time"

	"systole/pkg/ipvs"
	"systole/pkg/observer"
)

// CheckType is how the reals of a virtual are checked.
type CheckType string

// The check types of ldirectord.cf(5).
const (
	CheckConnect      CheckType = "connect"
	CheckNegotiate    CheckType = "negotiate"
	CheckPing         CheckType = "ping"
	CheckOff          CheckType = "off"
	CheckOn           CheckType = "on"
	CheckExternal     CheckType = "external"
	CheckExternalPerl CheckType = "external-perl"
	CheckCombined     CheckType = "combined" // Virtual.NumConnects connects after each negotiate
)

// MailStatus is a daemon state in which alerts are sent.
type MailStatus string

// The states of emailalertstatus.
const (
	MailStarting  MailStatus = "starting"
	MailRunning   MailStatus = "running"
	MailStopping  MailStatus = "stopping"
	MailReloading MailStatus = "reloading"
)

// Mail is where, when and how often alerts go.
type Mail struct {
	Alert  string // address list as written; "" is off
	From   string // emailalertfrom, global only
	Every  time.Duration
	Status []MailStatus
	SMTP   string // server; "" is the local mailer
}

// Global holds the directives outside sections, with the original's defaults.
type Global struct {
	CheckTimeout     time.Duration // 0: not given
	NegotiateTimeout time.Duration // 0: not given
	CheckInterval    time.Duration
	CheckCount       int
	FailureCount     int
	AutoReload       bool
	Callback         string
	Fallback         *Fallback // IPv4
	Fallback6        *Fallback
	FallbackCommand  string // rest of the line, quotes kept (a shell sees them)
	LogFile          string // path (begins with /) or syslog facility
	Execute          []string
	Supervised       bool
	Fork             bool
	Quiescent        bool
	ReaddQuiescent   bool
	CleanStop        bool
	Mail             Mail
	MaintenanceDir   string
	Metrics          netip.AddrPort  // systole_metrics; not valid: on the socket only
	Hooks            []observer.Hook // systole_hook, in file order
	Steady                           // for sections that do not say otherwise
}

// Fallback is the server of last resort. Port 0 means the virtual's port; in Virtual.Fallback
// that is already filled in, so that only a firewall mark has a fallback with port 0 there.
type Fallback struct {
	Addr    netip.Addr
	Port    uint16
	Forward ipvs.Forward
}

// Virtual is one section with everything resolved and every default applied:
// a director needs no look at Global for these values.
type Virtual struct {
	ID                                    string       // "tcp:121.254.175.70:80", "fwm:5", "fwm6:7"
	Service                               ipvs.Service // as it goes to the kernel
	Name                                  string       // VIP:P of log lines; just the number for a firewall mark
	OnePacket                             bool         // ops=yes, also where the protocol makes it useless
	Netmask                               int          // netmask=, also where nothing is persistent; 0: not given
	CheckService                          string       // service=: "http", "none", …
	CheckType                             CheckType
	NumConnects                           int // of CheckCombined
	CheckCommand                          string
	CheckPort                             int           // 0: not given
	CheckTimeout                          time.Duration // effective
	NegotiateTimeout                      time.Duration // effective
	CheckInterval                         time.Duration // effective
	CheckCount                            int           // effective
	FailureCount                          int           // effective
	Request                               string        // with its leading "/"
	Receive                               string        // Perl regular expression; "" matches everything
	HTTPMethod                            string
	VirtualHost                           string
	Login, Passwd, Database, Secret, Load string
	MonitorFile                           string
	Quiescent                             bool      // effective
	ReaddQuiescent                        bool      // effective
	CleanStop                             bool      // effective
	Mail                                  Mail      // effective
	FallbackCommand                       string    // effective
	Fallback                              *Fallback // effective
	ServiceName                           string
	Comment                               string
	Steady                                     // effective
	PathCheck                             bool // systole_path_check: ask each server for the virtual's address, too
	Reals                                 []Real
	Line                                  int

	given given // which values the section itself gave, for tests and for writing back
}

// Real is one real server of a virtual, ranges expanded.
type Real struct {
	Addr         netip.Addr
	Port         uint16 // 0: not given
	Forward      ipvs.Forward
	Weight       int
	Lower, Upper uint32
	Request      string // effective for this real, with its leading "/"
	Receive      string // effective for this real
	URL          string // of http, https and http_proxy checks
	CheckPort    int    // effective; 0: the service has no standard port
	ID           string // identity string: equal strings share one check
	Line         int

	own bool // Request and Receive stand on the real line itself
}

// Config is a whole ldirectord.cf.
type Config struct {
	Path     string
	Global   Global
	Virtuals []Virtual
}

// Protocol returns "tcp", "udp" or "fwm", the word of identity strings and of fallbackcommand.
func (v *Virtual) Protocol() string {
	switch {
	case !v.Service.Addr.IsValid():
		return "fwm"
	case v.Service.Protocol == ipvs.UDP:
		return "udp"
	}
	return "tcp"
}

// IPv6 says whether the section is a virtual6=.
func (v *Virtual) IPv6() bool { return v.Service.IPv6 || v.Service.Addr.Addr().Is6() }
