package hbapi

import "encoding/base64"

// fakeView is a cluster of two nodes and a ping node.
type fakeView struct {
	node      string
	nodes     []NodeInfo
	params    map[string]string
	resources string
}

func (v *fakeView) Node() string                     { return v.node }
func (v *fakeView) Nodes() []NodeInfo                { return v.nodes }
func (v *fakeView) Param(name string) (string, bool) { s, ok := v.params[name]; return s, ok }
func (v *fakeView) ResourceState() string            { return v.resources }

const (
	active  = "lvsactive.gunnm.xyz"
	standby = "lvsstandby.gunnm.xyz"
	gateway = "121.254.175.65"
)

// pairView is the pair as one of its nodes sees it: its link to itself is dead, since nobody
// hears his own ucast packets.
func pairView(node string) *fakeView {
	links := map[string]string{active: "up", standby: "up"}
	links[node] = "dead"
	v := &fakeView{node: node, resources: "local", params: map[string]string{
		"cluster": "linux-ha", "hopfudge": "1", "keepalive": "1", "deadtime": "5", "deadping": "5000ms",
		"warntime": "2500ms", "initdead": "8", "baud": "19200", "udpport": "694", "auto_failback": "on",
		"hbgenmethod": "file", "realtime": "true", "debug": "0", "logfile": "/var/log/ha.log",
		"debugfile": "/var/log/ha-debug.log", "pacemaker": "false",
	}}
	for _, name := range []string{active, standby} {
		v.nodes = append(v.nodes, NodeInfo{Name: name, Type: NormalNode, Status: "active", Weight: 100,
			Links: []LinkInfo{{"eth0", links[name]}}})
	}
	uuid, _ := base64.StdEncoding.DecodeString("wiNr51jUReauWmwx6Jk8vw==")
	v.nodes[0].UUID = [16]byte(uuid)
	v.nodes = append(v.nodes, NodeInfo{Name: gateway, Type: PingNode, Status: "ping", Weight: 100,
		Links: []LinkInfo{{gateway, "up"}}})
	return v
}

// recordedView is the pair as the node of a recording saw it.
func recordedView(lines []recording) *fakeView {
	for _, l := range lines {
		if body, n, err := DecodeFrame(l.bytes); n > 0 && err == nil {
			if m, err := ParseBody(body); err == nil && m.Get("dest") == standby {
				return pairView(standby)
			}
			return pairView(active)
		}
	}
	return pairView(active)
}
