package decode

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"systole/pkg/hamsg"
	"systole/pkg/hamsg/pcap"
)

// Entry is what is told about one datagram.
type Entry struct {
	Frame     int       `json:"frame"`
	At        time.Time `json:"time"`
	Medium    string    `json:"medium"` // udp, mcast or ping, and with 6 behind for IPv6; bcast
	From      string    `json:"from"`
	To        string    `json:"to"`
	Port      uint16    `json:"port,omitempty"` // destination of UDP
	Echo      string    `json:"echo,omitempty"` // of ping: request or reply
	Size      int       `json:"size"`           // of the payload in bytes
	Form      string    `json:"form,omitempty"` // netstring or text
	Signature string    `json:"signature,omitempty"`
	Node      string    `json:"node,omitempty"` // src, as written
	Type      string    `json:"type,omitempty"`
	Gen       uint64    `json:"generation,omitempty"`
	Seq       uint64    `json:"seq,omitempty"`
	Fields    []Value   `json:"fields,omitempty"`
	Marks     []Mark    `json:"marks,omitempty"`
}

// Value is a field worth reading, made readable.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// The signatures of an Entry.
const (
	signatureGood      = "good"
	signatureBad       = "bad"
	signatureUnchecked = "unchecked" // there were no keys
)

// newEntry tells where a datagram went.
func newEntry(d *pcap.Datagram) Entry {
	e := Entry{Frame: d.Frame, At: d.At, From: d.Src.Addr().String(), To: d.Dst.Addr().String(),
		Port: d.Dst.Port(), Size: len(d.Payload), Medium: mediumOf(d)}
	if d.Echo() {
		e.Echo = "request"
		if d.Type == 0 || d.Type == 129 {
			e.Echo = "reply"
		}
	}
	if d.Fragments > 0 {
		e.Marks = append(e.Marks, Mark{Fragments, strconv.Itoa(d.Fragments)})
	}
	return e
}

// mediumOf guesses the medium by the address: a capture does not tell which directive it was. A
// directed broadcast is known by its last byte, which is right for networks of /24 and larger.
func mediumOf(d *pcap.Datagram) string {
	to := d.Dst.Addr()
	six := ""
	if to.Is6() {
		six = "6"
	}
	switch {
	case d.Echo():
		return "ping" + six
	case to.IsMulticast():
		return "mcast" + six
	case to == netip.AddrFrom4([4]byte{255, 255, 255, 255}), to.Is4() && to.As4()[3] == 255:
		return "bcast"
	}
	return "udp" + six
}

// link names the way that a datagram took, for telling copies from repetitions.
func (e *Entry) link() string { return e.Medium + " " + e.From + " > " + e.To }

// way is the link as it is shown.
func (e *Entry) way() string {
	if e.Echo == "" {
		return e.link()
	}
	return e.link() + " " + e.Echo
}

func (e *Entry) mark(kind Kind, format string, args ...any) {
	e.Marks = append(e.Marks, Mark{kind, fmt.Sprintf(format, args...)})
}

// refused says whether a node would drop the datagram.
func (e *Entry) refused() bool {
	for _, m := range e.Marks {
		if m.Kind.refused() {
			return true
		}
	}
	return false
}

// readers make the fields readable that are not what they look like (wire spec 3); the key is
// "type field", or " field" for all types.
func readers() map[string]func(string) (string, bool) {
	return map[string]func(string) (string, bool){
		" dt":                    hexMillis,
		"NS_ackmsg ackseq":       hexNumber,
		"NS_nak_rexmit firstseq": hexNumber,
	}
}

func hexMillis(v string) (string, bool) {
	n, err := strconv.ParseUint(v, 16, 40)
	return (time.Duration(n) * time.Millisecond).String(), err == nil
}

func hexNumber(v string) (string, bool) {
	n, err := strconv.ParseUint(v, 16, 64)
	return strconv.FormatUint(n, 10), err == nil
}

// plumbing says whether a field is one that every message carries or that is shown elsewhere.
func plumbing(name string) bool {
	switch name {
	case "t", "src", "srcuuid", "destuuid", "seq", "hg", "ts", "ld", "ttl", "auth", "protocol":
		return true
	}
	return false
}

// readable picks the fields of interest.
func readable(m *hamsg.Message) []Value {
	var values []Value
	read := readers()
	for i := range m.Fields {
		f := &m.Fields[i]
		if plumbing(f.Name) {
			continue
		}
		value := f.Value
		switch f.Type {
		case hamsg.String:
		case hamsg.List:
			value = fmt.Sprint(f.Items)
		case hamsg.Struct, hamsg.Uncompressed:
			value = "{…}"
			if f.Child != nil {
				value = fmt.Sprintf("{%d fields}", len(f.Child.Fields))
			}
		default:
			value = fmt.Sprintf("<%d bytes>", len(f.Value))
		}
		for _, key := range []string{m.Type() + " " + f.Name, " " + f.Name} {
			if r, ok := read[key]; ok {
				if better, ok := r(value); ok {
					value = better
				}
			}
		}
		values = append(values, Value{f.Name, value})
	}
	return values
}
