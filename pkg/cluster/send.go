package cluster

import (
	"strconv"

	"systole/pkg/hamsg"
)

// isNS says whether a message type is outside the sequence: acks, retransmit requests.
func isNS(msg *hamsg.Message) bool {
	t := msg.Type()
	return len(t) > 3 && t[:3] == "NS_"
}

// send completes msg as wire spec 3 says, puts it on the media and queues it for ourselves.
func (m *Machine) send(msg *hamsg.Message) {
	m.complete(msg)
	if !isNS(msg) {
		m.remember(msg)
	}
	m.do(Send{msg})
	if !isNS(msg) {
		m.loop = append(m.loop, msg)
	}
}

// complete adds the fields that the daemon adds to every message, in the original's order.
func (m *Machine) complete(msg *hamsg.Message) {
	ns := isNS(msg)
	set := func(name, value string) {
		if _, have := msg.Lookup(name); !have || !ns {
			msg.Set(name, value)
		}
	}
	if dest, ok := msg.Lookup("dest"); ok {
		if n := m.find(dest); n != nil {
			msg.SetBinary("destuuid", string(n.uuid[:]))
		}
	}
	set("src", m.cfg.Node)
	msg.SetBinary("srcuuid", string(m.cfg.UUID[:]))
	if !ns {
		m.seq++
		msg.Set("seq", strconv.FormatUint(m.seq, 16))
	}
	set("hg", strconv.FormatUint(m.cfg.Generation, 16))
	set("ts", m.timestamp())
	if !ns {
		msg.Set("ld", m.load)
	}
	set("ttl", strconv.Itoa(m.cfg.HopFudge+len(m.nodes)))
}

func (m *Machine) timestamp() string { return strconv.FormatInt(m.now.Unix(), 16) }

// kept is a sent message that peers may ask for again.
type kept struct {
	seq  uint64
	msg  *hamsg.Message
	sent int64 // machine time of the last transmission, nanoseconds
}

func (m *Machine) remember(msg *hamsg.Message) {
	m.history[m.seq%historySize] = kept{m.seq, msg, m.now.UnixNano()}
}

// local takes a message of our own scripts or clients into the cluster. Existing src and the
// like are overwritten: nobody on this node speaks for another one.
func (m *Machine) local(msg *hamsg.Message) {
	if msg.Type() == "" {
		m.log(Error, "Invalid message in send_cluster_msg: Invalid argument")
		return
	}
	if isNS(msg) {
		m.log(Warn, "ignoring message of type "+msg.Type()+" from a local program")
		return
	}
	if m.refusesStandby(msg) {
		return
	}
	m.sendReasoned(msg)
}
