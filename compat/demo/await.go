package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"systole/compat/lab"
)

// holds waits until one director has the service address and the other has not.
func (d *demo) holds(ctx context.Context, h, other *lab.Host) error {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if _, err := h.AwaitAddr(ctx, vip, true); err != nil {
		return fmt.Errorf("%s does not get %s", shortName(h.Name), vip)
	}
	d.out.event(begin, "%s has %s", shortName(h.Name), vip)
	if !other.Holds(vip) {
		return nil
	}
	short, cancelShort := context.WithTimeout(ctx, overlap)
	defer cancelShort()
	if _, err := other.AwaitAddr(short, vip, false); err != nil {
		return fmt.Errorf("both directors have %s", vip)
	}
	return nil
}

// overlap is how long both directors may have the address. A handover that never
// leaves clients alone has a time with two; it is short even in User-Mode Linux.
const overlap = 20 * time.Second

// table waits until a director's IPVS table sends clients to just these servers.
func (d *demo) table(ctx context.Context, h *lab.Host, webs ...netip.Prefix) error {
	var want, have []netip.Addr
	for _, w := range webs {
		want = append(want, w.Addr())
	}
	slices.SortFunc(want, netip.Addr.Compare)
	begin := time.Now()
	err := poll(ctx, func() (bool, error) {
		var err error
		have, err = realServers(h)
		return slices.Equal(have, want), err
	})
	if errors.Is(err, errPatience) {
		return fmt.Errorf("IPVS table of %s has real servers %v, not %v", shortName(h.Name), have, want)
	}
	if err == nil {
		d.out.event(begin, "%s's IPVS table has %s", shortName(h.Name), list(want))
	}
	return err
}

// answered waits until every client has an answer to a question of from now on.
func (d *demo) answered(ctx context.Context) error {
	_, err := d.servers(ctx)
	return err
}

// bothAnswer is answered for a table that knows no client yet: the scheduler
// then spreads them over both web servers.
func (d *demo) bothAnswer(ctx context.Context) error {
	by, err := d.servers(ctx)
	if err == nil && len(by) != 2 {
		err = fmt.Errorf("not both web servers answered: %s", told(by))
	}
	return err
}

// servers waits as answered does and counts the clients of each web server.
func (d *demo) servers(ctx context.Context) (map[string]int, error) {
	begin := time.Now()
	var by map[string]int
	err := poll(ctx, func() (ok bool, _ error) {
		by, ok = d.clients.serversSince(begin)
		return ok, nil
	})
	if errors.Is(err, errPatience) {
		return by, errors.New("not all clients are answered")
	}
	if err == nil {
		d.out.event(begin, "every client is answered: %s", told(by))
	}
	return by, err
}

// marks are how many bytes each director's ha.log has now.
func (d *demo) marks() map[*lab.Host]int {
	marks := map[*lab.Host]int{}
	for _, h := range []*lab.Host{d.active, d.standby} {
		text, _ := h.ReadFile(haLog) // there is none before the first start
		marks[h] = len(text)
	}
	return marks
}

// logged waits for a line of a director's ha.log after its mark: the exchange
// between the nodes goes on for a moment when the address has moved already, and
// the next step must not come in between. It reads now and then, as a lab.Tail of
// each log would cost User-Mode Linux a good part of its one processor.
func (d *demo) logged(ctx context.Context, marks map[*lab.Host]int, h *lab.Host, line string) error {
	wanted := regexp.MustCompile(` info: (.*` + line + `.*)`)
	begin := time.Now()
	var found [][]byte
	err := poll(ctx, func() (bool, error) {
		text, err := h.ReadFile(haLog)
		if err == nil && len(text) > marks[h] {
			found = wanted.FindSubmatch(text[marks[h]:])
		}
		return found != nil, err
	})
	if errors.Is(err, errPatience) {
		return fmt.Errorf("%s of %s has no line %q", haLog, shortName(h.Name), line)
	}
	if err == nil {
		d.out.event(begin, "%s logs: %s", shortName(h.Name), found[1])
	}
	return err
}

// inService waits until one director has the service and the other has not.
func (d *demo) inService(ctx context.Context, h, other *lab.Host) error {
	if err := d.holds(ctx, h, other); err != nil {
		return err
	}
	return d.table(ctx, h, web1, web2)
}

// showAddrs shows what both directors have on eth0.
func (d *demo) showAddrs(ctx context.Context) error {
	if err := d.run(ctx, d.active, "ip", "-brief", "addr", "show", "eth0"); err != nil {
		return err
	}
	return d.run(ctx, d.standby, "ip", "-brief", "addr", "show", "eth0")
}

// run runs a command on a host and shows it with its output.
func (d *demo) run(ctx context.Context, h *lab.Host, argv ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := h.Run(ctx, argv...)
	d.out.ran(shortName(h.Name), strings.Join(argv, " "), r.Stdout+r.Stderr)
	if err == nil && r.Code != 0 {
		err = fmt.Errorf("%s on %s: exit status %d", strings.Join(argv, " "), shortName(h.Name), r.Code)
	}
	return err
}

// lastLines shows the ends of the directors' logs, to explain a step that went wrong.
func (d *demo) lastLines() {
	for _, h := range []*lab.Host{d.active, d.standby} {
		for _, log := range []string{haLog, ldirectordLog} {
			text, _ := h.ReadFile(log) // a director that has none has none to show
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			for _, l := range lines[max(0, len(lines)-6):] {
				d.out.logLine(shortName(h.Name), l)
			}
		}
	}
}

// errPatience is a wait that took too long.
var errPatience = errors.New("waited too long")

// poll asks again and again until the answer is yes.
func poll(ctx context.Context, ask func() (bool, error)) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for {
		if yes, err := ask(); err != nil || yes {
			return err
		}
		select {
		case <-tick.C:
		case <-limit:
			return errPatience
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
