package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
	"github.com/mdlayher/packet"
	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// errSilence is a question that nobody answered in time.
var errSilence = errors.New("no answer")

// prober sends small questions at a steady pace and matches answers to them by
// number.
type prober struct {
	*Traffic
	timeout time.Duration

	mu    sync.Mutex
	open  map[uint16]time.Time // questions without an answer yet
	last  uint16
	asked time.Time // when the last one was asked
}

// probe starts a prober: send asks question n, receive blocks for answers and
// tells them to answered until conn is closed.
func probe(pace Pace, send func(n uint16) error, receive func(*prober), hangUp func() error) *Traffic {
	p := &prober{timeout: pace.Timeout, open: map[uint16]time.Time{}}
	ready := make(chan struct{})
	t := paced(pace.Every, func(_ *Traffic, start time.Time) {
		<-ready
		p.ask(start, send)
	})
	p.Traffic = t
	close(ready)
	heard := make(chan struct{})
	go func() {
		receive(p)
		close(heard)
	}()
	stop := t.cancel
	t.cancel = func() {
		stop()
		hangUp()
		<-heard
	}
	return t
}

// ask sends the next question and gives up those that are open for too long.
func (p *prober) ask(start time.Time, send func(uint16) error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n, asked := range p.open {
		if wait := start.Sub(asked); wait > p.timeout {
			delete(p.open, n)
			p.add(Answer{Start: asked, Latency: p.timeout, Err: errSilence})
		}
	}
	p.last++
	if err := send(p.last); err != nil {
		p.add(Answer{Start: start, Err: err})
		return
	}
	p.open[p.last], p.asked = start, start
}

// answered notes the answer to question n, if that is open.
func (p *prober) answered(n uint16, server string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if asked, ok := p.open[n]; ok {
		delete(p.open, n)
		p.add(Answer{Start: asked, Latency: time.Since(asked), Server: server})
	}
}

// answeredLatest notes an answer that carries no number: to the latest question,
// also if that has one already.
func (p *prober) answeredLatest(server string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, p.last)
	p.add(Answer{Start: p.asked, Latency: time.Since(p.asked), Server: server})
}

// Ping has the host send ICMP echo requests, for an address without a server.
func (h *Host) Ping(target netip.Addr, pace Pace) (*Traffic, error) {
	network, kind, protocol := "ip4:icmp", icmp.Type(ipv4.ICMPTypeEcho), 1
	if target.Is6() {
		network, kind, protocol = "ip6:ipv6-icmp", ipv6.ICMPTypeEchoRequest, 58
	}
	var conn net.PacketConn
	err := h.Do(func() (err error) {
		conn, err = net.ListenPacket(network, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ping from %s: %w", h.Name, err)
	}
	id := int(time.Now().UnixNano() & 0xffff)
	send := func(n uint16) error {
		m := icmp.Message{Type: kind, Body: &icmp.Echo{ID: id, Seq: int(n)}}
		b, err := m.Marshal(nil)
		if err == nil {
			_, err = conn.WriteTo(b, &net.IPAddr{IP: target.AsSlice()})
		}
		return err
	}
	receive := func(p *prober) {
		b := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if m, err := icmp.ParseMessage(protocol, b[:n]); err == nil {
				if e, ok := m.Body.(*icmp.Echo); ok && e.ID == id && m.Type != kind {
					p.answered(uint16(e.Seq), "")
				}
			}
		}
	}
	return probe(pace, send, receive, conn.Close), nil
}

// ARP has the host ask on a device who has the IPv4 address; Server is the name
// of the host whose card answered. Unlike a ping it does not depend on what the
// host believes about the address, so it sees a takeover at once, and two hosts
// that both answer.
func (h *Host) ARP(dev string, target netip.Addr, pace Pace) (*Traffic, error) {
	c, err := h.card(dev)
	if err != nil {
		return nil, err
	}
	g, err := h.running()
	if err != nil {
		return nil, err
	}
	conn, err := listenPackets(g.ns, dev, unix.ETH_P_ARP)
	if err != nil {
		return nil, fmt.Errorf("arp on %s of %s: %w", dev, h.Name, err)
	}
	question, err := whoHas(c, target)
	if err != nil {
		conn.Close()
		return nil, err
	}
	send := func(uint16) error {
		_, err := conn.WriteTo(question, &packet.Addr{HardwareAddr: ethernet.Broadcast})
		return err
	}
	return probe(pace, send, func(p *prober) { h.lab.hearARP(conn, target, p) }, conn.Close), nil
}

// whoHas is the frame of an ARP request from a card's first IPv4 address, or
// from none (an ARP probe, RFC 5227).
func whoHas(c *card, target netip.Addr) ([]byte, error) {
	from := netip.IPv4Unspecified()
	for _, a := range c.port.Addrs {
		if a.Addr().Is4() {
			from = a.Addr()
			break
		}
	}
	p, err := arp.NewPacket(arp.OperationRequest, c.mac, from, make(net.HardwareAddr, 6), target)
	if err != nil {
		return nil, err
	}
	b, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	f := ethernet.Frame{Destination: ethernet.Broadcast, Source: c.mac, EtherType: ethernet.EtherTypeARP, Payload: b}
	return f.MarshalBinary()
}

func (l *Lab) hearARP(conn *packet.Conn, target netip.Addr, p *prober) {
	b := make([]byte, 1500)
	for {
		n, _, err := conn.ReadFrom(b)
		if err != nil && !errors.Is(err, unix.ENETDOWN) {
			return
		}
		var f ethernet.Frame
		var a arp.Packet
		if f.UnmarshalBinary(b[:n]) != nil || a.UnmarshalBinary(f.Payload) != nil {
			continue
		}
		if a.Operation != arp.OperationReply || a.SenderIP != target {
			continue
		}
		server := a.SenderHardwareAddr.String()
		if h, ok := l.hostByMAC(server); ok {
			server = h.Name
		}
		p.answeredLatest(server)
	}
}
