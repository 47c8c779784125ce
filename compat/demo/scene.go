package main

import (
	"context"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// demo is the scene and what is going on.
type demo struct {
	options
	scene     howto
	out       *screen
	begin     time.Time
	lab       *lab.Lab
	switches  map[string]*lab.Switch
	hosts     map[string]*lab.Host
	directors [2]*lab.Host
	gateway   *lab.Host
	servers   []*lab.Process // of scene.webs
	clients   *clients
	marks     map[*lab.Host]int // how long the directors' logs were when the step began
	logs      []*lab.Tail       // only with -v
}

// build makes all hosts; heartbeat does not run yet.
func (d *demo) build(files string) error {
	l, err := lab.New()
	if err != nil {
		return err
	}
	d.lab, d.switches, d.hosts = l, map[string]*lab.Switch{}, map[string]*lab.Host{}
	for _, name := range d.scene.networks() {
		if d.switches[name], err = l.Switch(name); err != nil {
			return err
		}
	}
	for _, m := range d.scene.machines() {
		if err := d.boot(m, files); err != nil {
			return err
		}
	}
	d.gateway = d.hosts[d.scene.router.name]
	for i, m := range d.scene.directors {
		d.directors[i] = d.hosts[m.name]
	}
	if err := d.bootClients(); err != nil {
		return err
	}
	d.servers = make([]*lab.Process, len(d.scene.webs))
	for i := range d.scene.webs {
		if err := d.serve(context.Background(), i); err != nil {
			return err
		}
	}
	return nil
}

// boot makes a host with its files of the how-to.
func (d *demo) boot(m machine, files string) error {
	spec := lab.Spec{Name: m.name, Ports: map[string]lab.Port{}, Gateway: m.gateway}
	for _, p := range m.ports {
		spec.Ports[p.dev] = lab.On(d.switches[p.net], p.addr.String())
	}
	if len(m.files) > 0 {
		for _, n := range d.scene.directors {
			spec.EtcHosts += fmt.Sprintf("%s %s\n", n.addr(), n.name)
		}
		spec.Flavour = lab.Systole
		if d.original {
			spec.Flavour = lab.Originals
		}
	}
	if m.extra {
		dir, err := packageLayer(d.scene.packages)
		if err != nil {
			return err
		}
		spec.Layers = []string{dir}
	}
	h, err := d.lab.Host(spec)
	if err != nil {
		return err
	}
	d.hosts[m.name] = h
	for _, f := range m.files {
		if err := install(h, filepath.Join(files, f.from), f.to); err != nil {
			return err
		}
	}
	return d.setUp(m)
}

// setUp does what a machine does at each boot beside its network.
func (d *demo) setUp(m machine) error {
	script := m.setup
	if len(m.files) > 0 {
		script += "\nchmod 600 /etc/ha.d/authkeys" // git keeps no modes
	}
	if d.original { // Debian has no /usr/lib64/heartbeat, which the how-to's ha.cf names
		script += "\nmkdir -p /usr/lib64 && ln -sfn ../libexec/heartbeat /usr/lib64/heartbeat"
	}
	_, err := d.hosts[m.name].Check(context.Background(), "/bin/sh", "-ec", script)
	return err
}

// bootClients makes the clients' host.
func (d *demo) bootClients() error {
	var addrs []string
	for _, a := range clientList() {
		addrs = append(addrs, netip.PrefixFrom(a, outside().addr.Bits()).String())
	}
	h, err := d.lab.Host(lab.Spec{Name: "client", Gateway: outside().addr.Addr(),
		Ports: map[string]lab.Port{"eth0": lab.On(d.switches[clientNet], addrs...)}})
	d.clients = newClients(h, "http://"+d.scene.service.String()+d.scene.page)
	return err
}

// serve starts a web server, in the place of one that runs, and waits until it listens.
func (d *demo) serve(ctx context.Context, i int, more ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if p := d.servers[i]; p != nil {
		if err := p.Signal(unix.SIGKILL); err != nil {
			return err
		}
		if _, err := p.Wait(ctx); ctx.Err() != nil {
			return err
		}
	}
	w := d.scene.webs[i]
	var err error
	d.servers[i], err = startPages(ctx, d.hosts[w.host()], w.pages, w.name, more...)
	return err
}

// ldirectordLog is where ldirectord logs if its file says nothing else.
const ldirectordLog = "/var/log/ldirectord.log"

// install copies a file or a directory of the example to a host's disk.
func install(h *lab.Host, from, to string) error {
	return filepath.WalkDir(from, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return h.Install(name, to+name[len(from):], info.Mode().Perm())
	})
}

// followLogs prints the directors' logs as they grow.
func (d *demo) followLogs() {
	for _, h := range d.directors {
		for _, log := range []string{d.scene.haLog, ldirectordLog} {
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
	for _, h := range d.directors {
		at := filepath.Join(dir, h.Name)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		for _, log := range slices.Compact([]string{d.scene.haLog, "/var/log/ha-debug.log", "/var/log/ha-debug", ldirectordLog, lab.SyslogFile}) {
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
