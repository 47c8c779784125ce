package metrics

import (
	"strings"

	"systole/pkg/state"
)

type (
	document = *state.Document
	node     = *state.Node
	path     = *state.Path
	group    struct {
		*state.Group
		node string
	}
)

func daemonMetrics() []metric[document] {
	return []metric[document]{
		{"heartbeat_start_time_seconds", "When this life of heartbeat began, seconds since 1970.", false, func(d document) (float64, bool) { return unix(d.Daemon.Started) }},
		{"heartbeat_generation", "Number of this life of the node.", false, func(d document) (float64, bool) { return float64(d.Daemon.Generation), true }},
		{"heartbeat_stopping", "Whether heartbeat is giving up its resources to end.", false, func(d document) (float64, bool) { return yes(d.Daemon.Stopping) }},
		{"heartbeat_keepalive_seconds", "Time between heartbeats, as configured.", false, func(d document) (float64, bool) { return millis(d.Daemon.Keepalive) }},
		{"heartbeat_resources_settled", "Whether resources are at rest, not in transition.", false, func(d document) (float64, bool) { return yes(d.Resources.Settled) }},
		{"heartbeat_resources_local", "Whether this node holds its own resources.", false, func(d document) (float64, bool) { return yes(holds(d, "local")) }},
		{"heartbeat_resources_foreign", "Whether this node holds the resources of the other one.", false, func(d document) (float64, bool) { return yes(holds(d, "foreign")) }},
		{"heartbeat_resources_changed_timestamp_seconds", "When what this node holds changed last, seconds since 1970.", false, func(d document) (float64, bool) { return unix(d.Resources.Since) }},
		{"heartbeat_clients", "Programs signed on to the client API.", false, func(d document) (float64, bool) { return number(len(d.Clients)) }},
		{"heartbeat_jobs", "Resource work that is going on or waits.", false, func(d document) (float64, bool) { return number(len(d.Jobs)) }},
	}
}

func holds(d document, kind string) bool {
	return d.Resources.Holds == kind || d.Resources.Holds == "all"
}

func nodeMetrics() []metric[node] {
	return []metric[node]{
		{"heartbeat_node_up", "Whether a node is active, or a ping node answers.", false, func(n node) (float64, bool) { return yes(n.Status == "active" || n.Status == "ping") }},
		{"heartbeat_node_changed_timestamp_seconds", "When the status of a node changed last, seconds since 1970.", false, func(n node) (float64, bool) { return unix(n.Since) }},
		{"heartbeat_node_silence_seconds", "Time since the last status of another node.", false, func(n node) (float64, bool) { return other(n, n.Age) }},
		{"heartbeat_node_deadtime_seconds", "Silence after which another node is dead.", false, func(n node) (float64, bool) { return other(n, n.Deadtime) }},
		{"heartbeat_node_missing_messages", "Messages of another node that have been asked for again.", false, func(n node) (float64, bool) { return float64(n.Missing), !n.Self }},
	}
}

// other is a time of another node.
func other(n node, ms int64) (float64, bool) {
	value, there := millis(ms)
	return value, there && !n.Self
}

func pathMetrics() []metric[path] {
	return []metric[path]{
		{"heartbeat_path_up", "Whether a path to a node works.", false, func(p path) (float64, bool) { return yes(p.Up) }},
		{"heartbeat_path_silence_seconds", "Time since anything came over a path.", false, func(p path) (float64, bool) { return millis(p.Age) }},
		{"heartbeat_path_interval_seconds", "Mean time between heartbeats on a path.", false, func(p path) (float64, bool) { return float64(p.Interval) / 1e3, p.Count > 1 }},
		{"heartbeat_path_jitter_seconds", "Mean deviation from that time.", false, func(p path) (float64, bool) { return float64(p.Jitter) / 1e6, p.Count > 1 }},
		{"heartbeat_path_received_total", "Heartbeats that came over a path.", true, func(p path) (float64, bool) { return number(p.Count) }},
	}
}

func groupMetrics() []metric[group] {
	return []metric[group]{
		{"heartbeat_group_held", "Whether a node holds a resource group.", false, func(g group) (float64, bool) { return yes(g.Holder == g.node) }},
	}
}

// Heartbeat returns the families of a document.
func Heartbeat(d *state.Document) []Family {
	var nodes []labelled[node]
	var paths []labelled[path]
	add := func(list []state.Node, kind string) {
		for i := range list {
			n := &list[i]
			nodes = append(nodes, labelled[node]{n, labels("node", n.Name, "type", kind)})
			for j := range n.Paths {
				paths = append(paths, labelled[path]{&n.Paths[j], labels("node", n.Name, "path", n.Paths[j].Name)})
			}
		}
	}
	add(d.Nodes, "normal")
	add(d.Pings, "ping")
	var groups []labelled[group]
	for i := range d.Resources.Groups {
		g := &d.Resources.Groups[i]
		for _, n := range d.Nodes {
			groups = append(groups, labelled[group]{group{g, n.Name}, labels("node", n.Name, "owner", g.Owner, "resources", strings.Join(g.Words, " "))})
		}
	}
	info := metric[document]{"heartbeat_info", "Names the node and the program; always 1.", false, func(document) (float64, bool) { return 1, true }}
	all := families([]metric[document]{info}, []labelled[document]{{d, labels("auto_failback", d.Daemon.Failback, "node", d.Daemon.Node, "program", d.Daemon.Program, "version", d.Daemon.Version)}})
	all = append(all, families(daemonMetrics(), []labelled[document]{{of: d}})...)
	all = append(all, families(nodeMetrics(), nodes)...)
	all = append(all, families(pathMetrics(), paths)...)
	return append(all, families(groupMetrics(), groups)...)
}
