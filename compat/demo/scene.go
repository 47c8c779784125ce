package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"systole/compat/lab"
)

// node is a director.
type node struct {
	name string // as uname -n tells it
	role string // its directory in examples
	addr netip.Prefix
}

// short is the name as the output has it.
func (n node) short() string { return shortName(n.name) }

func shortName(full string) string {
	name, _, _ := strings.Cut(full, ".")
	return name
}

// The addresses are the how-to's; the clients' network is one for documentation
// (RFC 5737).
var (
	active      = node{"lvsactive.gunnm.xyz", "active", netip.MustParsePrefix("121.254.175.77/28")}
	standby     = node{"lvsstandby.gunnm.xyz", "standby", netip.MustParsePrefix("121.254.175.78/28")}
	gateway     = netip.MustParsePrefix("121.254.175.65/28")
	outside     = netip.MustParsePrefix("203.0.113.1/24")
	firstClient = netip.MustParseAddr("203.0.113.11")
	web1        = netip.MustParsePrefix("121.254.175.75/28")
	web2        = netip.MustParsePrefix("121.254.175.74/28")
	vip         = netip.MustParseAddr("121.254.175.70")
	service     = netip.AddrPortFrom(vip, 80)
)

// clientAddrs is how many addresses the client host has. With persistent=3600 an
// address stays with one web server, so there must be several.
const clientAddrs = 4

// demo is the scene and what is going on.
type demo struct {
	options
	out     *screen
	begin   time.Time
	lab     *lab.Lab
	active  *lab.Host
	standby *lab.Host
	gateway *lab.Host
	web1    *lab.Host
	web2    *lab.Host
	server  *lab.Process // web server of web1
	clients *clients
	logs    []*lab.Tail // only with -v
}

// build makes all hosts; heartbeat does not run yet.
func (d *demo) build(files string) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	d.lab = l
	lan, err := l.Switch("lan")
	if err != nil {
		return err
	}
	wan, err := l.Switch("outside")
	if err != nil {
		return err
	}
	if err := d.buildOutside(lan, wan); err != nil {
		return err
	}
	for _, w := range []struct {
		name string
		addr netip.Prefix
		host **lab.Host
	}{{"web1", web1, &d.web1}, {"web2", web2, &d.web2}} {
		if *w.host, err = d.web(lan, w.name, w.addr); err != nil {
			return err
		}
	}
	if d.server, err = d.serve(context.Background(), d.web1); err != nil {
		return err
	}
	if _, err = d.serve(context.Background(), d.web2); err != nil {
		return err
	}
	if d.active, err = d.director(lan, active, files); err != nil {
		return err
	}
	d.standby, err = d.director(lan, standby, files)
	return err
}

// buildOutside makes the gateway and the clients behind it.
func (d *demo) buildOutside(lan, wan *lab.Switch) error {
	ports := map[string]lab.Port{"eth0": lab.On(lan, gateway.String()), "eth1": lab.On(wan, outside.String())}
	var err error
	if d.gateway, err = d.lab.Host(lab.Spec{Name: "gateway", Ports: ports}); err != nil {
		return err
	}
	if _, err := d.gateway.Check(context.Background(), "sysctl", "-qw", "net.ipv4.ip_forward=1"); err != nil {
		return err
	}
	var addrs []string
	for _, a := range clientList() {
		addrs = append(addrs, netip.PrefixFrom(a, outside.Bits()).String())
	}
	h, err := d.lab.Host(lab.Spec{Name: "client", Ports: map[string]lab.Port{"eth0": lab.On(wan, addrs...)}, Gateway: outside.Addr()})
	d.clients = newClients(h)
	return err
}

// clientList is the clients' addresses.
func clientList() []netip.Addr {
	list := []netip.Addr{firstClient}
	for len(list) < clientAddrs {
		list = append(list, list[len(list)-1].Next())
	}
	return list
}

// web makes a real server: it has the service address, but says nothing about it
// on the wire.
func (d *demo) web(lan *lab.Switch, name string, addr netip.Prefix) (*lab.Host, error) {
	h, err := d.lab.Host(lab.Spec{Name: name, Ports: map[string]lab.Port{"eth0": lab.On(lan, addr.String())}, Gateway: gateway.Addr()})
	if err != nil {
		return nil, err
	}
	_, err = h.Check(context.Background(), "/bin/sh", "-ec", `
		sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
		ip addr add `+vip.String()+`/32 dev lo`)
	return h, err
}

// serve starts the web server of a host.
func (d *demo) serve(ctx context.Context, h *lab.Host) (*lab.Process, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.Web(ctx, netip.MustParseAddrPort("0.0.0.0:80"), h.Name)
}

// director makes a director with its files of the how-to.
func (d *demo) director(lan *lab.Switch, n node, files string) (*lab.Host, error) {
	flavour := lab.Systole
	if d.original {
		flavour = lab.Originals
	}
	hosts := fmt.Sprintf("%s %s\n%s %s\n", active.addr.Addr(), active.name, standby.addr.Addr(), standby.name)
	h, err := d.lab.Host(lab.Spec{
		Name: n.name, Flavour: flavour, EtcHosts: hosts, Gateway: gateway.Addr(),
		Ports: map[string]lab.Port{"eth0": lab.On(lan, n.addr.String())},
	})
	if err != nil {
		return nil, err
	}
	if err := installTree(h, filepath.Join(files, n.role)); err != nil {
		return nil, err
	}
	script := "sysctl -qw net.ipv4.ip_forward=1; chmod 600 /etc/ha.d/authkeys"
	if d.original { // Debian has no /usr/lib64/heartbeat, which the how-to's ha.cf names
		script += "; mkdir -p /usr/lib64 && ln -s ../libexec/heartbeat /usr/lib64/heartbeat"
	}
	_, err = h.Check(context.Background(), "/bin/sh", "-ec", script)
	return h, err
}

// The files that the how-to has logs written to.
const (
	haLog         = "/var/log/ha.log"
	ldirectordLog = "/var/log/ldirectord.log"
)

// installTree copies a directory over the host's disk.
func installTree(h *lab.Host, dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return h.Install(name, name[len(dir):], 0o644)
	})
}

// followLogs prints the directors' logs as they grow.
func (d *demo) followLogs() {
	for _, h := range []*lab.Host{d.active, d.standby} {
		for _, log := range []string{haLog, ldirectordLog} {
			t := h.Tail(log)
			d.logs = append(d.logs, t)
			go t.Await(context.Background(), func(l lab.Line) bool {
				d.out.logLine(shortName(h.Name), l.Text)
				return false
			})
		}
	}
}

// keepLogs copies the directors' logs into a directory of this machine.
func (d *demo) keepLogs(dir string) error {
	for _, h := range []*lab.Host{d.active, d.standby} {
		at := filepath.Join(dir, h.Name)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		for _, log := range []string{haLog, "/var/log/ha-debug.log", ldirectordLog, lab.SyslogFile} {
			text, err := h.ReadFile(log)
			if err != nil {
				continue // not every director has written each
			}
			if err := os.WriteFile(filepath.Join(at, filepath.Base(log)), text, 0o644); err != nil {
				return err
			}
		}
	}
	d.out.printf("\nThe directors' logs are in %s.\n", dir)
	return nil
}

func (d *demo) close() {
	if d.lab == nil {
		return
	}
	if d.clients != nil {
		d.clients.stop()
	}
	for _, t := range d.logs {
		t.Stop()
	}
	d.lab.Close()
}
