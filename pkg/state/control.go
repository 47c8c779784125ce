package state

import (
	"encoding/json"
	"fmt"
	"time"
)

// Request is what an operator asks of an ldirectord on its control socket: one line of JSON, and
// one Answer comes back.
type Request struct {
	Order  Order         `json:"order"`
	For    time.Duration `json:"for_ns,omitempty"` // from now on; 0: until it is revoked
	Revoke bool          `json:"revoke,omitempty"`
}

// Answer names the servers that the order is about, or says why it was refused.
type Answer struct {
	Reals []string `json:"reals,omitempty"`
	Error string   `json:"error,omitempty"`
}

// line is a request or an answer as it goes over the socket.
func line[T Request | Answer](x T) []byte {
	b, err := json.Marshal(x)
	if err != nil { // only times beyond the year 9999 do not encode
		b = []byte("{}")
	}
	return append(b, '\n')
}

// Encode returns the request on one line.
func (r Request) Encode() []byte { return line(r) }

// Encode returns the answer on one line.
func (a Answer) Encode() []byte { return line(a) }

// DecodeRequest reads a request. The error says what is wrong with it.
func DecodeRequest(b []byte) (r Request, err error) {
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("request: %w", err)
	}
	return r, nil
}

// DecodeAnswer reads an answer. The error says what is wrong with it.
func DecodeAnswer(b []byte) (a Answer, err error) {
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("answer: %w", err)
	}
	return a, nil
}
