package hacf

import (
	"net/netip"
	"time"

	"systole/pkg/observer"
)

// Failback is the auto_failback mode.
type Failback uint8

// The auto_failback modes; Legacy is what an absent directive means.
const (
	FailbackLegacy Failback = iota
	FailbackOn
	FailbackOff
)

// MediumKind names a kind of communication medium, the directive that makes it.
type MediumKind string

// The media of heartbeat 3.0.
const (
	Ucast     MediumKind = "ucast"
	Ucast6    MediumKind = "ucast6"
	Bcast     MediumKind = "bcast"
	Mcast     MediumKind = "mcast"
	Mcast6    MediumKind = "mcast6"
	Serial    MediumKind = "serial"
	Ping      MediumKind = "ping"
	Ping6     MediumKind = "ping6"
	PingGroup MediumKind = "ping_group"
)

// Medium is one way to reach peers (or a ping node), in the order of ha.cf.
type Medium struct {
	Kind   MediumKind
	Device string   // interface of ucast, bcast, mcast; path of a serial line; "" for ping
	Target string   // ucast: host as written; mcast: group
	Node   string   // ping kinds: the name of the ping node (host as written, or group name)
	Hosts  []string // ping kinds: the hosts to ask
	Port   int      // UDP port as known when the line was read; mcast has its own
	TTL    int      // mcast
	Loop   bool     // mcast
	Baud   int      // serial
	Pos    Pos
}

// Client is a respawn or failfast line.
type Client struct {
	User     string
	Command  string // the whole command line as written: what the log names
	Path     string // the program that runs: the first word of Command, or the daemon of ours it means
	FailFast bool
	Pos      Pos
}

// APIAuth is one entry of the client API's access list.
type APIAuth struct {
	Client string
	UIDs   []string // names or numbers as written
	GIDs   []string
}

// Pos is a place in a configuration file.
type Pos struct {
	File string
	Line int
}

// Config is a validated ha.cf. Durations are real; Params keeps the user's spelling for
// the environment of scripts and for hbparameter (tools document 8.12).
type Config struct {
	File           string   // the file as named to Read
	Node           string   // our own node name, lower case
	Nodes          []string // normal nodes in file order, lower case, no duplicates
	AllNodes       []string // normal and ping nodes in file order: the names haresources may use
	Media          []Medium // in file order, ping media included
	Keepalive      time.Duration
	Deadtime       time.Duration
	Warntime       time.Duration
	Initdead       time.Duration
	Deadping       time.Duration
	MaxRexmitDelay time.Duration
	AutoFailback   Failback
	HopFudge       int
	UDPPort        int
	Logfile        string // "" when not configured
	Debugfile      string
	LogFacility    string
	UseLogd        bool // asked for, or nothing else configured: lines go where logd.cf says
	SyslogMsgFmt   bool
	LogBadpack     bool
	Debug          int
	Watchdog       string
	GenMethodTime  bool // hbgenmethod time
	Realtime       bool
	RTPrio         int
	MsgFmtClassic  bool
	Compression    string
	CompressionKiB int
	Traditional    bool // traditional_compression
	UUIDFromName   bool
	Coredumps      bool
	Coreroot       string
	Memreserve     int
	Env            []string // env NAME=VALUE
	Clients        []Client
	APIAuth        []APIAuth // built-in entries replaced by those of the file
	Stonith        []Stonith
	Cluster        string
	QuorumServer   string
	Params         []Param // in the order of tools spec 8.12; see Param

	// Directives of Systole's own; an original refuses them visibly.
	Systole SystoleOptions
	Metrics netip.AddrPort  // systole_metrics; not valid: on the socket only
	Hooks   []observer.Hook // systole_hook, in file order
}

// Stonith is a stonith or stonith_host line.
type Stonith struct {
	Host, Type string
	Params     string // rest of the line
	File       string // of the stonith form
	Pos        Pos
}

// Param is one recorded single-value parameter with the spelling of the file, or the default.
type Param struct{ Name, Value string }

// SystoleOptions are the systole_… directives: each turns off (or tunes) one difference from
// the original. The zero value is every improvement on.
type SystoleOptions struct {
	NoFastStart    bool // systole_fast_start off: wait 10 s at a cold start as the original does
	NoSharedGroups bool // systole_shared_groups off: never merge equal groups of two owners
	NoProbe        bool // systole_arp_probe off: do not ask the wire before an address is taken at start
	NoHandover     bool // systole_handover off: release before the peer acquires
	NoHeal         bool // systole_heal off: restart after a healed partition as the original does
	NoStallGuard   bool // systole_stall_guard off: the time that this node was stopped counts as a peer's silence
	NoAnnounce     bool // systole_announce off: announce an address when it is taken only
	NoFailedKind   bool // systole_failed_start off: a failed start gives up foreign, whichever group failed
}
