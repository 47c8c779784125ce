package resmgr

import (
	"context"
	"fmt"
	"strings"

	"systole/pkg/hamsg"
)

// MachDown takes over the groups of a node that died or left, and returns the messages that tell
// so (failover spec 5). info is the field of the message about the node: a ping node has nothing
// to take over. nice says that auto_failback is on or off, not legacy.
func (m *Manager) MachDown(ctx context.Context, node, info string, nice bool) []*hamsg.Message {
	if strings.EqualFold(node, m.Node) || strings.Contains(info, "ping") {
		return nil
	}
	log := m.Logs("mach_down", "")
	for _, key := range m.ListKeys(node) {
		log.Log("info: Taking over resource group " + key)
		m.Take(ctx, key)
	}
	var send []*hamsg.Message
	if nice {
		log.Log("info: /usr/share/heartbeat/mach_down: nice_failback: foreign resources acquired")
		send = []*hamsg.Message{hamsg.New("t", "resource", "rsc_hold", Foreign, "info", "mach_down")}
	}
	log.Log(fmt.Sprintf("info: mach_down takeover complete for node %s.", node))
	return send
}
