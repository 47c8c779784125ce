package resmgr

import (
	"context"
	"fmt"

	"systole/pkg/hamsg"
)

// Standby returns the message that asks for a standby of this node (hb_standby, failover spec 5).
// what is all, foreign, local or failback, which means foreign; "" means all. ok is false for any
// other word.
func (m *Manager) Standby(what string) (msg *hamsg.Message, ok bool) {
	switch what {
	case "":
		what = All
	case "failback":
		what = Foreign
	case All, Local, Foreign:
	default:
		return nil, false
	}
	m.Logs("hb_standby", "").Log(fmt.Sprintf("Going standby [%s].", what))
	return hamsg.New("t", "ask_resources", "rsc_hold", what, "info", "me"), true
}

// hbTakeover gives the peer what it wants to take: seen from here, its local is our foreign.
func hbTakeover(_ context.Context, h *Harc, e event) []*hamsg.Message {
	if e.field("src") == h.Node {
		return nil
	}
	what := e.field("rsc_hold")
	switch what {
	case Local:
		what = Foreign
	case Foreign:
		what = Local
	case "failback":
		what = "" // as the original passes it on: all
	}
	if msg, ok := h.Standby(what); ok {
		return []*hamsg.Message{msg}
	}
	return nil
}
