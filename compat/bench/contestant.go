package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"systole/compat/lab"
)

// contestant is one of the programs that are compared.
type contestant struct {
	name    string
	league  string // whom it is compared with: those with the same rhythm
	flavour lab.Flavour
	files   func(n node) []file // configuration of a node
	start   []string            // command that starts the daemon
	stop    []string            // command of a planned stop
	log     string              // what the daemon logs to
	quiet   time.Duration       // silence that shows that nothing more will come
	round   time.Duration       // how long a round takes, for the announcement
}

// file is a file to write on a node.
type file struct {
	name, text string
	perm       uint32
}

// The leagues, by the interval of the heartbeats or adverts.
const (
	everySecond = "1 s"
	everyTenth  = "0.1 s"
)

// ours says whether it is Systole, and original whether it is the real heartbeat.
func (c contestant) ours() bool     { return c.flavour == lab.Systole }
func (c contestant) original() bool { return c.flavour == lab.Originals }

// heartbeatQuiet is longer than ipfail's sleep of 10 s before it asks for a
// standby: the exchange that follows a start must be over before the next event.
const heartbeatQuiet = 12 * time.Second

func contestants() []contestant {
	return []contestant{
		heart("systole", lab.Systole, everySecond, timing{"1", "5"}, 75*time.Second),
		heart("heartbeat", lab.Originals, everySecond, timing{"1", "5"}, 140*time.Second),
		keepalived("keepalived", everySecond, "1", 50*time.Second),
		heart("systole-0.1", lab.Systole, everyTenth, timing{"100ms", "300ms"}, 65*time.Second),
		heart("heartbeat-0.1", lab.Originals, everyTenth, timing{"100ms", "500ms"}, 120*time.Second),
		keepalived("keepalived-0.1", everyTenth, "0.1", 40*time.Second),
	}
}

// timing is keepalive and deadtime as ha.cf has them.
type timing struct{ keepalive, deadtime string }

func heart(name string, flavour lab.Flavour, league string, beat timing, round time.Duration) contestant {
	service := func(what string) []string { return []string{"service", "heartbeat", what} }
	return contestant{
		name: name, flavour: flavour, league: league, round: round,
		files: func(n node) []file { return heartbeatFiles(n, beat) },
		start: service("start"), stop: service("stop"),
		log: "/var/log/ha.log", quiet: heartbeatQuiet,
	}
}

func keepalived(name, league, advert string, round time.Duration) contestant {
	return contestant{
		name: name, flavour: lab.Bare, league: league, round: round,
		files: func(n node) []file {
			return []file{{"/etc/keepalived/keepalived.conf", keepalivedConf(n, advert), 0o644}}
		},
		start: []string{"service", "keepalived", "start"},
		stop:  []string{"service", "keepalived", "stop"},
		log:   lab.SyslogFile, quiet: 4 * time.Second,
	}
}

// haCf is the how-to's ha.cf with a rhythm of its own.
const haCf = `debugfile /var/log/ha-debug.log
logfile /var/log/ha.log
keepalive %s
deadtime %s
udpport 694
ucast eth0 %s
node %s
node %s
ping %s
auto_failback on
respawn hacluster /usr/libexec/heartbeat/ipfail
apiauth ipfail gid=haclient uid=hacluster
`

func heartbeatFiles(n node, beat timing) []file {
	return []file{
		{"/etc/ha.d/ha.cf", fmt.Sprintf(haCf, beat.keepalive, beat.deadtime, n.peer().addr.Addr(), active.name, standby.name, gateway.Addr()), 0o644},
		{"/etc/ha.d/haresources", fmt.Sprintf("%s IPaddr2::%s/32/eth0\n", active.name, vip), 0o644},
		{"/etc/ha.d/authkeys", "auth 2\n2 sha1 gunnmlvs\n", 0o600},
	}
}

// vrrpConf is the plainest pair there is. Adverts of less than a second need
// VRRP version 3.
const vrrpConf = `global_defs {
    router_id %s
    vrrp_version 3
}
vrrp_instance gunnm {
    state %s
    interface eth0
    virtual_router_id 70
    priority %d
    advert_int %s
    virtual_ipaddress {
        %s/32 dev eth0
    }
}
`

func keepalivedConf(n node, advert string) string {
	state, priority := "MASTER", 150
	if n == standby {
		state, priority = "BACKUP", 100
	}
	return fmt.Sprintf(vrrpConf, n.name, state, priority, advert, vip)
}

// choose picks contestants by the names of a list with commas.
func choose(all []contestant, list string) ([]contestant, error) {
	if list == "" {
		return all, nil
	}
	var out []contestant
	for _, name := range strings.Split(list, ",") {
		i := slices.IndexFunc(all, func(c contestant) bool { return c.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("-only: no contestant %q; there are %s", name, names(all))
		}
		out = append(out, all[i])
	}
	return out, nil
}

func names(cs []contestant) string {
	var out []string
	for _, c := range cs {
		out = append(out, c.name)
	}
	return strings.Join(out, ", ")
}

// expected is how long the whole run will take.
func expected(cs []contestant, rounds int) time.Duration {
	var d time.Duration
	for _, c := range cs {
		d += c.round
	}
	return d * time.Duration(rounds)
}
