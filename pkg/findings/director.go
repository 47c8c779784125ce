package findings

import (
	"fmt"
	"net/netip"
	"slices"

	"systole/pkg/diag"
	"systole/pkg/ldirectorcf"
)

// directorTraps looks at each ldirectord.cf, and at what haresources makes of it.
func (r *review) directorTraps() {
	for _, d := range r.directors {
		if d.cfg == nil {
			continue
		}
		for i := range d.cfg.Virtuals {
			v := &d.cfg.Virtuals[i]
			r.virtualTraps(&d, v)
			r.heldAddress(&d, v)
			r.realServer(&d, v)
		}
		r.unreached(&d)
	}
	r.startedFiles()
}

// virtualTraps are those of one section.
func (r *review) virtualTraps(d *director, v *ldirectorcf.Virtual) {
	r.quiescence(d, v)
	negotiates := v.CheckType == ldirectorcf.CheckNegotiate || v.CheckType == ldirectorcf.CheckCombined
	if v.CheckType == ldirectorcf.CheckNegotiate && v.CheckService == "none" {
		r.add("LD-107", d.path, v.Line, v.Name+" negotiates with service none, which looks at nothing",
			"write service= with the protocol that the reals speak, or checktype=connect")
	}
	if v.Receive != "" && negotiates && v.HTTPMethod == "HEAD" && slices.Contains([]string{"http", "https", "http_proxy"}, v.CheckService) {
		r.add("LD-106", d.path, v.Line, fmt.Sprintf("receive= of %s can never match: the answer to HEAD has no body", v.Name), "write httpmethod=GET, or remove receive=")
	}
	if v.Receive != "" && !(negotiates && compares(v.CheckService)) {
		r.add("LD-202", d.path, v.Line, fmt.Sprintf("receive= of %s is not used: checktype is %s, service %s", v.Name, v.CheckType, v.CheckService), "")
	}
	line := 0
	for _, real := range v.Reals {
		if real.Addr == v.Service.Addr.Addr() && real.Line != line {
			line = real.Line
			r.add("LD-206", d.path, real.Line, fmt.Sprintf("%s is the address of the virtual itself", real.Addr), "")
		}
	}
}

// quiescence: what becomes of persistent clients of a dead server is decided by a sysctl.
func (r *review) quiescence(d *director, v *ldirectorcf.Virtual) {
	if !v.Quiescent || v.Service.Persistent == 0 {
		return
	}
	text := fmt.Sprintf("%s is quiescent and persistent for %v", v.Name, v.Service.Persistent)
	if is, known := r.sysctl("net.ipv4.vs.expire_quiescent_template"); known {
		if is == "1" {
			return
		}
		text += ", and net.ipv4.vs.expire_quiescent_template is " + is
	}
	r.add("LD-201", d.path, v.Line, text, "")
}

// compares says whether the check of a service looks at receive= (ldirectord spec 9).
func compares(service string) bool {
	return slices.Contains([]string{"http", "https", "http_proxy", "ftp", "dns", "ldap", "ldaps", "simpletcp"}, service)
}

// heldAddress looks for the group that brings the address of a virtual up. Without any group there
// is no cluster to do it, and nothing to say.
func (r *review) heldAddress(d *director, v *ldirectorcf.Virtual) {
	a := v.Service.Addr.Addr()
	if !a.IsValid() || d.guessed[a] || len(r.groups) == 0 {
		return
	}
	if !slices.Contains(r.heldAddresses(), a) && !r.damaged() {
		r.add("LD-203", d.path, v.Line, fmt.Sprintf("%s is in no group of haresources", a), "")
	}
}

func (r *review) heldAddresses() []netip.Addr {
	var all []netip.Addr
	for _, g := range r.groups {
		for _, res := range g.Resources {
			if a, ok := addressOf(res); ok {
				all = append(all, a)
			}
		}
	}
	return all
}

// startedFiles compares the files that are there with those that haresources names.
func (r *review) startedFiles() {
	started := map[string]bool{}
	for _, g := range r.groups {
		for _, res := range g.Resources {
			name, ok := directorOf(res)
			if !ok {
				continue
			}
			started[name] = true
			if !r.hasDirector(name) {
				r.add("LD-204", r.groupPath, g.Line, res.Word+" names a file that is not there", "")
			}
		}
	}
	for _, d := range r.directors {
		if !started[d.name] && len(r.groups) > 0 && !r.damaged() {
			r.add("LD-205", d.path, 0, "no group of haresources starts ldirectord with "+d.name, "")
		}
	}
}

// damaged says whether haresources has an error: then the groups are not those that were meant.
func (r *review) damaged() bool {
	return slices.ContainsFunc(r.found, func(f Finding) bool { return f.File == r.groupPath && f.Severity == diag.Error })
}

// hasDirector says whether a file was found. One that could not be read counts as there.
func (r *review) hasDirector(name string) bool {
	if slices.ContainsFunc(r.directors, func(d director) bool { return d.name == name }) {
		return true
	}
	return slices.ContainsFunc(r.found, func(f Finding) bool {
		return f.Code == "HA-502" && (r.kinds[f.File] == name || r.kinds[f.File] == "conf/"+name)
	})
}
