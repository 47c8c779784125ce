package metrics

import (
	"systole/pkg/state"
)

type (
	director = *state.Director
	virtual  = *state.Virtual
	counters = *state.Counters
	real     = *state.Real
)

func directorMetrics() []metric[director] {
	return []metric[director]{
		{"ldirectord_start_time_seconds", "When ldirectord was started, seconds since 1970.", false, func(d director) (float64, bool) { return unix(d.Started) }},
		{"ldirectord_refused_changes", "Changes of the virtual server table that the kernel refuses.", false, func(d director) (float64, bool) { return number(len(d.Problems)) }},
		{"ldirectord_orders", "Orders of operators in force: drain, disable, weight.", false, func(d director) (float64, bool) { return number(len(d.Orders)) }},
	}
}

func virtualMetrics() []metric[virtual] {
	return []metric[virtual]{
		{"ldirectord_virtual_fallback", "Whether a virtual service is served by its fallback.", false, func(v virtual) (float64, bool) { return yes(v.FallbackUsed && v.Fallback != "") }},
		{"ldirectord_virtual_panic", "Whether so few real servers of a virtual service are up that all stay in service (systole_panic).", false, func(v virtual) (float64, bool) { return yes(v.Panic) }},
		{"ldirectord_virtual_serving_servers", "Real servers of a virtual service that get new connections; in a panic those that are down too.", false, func(v virtual) (float64, bool) { return serving(v) }},
		{"ldirectord_virtual_servers", "Real servers of a virtual service.", false, func(v virtual) (float64, bool) { return number(len(v.Reals)) }},
	}
}

func serving(v virtual) (float64, bool) {
	n := 0
	for i := range v.Reals {
		if r := &v.Reals[i]; r.Listed && r.Weight > 0 {
			n++
		}
	}
	return number(n)
}

// counted are the kernel's counters, of virtual services and of real servers.
func counted(prefix, of string) []metric[counters] {
	return []metric[counters]{
		{prefix + "_active_connections", "Active connections of a " + of + ".", false, func(c counters) (float64, bool) { return number(c.Active) }},
		{prefix + "_inactive_connections", "Inactive connections of a " + of + ".", false, func(c counters) (float64, bool) { return number(c.Inactive) }},
		{prefix + "_connections_total", "Connections scheduled to a " + of + ".", true, func(c counters) (float64, bool) { return number(c.Conns) }},
		{prefix + "_received_packets_total", "Packets to a " + of + ".", true, func(c counters) (float64, bool) { return number(c.InPkts) }},
		{prefix + "_sent_packets_total", "Packets from a " + of + "; none with gate and ipip.", true, func(c counters) (float64, bool) { return number(c.OutPkts) }},
		{prefix + "_received_bytes_total", "Bytes to a " + of + ".", true, func(c counters) (float64, bool) { return number(c.InBytes) }},
		{prefix + "_sent_bytes_total", "Bytes from a " + of + "; none with gate and ipip.", true, func(c counters) (float64, bool) { return number(c.OutBytes) }},
	}
}

func realMetrics() []metric[real] {
	return []metric[real]{
		{"ldirectord_real_up", "Whether a real server is up, as its checks have it.", false, func(r real) (float64, bool) { return yes(r.Up) }},
		{"ldirectord_real_held", "Whether operators or maintenance keep new connections from a real server.", false, func(r real) (float64, bool) { return yes(r.Held()) }},
		{"ldirectord_real_flap_held", "Whether a real server is held out of service because it fell too often (systole_flap_hold).", false, func(r real) (float64, bool) { return yes(!r.HeldUntil.IsZero()) }},
		{"ldirectord_real_flap_held_until_timestamp_seconds", "Until when a real server is held out of service that fell too often, seconds since 1970.", false, func(r real) (float64, bool) { return unix(r.HeldUntil) }},
		{"ldirectord_real_path_fault", "Whether the way to the virtual address on a real server is broken, or could not be checked (systole_path_check).", false, func(r real) (float64, bool) { return yes(r.Path != "") }},
		{"ldirectord_real_slow_start", "Whether the weight of a real server that came back still grows (systole_slow_start).", false, func(r real) (float64, bool) { return yes(r.Growing) }},
		{"ldirectord_real_weight", "Weight of a real server in the kernel's table; 0 when it is not in it.", false, func(r real) (float64, bool) { return number(r.Weight) }},
		{"ldirectord_real_configured_weight", "Weight of a real server in ldirectord.cf.", false, func(r real) (float64, bool) { return number(r.Configured) }},
		{"ldirectord_real_changed_timestamp_seconds", "When the checks of a real server changed their mind last, seconds since 1970.", false, func(r real) (float64, bool) { return unix(r.Since) }},
		{"ldirectord_real_failed_checks", "Failed checks in a row that have not taken a real server down yet.", false, func(r real) (float64, bool) { return number(r.Failures) }},
		{"ldirectord_real_check_duration_seconds", "How long the last check of a real server took.", false, func(r real) (float64, bool) { return float64(r.Took) / 1e6, !r.Checked.IsZero() }},
		{"ldirectord_real_check_timestamp_seconds", "When the last check of a real server ended, seconds since 1970.", false, func(r real) (float64, bool) { return unix(r.Checked) }},
	}
}

// Director returns the families of a director.
func Director(d *state.Director) []Family {
	var virtuals []labelled[virtual]
	var ofVirtuals, ofReals []labelled[counters]
	var reals []labelled[real]
	for i := range d.Virtuals {
		v := &d.Virtuals[i]
		tags := labels("virtual", v.ID)
		virtuals = append(virtuals, labelled[virtual]{v, tags})
		ofVirtuals = append(ofVirtuals, labelled[counters]{&v.Counters, tags})
		seen := map[string]bool{}
		for j := range v.Reals {
			r := &v.Reals[j]
			if seen[r.Name] {
				continue // two lines of one server have one place in the table
			}
			seen[r.Name] = true
			tags := labels("real", r.Name, "virtual", v.ID)
			reals = append(reals, labelled[real]{r, tags})
			ofReals = append(ofReals, labelled[counters]{&r.Counters, tags})
		}
	}
	info := metric[director]{"ldirectord_info", "Names the configuration and the phase; always 1.", false, func(director) (float64, bool) { return 1, true }}
	all := families([]metric[director]{info}, []labelled[director]{{d, labels("config", d.Config, "name", d.Name, "phase", d.Phase)}})
	all = append(all, families(directorMetrics(), []labelled[director]{{of: d}})...)
	all = append(all, families(virtualMetrics(), virtuals)...)
	all = append(all, families(realMetrics(), reals)...)
	if !d.Counted {
		return all
	}
	all = append(all, families(counted("ldirectord_virtual", "virtual service"), ofVirtuals)...)
	return append(all, families(counted("ldirectord_real", "real server"), ofReals)...)
}
