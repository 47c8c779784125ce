package hacf

import (
	"fmt"
	"slices"
	"strings"

	"systole/pkg/diag"
)

// newConfig is what an empty ha.cf means (wire spec 8.2).
func newConfig(env Env, file string) *Config {
	c := &Config{
		File: file, Node: strings.ToLower(env.Node), Cluster: "linux-ha",
		HopFudge: 1, UDPPort: env.defaultPort(),
		SyslogMsgFmt: true, LogBadpack: true, Realtime: true, MsgFmtClassic: true,
		Compression: "zlib", CompressionKiB: 2, Coredumps: true, Memreserve: 6500,
	}
	c.Keepalive, _ = parseTime("1000ms")
	c.Deadtime, _ = parseTime("30000ms")
	c.MaxRexmitDelay, _ = parseTime("250ms")
	return c
}

// Check judges the configuration as a whole, in the original's order (wire spec 8.3). It is
// for a Reading that has not failed; the daemon reads its keys before it.
func (r *Reading) Check() {
	r.checkPacemaker()
	r.checkMedia()
	r.checkNodes()
	r.checkTimes()
	r.checkFailback()
	r.checkLogging()
	r.checkAutojoin()
	r.checkIpfail()
	r.settleParams()
}

// checkMedia: a ping node counts as a medium to the original, though no peer answers on it.
func (r *Reading) checkMedia() {
	c := r.Config
	if len(c.Media) == 0 {
		r.fail(r.wholeFile(), "No heartbeat media defined", "add a line that reaches the peer, for instance: bcast eth0")
		return
	}
	if !slices.ContainsFunc(c.Media, func(m Medium) bool { return !m.IsPing() }) {
		r.warn(r.wholeFile(), "there are ping nodes only: no medium reaches the peer")
	}
}

func (r *Reading) checkNodes() {
	c := r.Config
	if len(c.AllNodes) == 0 && !r.joinable() {
		r.fail(r.wholeFile(), "no nodes defined", "add a line with the names of all nodes: node NAME NAME")
	}
	if c.Node == "" || slices.Contains(c.Nodes, c.Node) {
		return
	}
	if r.joinable() {
		r.say("notice", fmt.Sprintf("Current node [%s] added to configuration.", c.Node))
		return
	}
	r.strangerHere()
}

// strangerHere refuses an ha.cf that does not name this machine.
func (r *Reading) strangerHere() {
	c := r.Config
	remedy := "add the line: node " + c.Node
	if len(c.Nodes) > 0 {
		remedy += ", or give this machine one of the names " + strings.Join(c.Nodes, ", ")
	}
	r.found(r.at("node").Pos, diag.Error, fmt.Sprintf("Current node [%s] not in configuration!", c.Node), remedy)
	r.say("ERROR", r.Diagnostics[len(r.Diagnostics)-1].Text)
	r.sayAll("info", "By default, cluster nodes are named by `uname -n` and must be declared with a 'node' directive in the ha.cf file.",
		"See also: http://linux-ha.org/wiki/Ha.cf#node_directive")
	r.own("info", r.lastHint())
}

// checkIpfail looks for the two settings without which ipfail does nothing (failover spec 12).
func (r *Reading) checkIpfail() {
	i := slices.IndexFunc(r.Config.Clients, func(c Client) bool { return strings.HasSuffix(c.Path, "/ipfail") })
	if i < 0 {
		return
	}
	d := Directive{Pos: r.Config.Clients[i].Pos}
	if r.Config.AutoFailback == FailbackLegacy {
		r.note(d, "ipfail does not run with auto_failback legacy")
	}
	if !slices.ContainsFunc(r.Config.Media, Medium.IsPing) {
		r.note(d, "ipfail has nothing to compare without a ping node: add a line like: ping 10.0.0.1")
	}
}

// IsPing says whether the medium asks a ping node rather than reaching peers.
func (m Medium) IsPing() bool {
	return m.Kind == Ping || m.Kind == Ping6 || m.Kind == PingGroup
}

// Name is the medium's name in logs and link names: its interface, serial path or ping node.
func (m Medium) Name() string {
	if m.IsPing() {
		return m.Node
	}
	return m.Device
}

// PingNodes returns the names of the ping nodes in file order.
func (c *Config) PingNodes() []string {
	var names []string
	for _, m := range c.Media {
		if m.IsPing() {
			names = append(names, m.Node)
		}
	}
	return names
}
