// Package layout says what belongs where on an installed system: one table, for the installer,
// for packages and for the test that holds it together with the programs.
//
//	/usr/libexec/heartbeat/heartbeat        the program of many names
//	    ^  ^                ^
//	    |  |                +-- /usr/libexec/heartbeat/{ipfail,send_arp,findif,IPaddr2,...}
//	    |  +------------------- /usr/lib/heartbeat/*, /usr/lib64/heartbeat/*
//	    +---------------------- /usr/share/heartbeat/{hb_standby,ResourceManager,...}
//
//	/etc/ha.d/{harc,shellfuncs,rc.d/*,resource.d/*}     entry points, the administrator's to edit
//	/etc/init.d, systemd, tmpfiles.d, logrotate.d       what starts the daemons
//
// Each generation of the original had its daemons elsewhere, and users' ha.cf files name them
// ("respawn hacluster /usr/lib64/heartbeat/ipfail"), so every place has every name (tools
// spec 1.3). What an administrator writes (ha.cf, haresources, authkeys, ldirectord.cf) is not in
// the table and therefore never touched.
package layout

import (
	"io/fs"
	"slices"
	"strings"

	resourced "systole/resource.d"
)

// Kind says how an entry is made, and what becomes of something that is there already.
type Kind int

// The kinds of entries.
const (
	Dir      Kind = iota // made if missing
	Program              // built; replaced
	Optional             // as Program, but left out where it was not built
	File                 // of the source tree; replaced
	Config               // of the source tree; an administrator's changes are kept
	Link                 // symbolic link; replaced
)

// Entry is one line of the table.
type Entry struct {
	Path   string // on the installed system
	Kind   Kind
	Mode   fs.FileMode // permissions; 0 for links
	Owner  string      // account, if not root; Dir only
	Group  string      // with setgid in Mode: the group whose rights a Program has
	Source string      // Program: its name; File and Config: path in the source tree; Link: where it points
}

// Places of the installed system.
const (
	multi  = "/usr/libexec/heartbeat/heartbeat"
	share  = "/usr/share/heartbeat/"
	haDir  = "/etc/ha.d/"
	manDir = "/usr/share/man/"
	docDir = "/usr/share/doc/heartbeat/"
)

// The account that clients of the daemon run as, and its group (tools spec 1.1).
const (
	Account = "hacluster"
	Group   = "haclient"
)

// Table returns everything that is installed, directories before what is in them.
func Table() []Entry {
	return slices.Concat(dirs(), programs(), links(), entryPoints(), services(), documents())
}

// Daemons lists the names of the program of many names that are daemons, agents and helpers:
// every place of daemons has them. heartbeat itself is the first.
func Daemons() []string {
	return []string{"heartbeat", "harc", "send_arp", "send_ua", "findif", "agent", "IPaddr", "IPaddr2", "cl_respawn", "ha_logger"}
}

// Scripts lists its names that were scripts: they are in /usr/share/heartbeat, and with the
// daemons too.
func Scripts() []string {
	return []string{
		"ResourceManager", "ha_propagate", "hb_addnode", "hb_delnode", "hb_setsite", "hb_setweight", "hb_standby",
		"hb_takeover", "mach_down", "req_resource",
	}
}

// Applets lists all names under which the program of many names is installed, sorted.
func Applets() []string {
	names := slices.Concat(Daemons(), Scripts())
	slices.Sort(names)
	return names
}

func dirs() []Entry {
	return []Entry{
		{Path: "/etc/ha.d", Kind: Dir, Mode: 0o755},
		{Path: "/etc/ha.d/rc.d", Kind: Dir, Mode: 0o755},
		{Path: "/etc/ha.d/resource.d", Kind: Dir, Mode: 0o755},
		{Path: "/usr/lib/heartbeat", Kind: Dir, Mode: 0o755},
		{Path: "/usr/lib64/heartbeat", Kind: Dir, Mode: 0o755},
		{Path: "/var/lib/heartbeat", Kind: Dir, Mode: 0o755},
		{Path: "/var/lib/heartbeat/cores", Kind: Dir, Mode: 0o755},
		{Path: "/var/lib/heartbeat/cores/root", Kind: Dir, Mode: 0o700},
		{Path: "/var/lib/heartbeat/cores/nobody", Kind: Dir, Mode: 0o700, Owner: "nobody"},
		{Path: "/var/lib/heartbeat/cores/hacluster", Kind: Dir, Mode: 0o700, Owner: Account},
	}
}

func programs() []Entry {
	return []Entry{
		{Path: multi, Kind: Program, Mode: 0o755, Source: "heartbeat"},
		{Path: "/usr/libexec/heartbeat/ipfail", Kind: Program, Mode: 0o755, Source: "ipfail"},
		{Path: "/usr/sbin/ldirectord", Kind: Program, Mode: 0o755, Source: "ldirectord"},
		{Path: "/usr/bin/cl_status", Kind: Program, Mode: 0o555 | fs.ModeSetgid, Group: Group, Source: "cl_status"},
		{Path: "/usr/sbin/systole", Kind: Optional, Mode: 0o755, Source: "systole"},
	}
}

func links() []Entry {
	out := []Entry{
		{Path: "/etc/heartbeat", Kind: Link, Source: "ha.d"},
		{Path: "/usr/bin/cl_respawn", Kind: Link, Source: "../libexec/heartbeat/heartbeat"},
		{Path: "/etc/ha.d/resource.d/ldirectord", Kind: Link, Source: "/usr/sbin/ldirectord"},
	}
	names := slices.Concat(Daemons(), Scripts())
	for _, name := range names[1:] {
		out = append(out, Entry{Path: "/usr/libexec/heartbeat/" + name, Kind: Link, Source: "heartbeat"})
	}
	for _, dir := range []string{"/usr/lib/heartbeat/", "/usr/lib64/heartbeat/"} {
		for _, name := range names {
			out = append(out, Entry{Path: dir + name, Kind: Link, Source: "../../libexec/heartbeat/heartbeat"})
		}
		out = append(out, Entry{Path: dir + "ipfail", Kind: Link, Source: "../../libexec/heartbeat/ipfail"})
	}
	for _, name := range Scripts() {
		out = append(out, Entry{Path: share + name, Kind: Link, Source: "../../libexec/heartbeat/heartbeat"})
	}
	return out
}

func entryPoints() []Entry {
	out := []Entry{
		{Path: haDir + "README.config", Kind: Config, Mode: 0o644, Source: "compat/entry/README.config"},
		{Path: haDir + "shellfuncs", Kind: Config, Mode: 0o644, Source: "compat/entry/shellfuncs"},
		{Path: haDir + "harc", Kind: Config, Mode: 0o755, Source: "compat/entry/harc"},
	}
	for _, name := range []string{"ask_resources", "hb_takeover", "ip-request", "ip-request-resp", "status"} {
		out = append(out, Entry{Path: haDir + "rc.d/" + name, Kind: Config, Mode: 0o755, Source: "compat/entry/rc.d/" + name})
	}
	for _, name := range resourced.Names() {
		out = append(out, Entry{Path: haDir + "resource.d/" + name, Kind: Config, Mode: 0o755, Source: "resource.d/" + name})
	}
	return out
}

func services() []Entry {
	var out []Entry
	for _, name := range []string{"heartbeat", "ldirectord"} {
		out = append(out,
			Entry{Path: "/etc/init.d/" + name, Kind: Config, Mode: 0o755, Source: "compat/service/init.d/" + name},
			Entry{Path: "/etc/default/" + name, Kind: Config, Mode: 0o644, Source: "compat/service/default/" + name},
			Entry{Path: "/etc/logrotate.d/" + name, Kind: Config, Mode: 0o644, Source: "compat/service/logrotate.d/" + name},
			Entry{Path: "/usr/lib/systemd/system/" + name + ".service", Kind: File, Mode: 0o644, Source: "compat/service/systemd/" + name + ".service"},
		)
	}
	return append(append(out, completions()...),
		Entry{Path: "/usr/lib/tmpfiles.d/heartbeat.conf", Kind: File, Mode: 0o644, Source: "compat/service/tmpfiles.d/heartbeat.conf"},
		Entry{Path: "/usr/share/systole/end-original", Kind: File, Mode: 0o755, Source: "compat/service/end-original"},
	)
}

// completions go where each shell looks for those of packages; zsh looks at one place on Debian and at
// another on Red Hat's.
func completions() []Entry {
	var out []Entry
	for _, c := range [][2]string{
		{"bash", "/usr/share/bash-completion/completions/systole"},
		{"fish", "/usr/share/fish/vendor_completions.d/systole.fish"},
		{"zsh", "/usr/share/zsh/site-functions/_systole"},
		{"zsh", "/usr/share/zsh/vendor-completions/_systole"},
	} {
		out = append(out, Entry{Path: c[1], Kind: File, Mode: 0o644, Source: "compat/service/completions/systole." + c[0]})
	}
	return out
}

// Manuals lists the manual pages: NAME.SECTION.
func Manuals() []string {
	return []string{
		"authkeys.5", "cl_respawn.1", "cl_status.1", "findif.8", "ha.cf.5", "ha_logger.1", "ha_propagate.8", "haresources.5", "hb_addnode.1", "hb_delnode.1", "hb_standby.1",
		"hb_setsite.1", "hb_setweight.1", "hb_takeover.1", "heartbeat.8", "ipfail.8", "ldirectord.8", "ldirectord.cf.5",
		"mach_down.8", "req_resource.8", "ResourceManager.8", "send_arp.8", "systole.8",
		"systole-check.8", "systole-decode.8", "systole-doctor.8", "systole-explain.8", "systole-status.8", "systole-timeline.8", "systole-top.8",
		"systole-drain.8", "systole-undrain.8", "systole-weight.8", "systole-disable.8", "systole-enable.8", "systole-genhash.8", "systole-import.8",
		"systole-mon.8", "systole-monitor.8", "systole-help.8", "systole-completion.8", "systole-version.8",
	}
}

// Samples lists the annotated configuration files that messages of the daemon speak of.
func Samples() []string {
	return []string{"authkeys", "ha.cf", "haresources", "ldirectord.cf"}
}

func documents() []Entry {
	var out []Entry
	for _, page := range Manuals() {
		section := page[strings.LastIndexByte(page, '.')+1:]
		out = append(out, Entry{Path: manDir + "man" + section + "/" + page, Kind: File, Mode: 0o644, Source: "docs/man/" + page})
	}
	for _, name := range Samples() {
		out = append(out, Entry{Path: docDir + name, Kind: File, Mode: 0o644, Source: "examples/sample/" + name})
	}
	return out
}
