package ldird

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"systole/pkg/director"
	"systole/pkg/ipvs"
	"systole/pkg/state"
)

const (
	maxWeight  = ipvs.MaxWeight
	maxRequest = 16 << 10
	maxReason  = 200
)

// control answers one request: only root reaches the socket.
func (d *daemon) control(conn net.Conn) {
	answer := d.instruct(io.LimitReader(conn, maxRequest))
	_, _ = conn.Write(answer.Encode()) // who has gone sees the outcome in the status
}

// instruct hands an order to the machine and waits until it is in force and on the disk.
func (d *daemon) instruct(from io.Reader) state.Answer {
	text, err := bufio.NewReader(from).ReadBytes('\n')
	if err != nil {
		return state.Answer{Error: "the request does not end"}
	}
	ev, err := instruction(text, time.Now())
	if err != nil {
		return state.Answer{Error: err.Error()}
	}
	answer := make(chan state.Answer, 1)
	d.ask(func() {
		d.asked++
		ev.ID = d.asked
		d.pending[ev.ID] = answer
		d.step(ev)
	})
	select {
	case a := <-answer:
		return a
	case <-d.ctx.Done():
		return state.Answer{Error: "ldirectord is ending"}
	}
}

// instruction reads a request.
func instruction(text []byte, now time.Time) (director.Instruct, error) {
	r, err := state.DecodeRequest(text)
	if err != nil {
		return director.Instruct{}, err
	}
	r.Order.Since, r.Order.Until, r.Order.Over = now, time.Time{}, false
	if r.For < 0 {
		return director.Instruct{}, fmt.Errorf("a time of %v is over already", r.For)
	}
	if r.For > 0 {
		r.Order.Until = now.Add(r.For)
	}
	r.Order.Reason, r.Order.By = oneLine(r.Order.Reason), oneLine(r.Order.By)
	o, err := parseOrder(r.Order)
	return director.Instruct{Order: o, Revoke: r.Revoke}, err
}

// oneLine keeps what a user wrote from making lines of its own in the log.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxReason {
		return string(runes[:maxReason])
	}
	return text
}

// answer tells who asked, when the orders are written.
func (d *daemon) answer(a director.Instructed) {
	to := d.pending[a.ID]
	delete(d.pending, a.ID)
	d.orders.after(func(failed error) {
		switch {
		case a.Err != nil:
			to <- state.Answer{Error: a.Err.Error()}
		case failed != nil:
			to <- state.Answer{Reals: a.Reals, Error: "it is in force, but will be lost at a restart: " + failed.Error()}
		default:
			to <- state.Answer{Reals: a.Reals}
		}
	})
}
