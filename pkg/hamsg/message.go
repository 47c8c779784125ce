// Package hamsg is the heartbeat message: an ordered list of typed fields, and its encodings.
//
// Every datagram, FIFO command and client API frame of a heartbeat cluster is one Message:
//
//	netstring form (UDP, ICMP):  ###\n 8:(0)t=status, 9:(0)st=active, … %%%\n 42:2 <token>,
//	text form (FIFO, API):       >>>\n t=status\n st=active\n (1)srcuuid=<base64>\n <<<\n
//
// The order of fields is part of a message, because tokens are computed over the bytes. Names may
// repeat; look-ups return the first. The package is pure: no I/O, no clock.
//
// Seal (or a Sealer, which also compresses) makes the datagram that goes out, Open authenticates
// and reads the one that came in, Parse reads the frames of local connections, and a Splitter the
// byte stream of the FIFO. Where heartbeat 3.0.6 aborts on bad input these return an error, and
// LogLines has its words for it. They are stricter than the original only where it would misread:
// lengths are plain decimals, names hold no control bytes, types are 0 to 5, base64 is canonical.
package hamsg

// Type is the type of a field, the digit between parentheses in the encoded forms.
type Type uint8

// The field types of heartbeat 3.0.
const (
	String       Type = 0 // raw bytes without NUL
	Binary       Type = 1 // raw bytes; base64 in the text form
	Struct       Type = 2 // a nested message
	List         Type = 3 // a list of strings
	Compressed   Type = 4 // a compressed nested message
	Uncompressed Type = 5 // a nested message to be compressed when it is sent
)

// Field is one name=value of a message. Which of Value, Child and Items holds the value
// depends on Type: Child for Struct and Uncompressed, Items for List, Value for all others.
type Field struct {
	Name  string
	Type  Type
	Value string
	Child *Message
	Items []string
}

// Message is an ordered list of fields. The zero value is an empty message, ready to use.
type Message struct {
	Fields []Field
}
