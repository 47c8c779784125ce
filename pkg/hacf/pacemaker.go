package hacf

import (
	"fmt"
	"slices"
	"strings"
)

// pacemaker is the directive of either name. Only off can be had: the resources of Systole are
// those of haresources.
func pacemaker(r *Reading, d Directive, v string) {
	if r.pacemaker != "" {
		r.fail(d, "pacemaker/crm directive used multiple times!", "keep one of the lines")
		return
	}
	r.pacemaker = v
	r.setParam("pacemaker", v)
	r.say("info", "Pacemaker support: "+v)
	on, ok := parseBool(v)
	known := slices.Contains([]string{"respawn", "minimal", "manual"}, strings.ToLower(v))
	switch {
	case on || known:
		r.fail(d, `Failed to add pacemaker client child "cib"`,
			"Systole manages the resources of haresources itself and has no pacemaker: write "+d.Name+" off")
	case !ok:
		r.fail(d, "", fmt.Sprintf("%s [%s] is not valid: write %s off", d.Name, v, d.Name))
	}
}

// crmdSpawnsPengine must stand above the pacemaker directive.
func crmdSpawnsPengine(r *Reading, d Directive, v string) {
	if r.pacemaker != "" {
		r.fail(d, fmt.Sprintf("If you specify %s, it must come before the pacemaker directive", v), "remove the line: it is for pacemaker only")
		return
	}
	pacemakerOnly(r, d, v)
}

// pacemakerOnly reads a boolean that nothing here asks for.
func pacemakerOnly(r *Reading, d Directive, v string) {
	if _, ok := parseBool(v); !ok {
		r.fail(d, "ha_config_check_boolean:Invalid directive value "+v, "write on or off, or remove the line: it is for pacemaker only")
		return
	}
	r.noEffect(d)
}

// checkPacemaker states the default at every start, as the original does.
func (r *Reading) checkPacemaker() {
	if r.pacemaker == "" {
		r.say("info", "Pacemaker support: false")
	}
}

// setAutojoin takes none, other and any; the latter two fail in checkAutojoin.
func setAutojoin(r *Reading, d Directive, v string) {
	if !slices.Contains([]string{"none", "other", "any"}, v) {
		r.fail(d, fmt.Sprintf("Invalid autojoin directive [%s]", v), "write autojoin none, or remove the line")
		return
	}
	r.autojoin = v
}

func (r *Reading) checkAutojoin() {
	if r.joinable() {
		r.fail(r.at("autojoin"), "R1 style resource management conflicts with  autojoin set\n"+
			"You need either unset autojoin or enable crm", "write autojoin none, or remove the line, and name every node")
	}
}

func (r *Reading) joinable() bool { return r.autojoin == "any" || r.autojoin == "other" }
