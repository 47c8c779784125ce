package resmgr

import (
	"context"
	"fmt"

	"systole/pkg/hamsg"
)

// Request asks for a group of our own (req_resource, failover spec 5) and returns the message:
// none if its key resource is held; with ask false the permission we give ourselves, which is
// acted on when it comes back; with ask true, with auto_failback legacy and a live peer, the
// question to the peer.
func (m *Manager) Request(ctx context.Context, key string, ask bool) []*hamsg.Message {
	if m.Status(ctx, key) {
		return nil
	}
	if ask {
		return []*hamsg.Message{hamsg.New("t", "ip-request", "ipaddr", key)}
	}
	return []*hamsg.Message{permission(m.Node, key, true)}
}

// permission is the message by which a node may take a group.
func permission(node, key string, held bool) *hamsg.Message {
	weown := "no"
	if held {
		weown = "yes"
	}
	return hamsg.New("t", "ip-request-resp", "dest", node, "ipaddr", key, "weown", weown, "ok", "OK")
}

// ipRequest answers the peer's question for a group: what we hold is given up first.
func ipRequest(ctx context.Context, h *Harc, e event) []*hamsg.Message {
	asker, key := e.field("src"), e.field("ipaddr")
	if asker == h.Node {
		return nil
	}
	held := h.Status(ctx, key)
	if held {
		h.localGive(ctx, e)
		h.Give(ctx, key)
	}
	return []*hamsg.Message{permission(asker, key, held)}
}

// ipRequestResp takes a group that may be taken.
func ipRequestResp(ctx context.Context, h *Harc, e event) []*hamsg.Message {
	key, ok := e.field("ipaddr"), e.field("ok")
	h.Logs("ip-request-resp", "").Log(fmt.Sprintf("received ip-request-resp %s %s %s", key, ok, e.field("weown")))
	if ok == "OK" {
		h.Take(ctx, key)
	}
	return nil
}
