package hacf

import (
	"strconv"
)

// setParam records the value of a parameter under its name in the table.
func (r *Reading) setParam(name, value string) { r.params[name] = value }

// settleParams fills Config.Params: the user's spelling, else the default, in the order of the
// table (tools spec 8.12). Parameters without either are left out.
func (r *Reading) settleParams() {
	derived := r.derivedParams()
	r.Config.Params = nil
	for _, k := range keywords() {
		if k.about == "" {
			continue
		}
		value, ok := r.params[k.name]
		if !ok {
			if value, ok = derived[k.name]; !ok {
				value, ok = k.standard, k.standard != ""
			}
		}
		if ok {
			r.Config.Params = append(r.Config.Params, Param{Name: k.name, Value: value})
		}
	}
}

// derivedParams are the defaults that depend on other settings.
func (r *Reading) derivedParams() map[string]string {
	c := r.Config
	derived := map[string]string{
		"deadping": strconv.FormatInt(c.Deadping.Milliseconds(), 10) + "ms",
		"initdead": strconv.FormatInt(c.Initdead.Milliseconds(), 10) + "ms",
		"warntime": strconv.FormatInt(c.Warntime.Milliseconds(), 10) + "ms",
		"udpport":  strconv.Itoa(r.env.defaultPort()),
		"debug":    strconv.Itoa(c.Debug),
	}
	if c.LogFacility != "" {
		derived["logfile"], derived["debugfile"] = "/dev/null", "/dev/null"
	}
	return derived
}

// Param answers getparm and hbparameter: the value of a recorded parameter. crm is another
// name of pacemaker; hbversion is not in the file at all.
func (c *Config) Param(name string) (string, bool) {
	switch name {
	case "hbversion":
		return Version, true
	case "crm":
		name = "pacemaker"
	}
	for _, p := range c.Params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// Environ returns the settings that scripts and clients find in their environment from ha.cf:
// HA_NAME=value of each parameter, then those of env directives as HA_NAME too (tools spec 9).
func (c *Config) Environ() []string {
	var environ []string
	for _, p := range c.Params {
		environ = append(environ, "HA_"+p.Name+"="+p.Value)
	}
	for _, setting := range c.Env {
		environ = append(environ, "HA_"+setting)
	}
	return environ
}
