package hacf

import (
	"fmt"
	"io"
	"strings"
)

// WriteDefaults prints the table of heartbeat -D.
func WriteDefaults(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-25s%-10s%s\n", "Directive", "Default", "Description")
	fmt.Fprintln(&b, strings.Repeat("-", 80))
	for _, k := range parameters() {
		if k.standard != "" {
			fmt.Fprintf(&b, "%-25s%-10s%s\n", k.name, k.standard, k.about)
		}
	}
	return emit(w, &b)
}

// WriteWiki prints the table of heartbeat -D -W.
func WriteWiki(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "##Put this output in the ha.cf/DefaultValues page\n"+
		"The [wiki:ha.cf ha.cf] directives with default values are shown below - along with a brief description.\n"+
		"This was produced by {{{heartbeat -DW}}} ''# (version %s)''\n\n"+
		"||''Directive''||''Default''||''Description''||\n", Version)
	for _, k := range parameters() {
		if k.standard != "" {
			fmt.Fprintf(&b, "||[wiki:ha.cf/%sDirective %s]||%s||%s||\n", camel(k.name), k.name, k.standard, k.about)
		}
	}
	return emit(w, &b)
}

// camel turns conn_logd_time into ConnLogdTime.
func camel(name string) string {
	var b strings.Builder
	for _, part := range strings.Split(name, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

var rule = "#" + strings.Repeat("-", 51) + "\n"

// channels are the descriptions of the media in dumps (wire spec 7.2).
var channels = map[MediumKind]string{
	Ucast:     "UDP/IP unicast",
	Bcast:     "UDP/IP broadcast",
	Mcast:     "UDP/IP multicast",
	Ucast6:    "UDP/IPv6 unicast",
	Mcast6:    "UDP/IP multicast",
	Serial:    "serial ring",
	Ping:      "ping membership",
	Ping6:     "ping6 membership",
	PingGroup: "ping group membership",
}

// WriteConfig prints the effective configuration as heartbeat -v does.
func WriteConfig(w io.Writer, c *Config) error {
	var b strings.Builder
	fmt.Fprintf(&b, "#\n#\tLinux-HA heartbeat configuration (on %s)\n#\n\n%s", c.Node, rule)
	b.WriteString("#\n#\tHA configuration and status\n#\n")
	about := map[string]string{}
	for _, k := range parameters() {
		about[k.name] = k.about
	}
	for _, p := range c.Params {
		fmt.Fprintf(&b, "%s\t%s\t#\t%s\n", p.Name, p.Value, about[p.Name])
	}
	b.WriteString("#\n#\tHA Cluster nodes:\n#\n")
	for _, name := range c.AllNodes {
		fmt.Fprintf(&b, "node %s\t#\t current status: init\n", name)
	}
	b.WriteString("#\n#\tCommunications media:\n")
	for _, m := range c.Media {
		fmt.Fprintf(&b, "#\n# %s heartbeat channel -------------\n%s %s\n", channels[m.Kind], m.Kind, m.Name())
	}
	b.WriteString(rule)
	return emit(w, &b)
}

func emit(w io.Writer, b *strings.Builder) error {
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return nil
}
