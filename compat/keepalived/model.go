package keepalived

import (
	"net/netip"
	"time"

	"systole/pkg/ipvs"
)

// config is what a keepalived.conf says, as far as heartbeat and ldirectord can do it.
type config struct {
	emails     []string
	emailFrom  string
	smtp       string
	mailVRRP   *bool // smtp_alert_vrrp, else smtp_alert; nil: not given
	mailChecks *bool // smtp_alert_checker, else smtp_alert
	sync       *syncDaemon
	timeouts   []string // words of "ipvsadm --set"
	instances  []*instance
	groups     []*syncGroup
	sets       map[string][]member // virtual_server_group
	virtuals   []*virtual
}

// syncDaemon is the kernel's connection synchronisation.
type syncDaemon struct {
	iface    string
	id       int
	instance string // whose state decides; "": the first
}

// instance is a vrrp_instance: what becomes a line of haresources.
type instance struct {
	name       string
	line       int
	state      string
	iface      string
	id         int
	priority   int
	advert     time.Duration
	noPreempt  bool
	pass       string
	source     netip.Addr
	peers      []netip.Addr
	addresses  []address
	routes     []string // arguments of ip route add
	rules      []string // arguments of ip rule add
	promote    bool
	syncDaemon *syncDaemon
	mail       *bool
	notify     []notice
}

// address is one of virtual_ipaddress.
type address struct {
	prefix     netip.Prefix
	dev, label string
	broadcast  string
}

// notice is a notify script.
type notice struct {
	kind string // notify_master, notify_backup, notify_stop, notify
	user string
	argv []string
}

// syncGroup is a vrrp_sync_group.
type syncGroup struct {
	name    string
	line    int
	members []string
	mail    *bool
	notify  []notice
}

// member is one service of a virtual_server_group.
type member struct {
	addr netip.Addr
	port uint16
	mark uint32
	six  bool // family of a mark
}

// timing is how often and how patiently to check; it is inherited from the virtual server by the
// real server by the check.
type timing struct {
	loop, timeout, delay time.Duration // 0: not given
	retry                int           // -1: not given
}

// virtual is a virtual_server, of one service.
type virtual struct {
	line        int
	name        string // as written, for comments and file names
	members     []member
	protocol    string // tcp, udp
	six         bool   // ip_family inet6
	scheduler   string
	flags       []string
	ops         bool
	forward     ipvs.Forward
	persistent  time.Duration
	granularity string
	virtualHost string
	sorry       *real
	inhibit     bool
	upCommand   []string // quorum_up, quorum_down
	downCommand []string
	timing      timing
	reals       []*real
}

// real is a real_server.
type real struct {
	line         int
	addr         netip.Addr
	port         uint16
	weight       int
	forward      *ipvs.Forward // nil: the virtual's
	upper, lower uint32
	inhibit      bool
	virtualHost  string
	timing       timing
	checks       []*check
}

// check is one checker of a real server.
type check struct {
	kind        string // TCP_CHECK, HTTP_GET …
	line        int
	addr        netip.Addr // connect_ip; not valid: the real's
	port        uint16     // connect_port; 0: the real's
	timing      timing
	virtualHost string
	urls        []*page
	name        string   // of DNS_CHECK
	command     []string // of MISC_CHECK
	user        string
}

// page is a url of an HTTP check.
type page struct {
	path, digest, regex string
	without             bool // regex_no_match
	status              []string
	virtualHost         string
}
