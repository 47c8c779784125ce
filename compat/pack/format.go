package main

import (
	"fmt"
	"path/filepath"

	"github.com/goreleaser/nfpm/v2"
	"github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/rpm"
)

// format is what differs between Debian's packages and Red Hat's.
type format struct {
	moves       map[string]string // places that the distribution has elsewhere
	fillsIn     bool              // borrowed places are filled by a script if nothing is there
	namesGroups bool              // a package can say that a file belongs to a group it makes itself
	relations   func(*nfpm.Overridables)
}

func (f format) place(p string) string { return moved(p, f.moves) }

func formats() map[string]format {
	return map[string]format{
		// Debian 12's packages spell it /lib: if ours did not, dpkg would take away our file
		// when it takes away theirs, as both names mean one place.
		"deb": {moves: map[string]string{"/usr/lib/systemd/system/": "/lib/systemd/system/"}, relations: debRelations},
		// In /etc/init.d is a link to the other place, and the same would happen.
		"rpm": {moves: map[string]string{"/etc/init.d/": "/etc/rc.d/init.d/", "/etc/default/": "/etc/sysconfig/"},
			fillsIn: true, namesGroups: true, relations: rpmRelations},
	}
}

// The versions that a package of ours stands for.
const (
	heartbeatVersion  = "3.0.6"
	ldirectordVersion = "4.12.0"
)

func debRelations(o *nfpm.Overridables) {
	o.Provides = []string{"cluster-messaging-framework", "heartbeat (= 1:" + heartbeatVersion + ")", "ldirectord (= 1:" + ldirectordVersion + ")"}
	o.Conflicts = []string{"heartbeat", "ldirectord"}
	o.Replaces = []string{"heartbeat", "ldirectord"}
	o.Depends = []string{"init-system-helpers (>= 1.54~)", "passwd"}
	o.Suggests = []string{"ipvsadm", "resource-agents", "cluster-glue"}
}

// Replaces is Obsoletes here: an upgrade takes the original's packages away.
func rpmRelations(o *nfpm.Overridables) {
	o.Provides = []string{"heartbeat = " + heartbeatVersion, "ldirectord = " + ldirectordVersion, "heartbeat-ldirectord = " + ldirectordVersion}
	o.Conflicts = []string{"heartbeat", "ldirectord", "heartbeat-ldirectord"}
	o.Replaces = []string{"heartbeat <= " + heartbeatVersion + "-99", "ldirectord <= " + ldirectordVersion + "-99", "heartbeat-ldirectord <= " + ldirectordVersion + "-99"}
	o.Depends = []string{"/usr/sbin/useradd"}
	o.RPM.Group = "System Environment/Daemons"
	o.RPM.Summary = summary
	o.RPM.BuildHost = "localhost"
	o.RPM.Scripts.PostTrans = "posttrans"
}

func packager(name string) (nfpm.Packager, error) {
	switch name {
	case "deb":
		return deb.Default, nil
	case "rpm":
		return rpm.DefaultRPM, nil
	}
	return nil, fmt.Errorf("packages of format %q are not made", name)
}

const (
	summary     = "high-availability cluster node and LVS director"
	description = summary + `
Systole is a drop-in replacement for heartbeat 3.0 with haresources and for
ldirectord: the same files, commands, protocols and client API.
It takes over the files of /etc/ha.d as they are.`
)

// info describes the package to nfpm.
func (o order) info(bill string) (*nfpm.Info, error) {
	f, ok := formats()[o.format]
	if !ok {
		return nil, fmt.Errorf("packages of format %q are not made", o.format)
	}
	contents, err := o.contents(bill, f)
	if err != nil {
		return nil, err
	}
	info := &nfpm.Info{Name: "systole", Arch: o.arch, Platform: "linux", Version: packageVersion(o.version, o.made), VersionSchema: "none",
		Release: "1", Section: "admin", Priority: "optional", Maintainer: "The Systole authors <systole@localhost>",
		Description: description, License: "Apache-2.0", MTime: o.made, DisableGlobbing: true}
	info.Contents = contents
	f.relations(&info.Overridables)
	// Every dpkg and rpm reads it.
	compression := fmt.Sprintf("gzip:%d", o.level)
	info.Deb.Compression, info.RPM.Compression = compression, compression
	script := func(name string) string { return filepath.Join(o.src, "compat/pack", o.format, name) }
	info.Scripts = nfpm.Scripts{PreInstall: script("preinst"), PostInstall: script("postinst"), PreRemove: script("prerm"), PostRemove: script("postrm")}
	if name := info.RPM.Scripts.PostTrans; name != "" {
		info.RPM.Scripts.PostTrans = script(name)
	}
	info = nfpm.WithDefaults(info)
	if err := nfpm.PrepareForPackager(info, o.format); err != nil {
		return nil, err
	}
	return info, nil
}
