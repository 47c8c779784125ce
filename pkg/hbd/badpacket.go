package hbd

import (
	"net/netip"
	"sync"
	"time"

	"systole/pkg/halog"
	"systole/pkg/hamsg"
	"systole/pkg/medium"
)

// complaints remembers when each source was last complained about. Sources can be forged, so
// it forgets all of them rather than grow.
type complaints struct {
	mu   sync.Mutex
	last map[netip.Addr]time.Time
}

const maxSources = 256

// due says whether a complaint about a source may be written: once a second.
func (c *complaints) due(from netip.Addr, at time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if last, ok := c.last[from]; ok && at.Sub(last) < time.Second {
		return false
	}
	if c.last == nil || len(c.last) >= maxSources {
		c.last = map[netip.Addr]time.Time{}
	}
	c.last[from] = at
	return true
}

// badPacket complains about a datagram that did not authenticate or is malformed: garbage from
// the network must not fill the disk.
func (d *beatDaemon) badPacket(dg medium.Datagram, err error) {
	lines := hamsg.LogLines(err)
	if len(lines) == 0 || !d.cfg.LogBadpack || d.cfg.Media[dg.Link].IsPing() || !d.bad.due(dg.From, dg.At) {
		return
	}
	for _, line := range lines {
		d.log.Log(halog.Level(line.Level), line.Text)
	}
	from := dg.From.String()
	if !dg.From.IsValid() {
		from = d.cfg.Media[dg.Link].Name()
	}
	d.log.Log(halog.Info, "the packet above came from "+from)
}
