package hbapi

// View is what the client API tells about the cluster, as the cluster machine knows it now.
type View interface {
	Node() string                     // our own node name
	Nodes() []NodeInfo                // in the order of ha.cf, ping nodes last
	Param(name string) (string, bool) // a parameter of tools spec 8.12, as spelt by the user
	ResourceState() string            // none, local, foreign, all or transition
}

// Node types.
const (
	NormalNode = "normal"
	PingNode   = "ping"
)

// NodeInfo is one node of the cluster.
type NodeInfo struct {
	Name   string
	Type   string // NormalNode or PingNode
	Status string // init, up, active, dead or ping
	Weight int
	Site   string
	UUID   [16]byte // zero while unknown
	Links  []LinkInfo
}

// LinkInfo is one link to a node: all media but ping ones in the order of ha.cf, or the one link
// of a ping node, named like the node.
type LinkInfo struct {
	Name   string // the interface
	Status string // up or dead
}

func findNode(v View, name string) (NodeInfo, bool) {
	for _, n := range v.Nodes() {
		if n.Name == name {
			return n, true
		}
	}
	return NodeInfo{}, false
}
