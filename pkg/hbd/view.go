package hbd

import (
	"strconv"

	"systole/pkg/hbapi"
)

// view is the cluster as API clients see it.
type view struct{ d *beatDaemon }

func (v view) Node() string          { return v.d.cfg.Node }
func (v view) ResourceState() string { return v.d.machine.ResourceState() }

func (v view) Param(name string) (string, bool) { return v.d.cfg.Param(name) }

func (v view) Nodes() []hbapi.NodeInfo {
	nodes := v.d.machine.Nodes()
	infos := make([]hbapi.NodeInfo, 0, len(nodes))
	for _, n := range nodes {
		info := hbapi.NodeInfo{Name: n.Name, Type: hbapi.NormalNode, Status: n.Status, Site: n.Site, UUID: n.UUID}
		if n.Ping {
			info.Type = hbapi.PingNode
		}
		info.Weight, _ = strconv.Atoi(n.Weight)
		for _, l := range n.Links {
			info.Links = append(info.Links, hbapi.LinkInfo{Name: l.Name, Status: linkStatus(l.Up)})
		}
		infos = append(infos, info)
	}
	return infos
}

func linkStatus(up bool) string {
	if up {
		return "up"
	}
	return "dead"
}
