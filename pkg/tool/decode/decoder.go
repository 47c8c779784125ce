package decode

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"systole/pkg/authkeys"
	"systole/pkg/hamsg"
	"systole/pkg/hamsg/pcap"
)

// haPort is where heartbeat listens unless udpport says otherwise (wire spec 7.1).
const haPort = 694

// maxNodes bounds the nodes that are followed; names can be forged.
const maxNodes = 1024

// Decoder reads the datagrams of one capture in order.
type Decoder struct {
	Keys  *authkeys.Keyring // nil: nothing is verified
	Ports map[uint16]bool   // where heartbeat is, besides 694 and ports that carried a message

	nodes map[string]*track
}

// Decode tells what a datagram is. It says false for what is none of heartbeat's: other ports,
// plain pings.
func (d *Decoder) Decode(dg *pcap.Datagram) (Entry, bool) {
	e := newEntry(dg)
	m, form, err := parse(dg.Payload)
	if errors.Is(err, hamsg.ErrForm) {
		if dg.Echo() || !d.ours(dg) {
			return e, false
		}
		e.mark(NotHeartbeat, "%d bytes", len(dg.Payload))
		return e, true
	}
	e.Form = form
	d.learn(dg)
	if err != nil {
		e.mark(Malformed, "%v", err)
		return e, true
	}
	m = d.open(&e, m, dg.Payload)
	e.Node, e.Type, e.Fields = m.Get("src"), m.Type(), readable(m)
	e.Gen, _ = strconv.ParseUint(m.Get("hg"), 16, 64)
	e.Seq, _ = strconv.ParseUint(m.Get("seq"), 16, 64)
	if e.Echo == "" && !e.refused() {
		d.follow(&e, m)
	}
	return e, true
}

func parse(b []byte) (m *hamsg.Message, form string, err error) {
	m, _, err = hamsg.Parse(b)
	form = "text"
	if len(b) > 0 && b[0] == '#' {
		form = "netstring"
	}
	return m, form, err
}

func (d *Decoder) ours(dg *pcap.Datagram) bool {
	port := dg.Dst.Port()
	return dg.Protocol == pcap.UDP && (port == haPort || d.Ports[port])
}

// learn remembers the port of a message: udpport and mcast lines choose their own.
func (d *Decoder) learn(dg *pcap.Datagram) {
	if dg.Protocol != pcap.UDP {
		return
	}
	if d.Ports == nil {
		d.Ports = map[uint16]bool{}
	}
	d.Ports[dg.Dst.Port()] = true
}

// open verifies and unpacks a message. One that fails is returned as it was parsed.
func (d *Decoder) open(e *Entry, m *hamsg.Message, payload []byte) *hamsg.Message {
	if algorithm, packed := m.Lookup("_compression_algorithm"); packed {
		e.mark(Packed, "%s", algorithm)
	}
	keys := d.Keys
	e.Signature = signatureGood
	if keys == nil {
		// Open unpacks nothing that is not signed: sign it with a key of our own.
		keys = &authkeys.Keyring{Keys: [authkeys.MaxKeys]authkeys.Key{{Method: authkeys.CRC}}}
		payload = hamsg.Seal(m, keys, false)
		e.Signature = signatureUnchecked
	}
	opened, err := hamsg.Open(payload, keys)
	var auth *hamsg.AuthError
	switch {
	case err == nil:
		return opened
	case errors.As(err, &auth):
		e.Signature = signatureBad
		e.mark(BadSignature, "%v", auth.Err)
	default:
		e.mark(Malformed, "%v", err)
	}
	return m
}

// follow does what a receiver does with an authenticated message (wire spec 6.1).
func (d *Decoder) follow(e *Entry, m *hamsg.Message) {
	if what := lacks(m); what != "" {
		e.mark(Malformed, "%s", what)
		return
	}
	if e.Type == "NS_rexmit" {
		d.node(m.Get("dest")).ask(m.Get("firstseq"), m.Get("lastseq"))
	}
	if control(m) {
		return
	}
	t := d.node(e.Node)
	e.Marks = append(e.Marks, t.generation(e.Gen, e.Type == "status")...)
	if e.refused() {
		return
	}
	e.Marks = append(e.Marks, t.sequence(e.Seq, e.link())...)
	if _, there := m.Lookup("st"); e.Type == "status" && !there {
		e.mark(Malformed, "no st") // noticed only when its number is counted
	}
}

// control says whether a message is one of those that have no sequence number.
func control(m *hamsg.Message) bool { return strings.HasPrefix(m.Type(), "NS_") }

// lacks says which of the fields that every message must have is not there or no number.
func lacks(m *hamsg.Message) string {
	for _, name := range []string{"src", "t", "ts"} {
		if m.Get(name) == "" {
			return "no " + name
		}
	}
	numbers := []string{"ts"}
	if !control(m) {
		numbers = append(numbers, "seq")
	}
	for _, name := range numbers {
		value, there := m.Lookup(name)
		n, err := strconv.ParseUint(value, 16, 64)
		switch {
		case !there:
			return "no " + name
		case err != nil || n == 0:
			return fmt.Sprintf("bad %s %q", name, value)
		}
	}
	return ""
}

func (d *Decoder) node(name string) *track {
	name = strings.ToLower(name)
	if t, ok := d.nodes[name]; ok {
		return t
	}
	if d.nodes == nil || len(d.nodes) >= maxNodes {
		d.nodes = map[string]*track{}
	}
	t := newTrack()
	d.nodes[name] = t
	return t
}
