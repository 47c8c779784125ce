package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"systole/pkg/hamsg"
)

// header is what the tests of a received message need.
type header struct {
	typ, src string
	seq, gen uint64
	ns       bool
	link     string // name of the link it came over, for the log
}

// receive runs a message of another node through the tests of wire spec 6.1, in its order.
func (m *Machine) receive(e Recv) {
	h, ok := m.parseHeader(e)
	if !ok {
		return
	}
	n := m.find(h.src)
	if n == nil || n.ping {
		m.stranger(h)
		return
	}
	m.linkHeard(n, h.link, e.At)
	if n == m.self || m.shut.done {
		return // our own message over a medium that hears itself
	}
	m.learnUUID(n, e.Msg)
	if h.ns {
		m.control(n, h, e.Msg)
		return
	}
	if !m.admit(n, h, e) {
		return
	}
	if m.forUs(e.Msg) {
		m.arrival, m.arrivalSeq = e.At, h.seq
		m.dispatch(n, e.Msg)
	}
	m.acknowledge(n)
}

// parseHeader checks that the fields that every message must have are there and well formed.
func (m *Machine) parseHeader(e Recv) (h header, ok bool) {
	h = header{typ: e.Msg.Type(), src: strings.ToLower(e.Msg.Get("src")), link: "?"}
	if e.Link >= 0 && e.Link < len(m.cfg.Links) {
		h.link = m.cfg.Links[e.Link].Name
	}
	ts := e.Msg.Get("ts")
	if h.src == "" || ts == "" || h.typ == "" {
		m.malformed(fmt.Sprintf("missing from/ts/type: iface %s, from %s", h.link, orUnknown(h.src)))
		return h, false
	}
	h.ns = strings.HasPrefix(h.typ, "NS_")
	if !m.parseSeq(&h, e.Msg) {
		return h, false
	}
	stamp, err := strconv.ParseUint(ts, 16, 64)
	if err != nil || stamp == 0 {
		return h, false
	}
	h.gen, _ = strconv.ParseUint(e.Msg.Get("hg"), 16, 64)
	return h, true
}

func (m *Machine) parseSeq(h *header, msg *hamsg.Message) bool {
	text, have := msg.Lookup("seq")
	if !have {
		if !h.ns {
			m.malformed(fmt.Sprintf("missing seqno: iface %s, from %s", h.link, h.src))
		}
		return h.ns
	}
	seq, err := strconv.ParseUint(text, 16, 64)
	if err != nil && !h.ns {
		m.malformed(fmt.Sprintf("has bad cseq: iface %s, from %s", h.link, h.src))
		return false
	}
	if seq == 0 && !h.ns {
		if m.seldom("seq0") {
			m.log(Error, "should_drop_message: bad sequence number")
		}
		return false
	}
	h.seq = seq
	return true
}

func orUnknown(name string) string {
	if name == "" {
		return "<?>"
	}
	return name
}

func (m *Machine) malformed(what string) {
	if m.seldom("malformed") {
		m.log(Error, "process_clustermsg: "+what)
	}
}

func (m *Machine) stranger(h header) {
	if m.seldom("stranger " + h.src) {
		m.log(Error, fmt.Sprintf("process_status_message: bad node [%s] in message", h.src))
	}
}

// learnUUID takes over a peer's uuid. A name that does not fit a known uuid does not rename
// the node, unlike the original: the configured name decides.
func (m *Machine) learnUUID(n *node, msg *hamsg.Message) {
	raw := msg.Get("srcuuid")
	if len(raw) != len(n.uuid) || raw == string(n.uuid[:]) {
		return
	}
	known := n.uuid != [16]byte{}
	copy(n.uuid[:], raw)
	if known {
		m.log(Info, fmt.Sprintf("node %s changed its uuid to %s", n.name, formatUUID(n.uuid)))
	}
}

func formatUUID(u [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

// forUs says whether a message is addressed to this node, or to all.
func (m *Machine) forUs(msg *hamsg.Message) bool {
	if uuid := msg.Get("destuuid"); len(uuid) == 16 && uuid != string(make([]byte, 16)) {
		return uuid == string(m.cfg.UUID[:])
	}
	dest, have := msg.Lookup("dest")
	return !have || dest == "" || strings.EqualFold(dest, m.cfg.Node)
}

// admit decides by generation and sequence number whether a message is new (wire spec 5.5,
// 5.6 and 6.1). It notices restarts and returns after a partition on the way.
func (m *Machine) admit(n *node, h header, e Recv) bool {
	if h.gen < n.gen {
		if m.seldom("replay " + n.name) {
			m.log(Error, fmt.Sprintf("should_drop_message: attempted replay attack [%s]? [gen = %d, curgen = %d]",
				n.name, h.gen, n.gen))
		}
		return false
	}
	if h.typ == "status" {
		m.noticeLife(n, h, e)
	}
	return m.sequence(n, h.seq)
}

// noticeLife looks at the generation of a status.
func (m *Machine) noticeLife(n *node, h header, e Recv) {
	switch {
	case h.gen > n.gen:
		if n.gen != 0 {
			m.log(Info, "Heartbeat restart on node "+n.name)
		}
		m.newLife(n, h.gen)
	case n.status == statusDead && !n.gaveUp && (n.recv.fresh || h.seq > n.recv.last):
		m.returnAfterPartition(n, e.Msg)
	}
}

// newLife forgets what belonged to a peer's former life, and greets the new one with a status
// of ours so that it need not wait for our next heartbeat.
func (m *Machine) newLife(n *node, gen uint64) {
	first := n.gen == 0
	n.gen = gen
	n.recv.reset()
	n.ackseq, n.statusSeq, n.reportSeq = 0, 0, 0
	n.gaveUp = false
	n.heard = false // the pause before a new life is no late heartbeat
	n.peer = peer{}
	if !first {
		m.res.peerRestarted(n)
		m.dropPrepared()
		m.undo(m.res.prepared)
		m.res.prepared = HoldNone
		m.cancelStandby()
	}
	if m.self.status != statusInit {
		m.sendStatus()
	}
}

// dispatch acts on a message that was taken, ours included.
func (m *Machine) dispatch(n *node, msg *hamsg.Message) {
	own := n == m.self
	switch msg.Type() {
	case "status":
		if !own {
			m.peerStatus(n, msg)
		}
		return
	case "reqnodes":
		m.answerNodeList(n)
		return
	case "repnodes":
		m.nodeListArrived(n, own, msg)
		return
	case typeReady:
		if !own {
			m.takerReady()
		}
		return
	case "query-cstatus":
		m.do(Query{msg})
		return
	case "addnode":
		m.addNodes(msg)
		return
	case "delnode":
		m.deleteNodes(msg)
		return
	case "setweight", "setsite":
		m.describeNode(msg)
		return
	}
	m.do(Notify{msg})
	m.resourceMessage(n, own, msg)
}

// resourceMessage acts on the messages that move resources, and hands the rest to scripts.
func (m *Machine) resourceMessage(n *node, own bool, msg *hamsg.Message) {
	if m.cfg.NoResources {
		return
	}
	if _, fromClient := msg.Lookup("from_id"); fromClient && msg.Type() != "ask_resources" {
		return // clients may ask for standby; everything else is between daemons
	}
	switch msg.Type() {
	case "starting":
		m.peerStarting(n, own)
	case "resource":
		m.resourceReport(n, own, msg)
	case "ask_resources":
		m.askResources(n, own, msg)
	case "shutdone":
		m.shutDone(n, own)
	case "ip-request-resp":
		m.queueScript(msg)
	case "ip-request", "hb_takeover":
		if !own || msg.Type() == "hb_takeover" {
			m.queueScript(msg)
		}
	case "stonith", "hbapi-clstat", "respond-cstatus":
	default:
		m.queueScript(msg)
	}
}

// peerStatus takes a status of another node (wire spec 5.2, 5.3).
func (m *Machine) peerStatus(n *node, msg *hamsg.Message) {
	st, have := msg.Lookup("st")
	if !have {
		m.log(Error, "HBDoMsg_T_STATUS: status update without st field")
		return
	}
	if m.arrivalSeq < n.statusSeq {
		return // asked for and sent again: newer ones are known
	}
	n.statusSeq = m.arrivalSeq
	if dt, err := strconv.ParseInt(msg.Get("dt"), 16, 64); err == nil && dt > 0 && dt < 1<<40 {
		n.deadtime = time.Duration(dt) * time.Millisecond
	}
	m.readPeerFields(n, msg)
	m.noteLate(n)
	n.last = m.arrival
	n.heard = true
	if len(st) > 31 {
		st = st[:31]
	}
	m.statusChanged(n, status(st), msg)
	if m.arrivalSeq == n.recv.last { // an old status says what was held once
		m.abandonedStandby(n)
		m.followSettled(n)
		m.settleConflict(n)
	}
	m.checkComm()
}

// statusChanged makes a node's new status known. After its shutdone a node goes on saying
// active for two seconds; that is not a return.
func (m *Machine) statusChanged(n *node, st status, msg *hamsg.Message) {
	if n.status == st {
		return
	}
	if n.status == statusDead && n.peer.systole && !m.cfg.Options.NoHeal {
		m.withdrawRequest()
	}
	n.status = st
	m.log(Info, fmt.Sprintf("Status update for node %s: status %s", n.name, st))
	m.do(Notify{msg})
	if !n.ping {
		m.queueScript(msg)
		m.peerBecame(n)
	}
}
