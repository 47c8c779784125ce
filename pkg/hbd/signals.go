package hbd

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"systole/pkg/cluster"
	"systole/pkg/diag"
	"systole/pkg/hacf"
	"systole/pkg/halog"
	"systole/pkg/haresources"
)

// signal acts on the signals of tools spec 5.
func (d *beatDaemon) signal(sig os.Signal) {
	switch sig {
	case syscall.SIGTERM:
		d.step(cluster.Terminate{})
	case syscall.SIGHUP:
		d.reread()
	case syscall.SIGUSR1:
		d.setDebug(d.debug.Load() + 1)
	case syscall.SIGUSR2:
		d.setDebug(max(d.debug.Load()-1, 0))
	}
}

func (d *beatDaemon) setDebug(level int32) {
	if d.debug.Swap(level) == 0 && level > 0 {
		d.log.Log(halog.Info, "heartbeat: version "+hacf.Version)
	}
	d.log.Log(halog.Info, fmt.Sprintf("debug now set to %d [pid %d]", level, os.Getpid()))
}

// fileTimes are the modification times of the files as this life read them.
type fileTimes struct{ haCf, authkeys, haresources time.Time }

func timesOf(p Paths) fileTimes {
	return fileTimes{modified(p.File("ha.cf")), modified(p.File("authkeys")), modified(p.File("haresources"))}
}

func modified(path string) time.Time {
	info, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// reread is SIGHUP: a changed ha.cf begins a new life that keeps the resources, changed keys
// are read, and nothing else happens (failover spec 10.7).
func (d *beatDaemon) reread() {
	now := timesOf(d.paths)
	d.rereadGroups(now)
	defer d.readLosses()
	switch {
	case !now.haCf.Equal(d.files.haCf):
		d.workers.Go(d.rereadAll)
	case !now.authkeys.Equal(d.files.authkeys):
		d.files.authkeys = now.authkeys
		d.rereadKeys()
	default:
		d.log.Log(halog.Info, "Configuration unchanged.")
	}
}

// rereadAll begins a new life, unless it would end at once: files that are refused leave everything as
// it is. The original finds out when it has already gone. Names are looked up, so it may take a while.
func (d *beatDaemon) rereadAll() {
	l := load(d.paths, hostEnv(d.paths), false)
	if !l.failed {
		d.post(d.ctx, func() { d.step(cluster.Reload{}) })
		return
	}
	for _, line := range l.lines[:len(l.lines)-1] { // without the line that ends the refusal of a start
		if line.Level != "" {
			d.log.Log(halog.Level(line.Level), line.Text)
		}
	}
	d.log.Log(halog.Error, "The new configuration cannot be used: keeping the old one.")
}

// rereadKeys takes new keys; bad ones leave the old ones in force, unlike the original, which
// shuts down.
func (d *beatDaemon) rereadKeys() {
	d.log.Log(halog.Info, "Rereading authentication file.")
	keys, found, _ := readKeys(d.paths.File("authkeys"))
	for _, line := range hacf.Lines(found) {
		d.log.Log(halog.Level(line.Level), line.Text)
	}
	if diag.Failed(found) {
		d.log.Log(halog.Error, "The new keys cannot be used: keeping the old ones.")
		return
	}
	d.keys.Store(keys)
	for range 1 + 2*len(d.cfg.Media) {
		d.log.Log(halog.Info, "Child rereading authentication file.")
	}
}

// rereadGroups tells the machine when haresources has changed; scripts read it at each run.
func (d *beatDaemon) rereadGroups(now fileTimes) {
	if now.haresources.Equal(d.files.haresources) {
		return
	}
	d.files.haresources = now.haresources
	path := d.paths.File("haresources")
	text, err := os.ReadFile(path)
	if err != nil {
		d.log.Log(halog.Error, fmt.Sprintf("Cannot open resources file [%s]", path))
		return
	}
	groups, found := haresources.Parse(path, text)
	found = append(found, haresources.CheckNodes(path, text, d.cfg.AllNodes)...)
	for _, line := range hacf.Lines(found) {
		d.log.Log(halog.Level(line.Level), line.Text)
	}
	if diag.Failed(found) {
		d.log.Log(halog.Error, "The new resources cannot be used: keeping the old ones.")
		return
	}
	d.groups = groups
	d.step(cluster.GroupsChanged{Groups: ownGroups(groups, d.cfg.Node)})
}

// ownGroups are the groups that haresources gives to this node.
func ownGroups(groups []haresources.Group, self string) []cluster.Group {
	var own []cluster.Group
	for _, g := range haresources.OurGroups(groups, self) {
		if len(g.Resources) > 0 {
			own = append(own, cluster.Group{Digest: haresources.Digest(g), Words: joinWords(g)})
		}
	}
	return own
}
