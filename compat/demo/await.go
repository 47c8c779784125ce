package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"systole/compat/lab"
	"systole/pkg/decision"
)

// What a step waits for.

// inService waits until one director has the service, with all web servers, and the
// other has not.
func inService(at int) action {
	return func(d *demo, ctx context.Context) error {
		if err := d.holds(ctx, at); err != nil {
			return err
		}
		return d.table(ctx, at, d.scene.webs)
	}
}

// holds waits until one director has the addresses and the other has not.
func holds(at int) action {
	return func(d *demo, ctx context.Context) error { return d.holds(ctx, at) }
}

func (d *demo) holds(ctx context.Context, at int) error {
	begin := time.Now()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, a := range d.scene.moves {
		if _, err := d.directors[at].AwaitAddr(ctx, a, true); err != nil {
			return fmt.Errorf("%s does not get %s", d.name(at), a)
		}
	}
	d.out.event(begin, "%s has %s", d.name(at), list(d.scene.moves))
	for _, a := range d.scene.moves {
		if err := d.lets(ctx, 1-at, a); err != nil {
			return err
		}
	}
	return nil
}

// lets waits until a director has an address no more.
func (d *demo) lets(ctx context.Context, at int, a netip.Addr) error {
	if !d.directors[at].Holds(a) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, overlap)
	defer cancel()
	if _, err := d.directors[at].AwaitAddr(ctx, a, false); err != nil {
		return fmt.Errorf("both directors have %s", a)
	}
	return nil
}

// overlap is how long both directors may have the address. A handover that never
// leaves clients alone has a time with two; it is short even in User-Mode Linux.
const overlap = 20 * time.Second

// table waits until a director's IPVS table sends clients to just these servers.
func table(at int, webs ...int) action {
	return func(d *demo, ctx context.Context) error { return d.table(ctx, at, d.some(webs)) }
}

// some are the web servers of these indices.
func (d *demo) some(indices []int) []web {
	var out []web
	for _, i := range indices {
		out = append(out, d.scene.webs[i])
	}
	return out
}

func (d *demo) table(ctx context.Context, at int, webs []web) error {
	var want, have []netip.Addr
	for _, w := range webs {
		want = append(want, w.addr())
	}
	slices.SortFunc(want, netip.Addr.Compare)
	begin := time.Now()
	err := poll(ctx, func() (bool, error) {
		var err error
		have, err = realServers(d.directors[at], d.scene.service)
		return slices.Equal(have, want), err
	})
	if errors.Is(err, errPatience) {
		return fmt.Errorf("IPVS table of %s has real servers %v, not %v", d.name(at), have, want)
	}
	if err == nil {
		d.out.event(begin, "%s's IPVS table has %s", d.name(at), list(want))
	}
	return err
}

// answered waits until every client has an answer to a question of from now on.
func answered() action { return answeredBy() }

// answeredBy is answered, and waits until each of these web servers has answered.
// Clients whom the table does not know yet, or of a service that is not persistent,
// the scheduler spreads over all.
func answeredBy(webs ...int) action {
	return func(d *demo, ctx context.Context) error {
		begin := time.Now()
		var by map[string]int
		err := poll(ctx, func() (ok bool, _ error) {
			by, ok = d.clients.serversSince(begin)
			for _, w := range d.some(webs) {
				ok = ok && by[w.name] > 0
			}
			return ok, nil
		})
		if errors.Is(err, errPatience) {
			return fmt.Errorf("not all clients are answered, or not by all servers: %s", told(by))
		}
		if err == nil {
			d.out.event(begin, "every client is answered: %s", told(by))
		}
		return err
	}
}

// logged waits for a line of a director's log after the step's begin: the exchange
// between the nodes goes on for a moment when the address has moved already, and
// the next step must not come in between. It reads now and then, as a lab.Tail of
// each log would cost User-Mode Linux a good part of its one processor.
func logged(at int, line string) action {
	return func(d *demo, ctx context.Context) error {
		h, wanted := d.directors[at], regexp.MustCompile(` info: (.*`+line+`.*)`)
		begin := time.Now()
		var found [][]byte
		err := poll(ctx, func() (bool, error) {
			text, err := h.ReadFile(d.scene.haLog)
			if err == nil && len(text) > d.marks[h] {
				found = wanted.FindSubmatch(text[d.marks[h]:])
			}
			return found != nil, err
		})
		if errors.Is(err, errPatience) {
			return fmt.Errorf("%s of %s has no line %q", d.scene.haLog, d.name(at), line)
		}
		if err == nil {
			d.out.event(begin, "%s logs: %s", d.name(at), found[1])
		}
		return err
	}
}

// logLengths are how many bytes each director's log has now.
func (d *demo) logLengths() map[*lab.Host]int {
	marks := map[*lab.Host]int{}
	for _, h := range d.directors {
		text, _ := h.ReadFile(d.scene.haLog) // there is none before the first start
		marks[h] = len(text)
	}
	return marks
}

// explains waits until "systole explain last" on a director gives a cause, and its
// record is complete: what comes next is then a record of its own.
func explains(at int, cause decision.Cause, subject string) action {
	return func(d *demo, ctx context.Context) error {
		if d.original {
			d.out.note("the original has nothing that explains")
			return nil
		}
		title := decision.Occasion{Cause: cause, Subject: subject}.Title()
		var story string
		err := poll(ctx, func() (bool, error) {
			text, err := d.directors[at].Check(ctx, "systole", "explain", "last")
			story, _, _ = strings.Cut(text, "\n\n  ") // the steps follow
			plain := strings.Join(strings.Fields(story), " ")
			return strings.Contains(plain, title) && strings.Contains(plain, "was at rest after"), err
		})
		d.out.ran(d.name(at), "systole explain last", story)
		if errors.Is(err, errPatience) {
			return fmt.Errorf("%s does not explain: %s", d.name(at), title)
		}
		return err
	}
}

// lastLines shows the ends of the directors' logs, to explain a step that went wrong.
func (d *demo) lastLines() {
	for _, h := range d.directors {
		for _, log := range []string{d.scene.haLog, ldirectordLog} {
			text, _ := h.ReadFile(log) // a director that has none has none to show
			lines := strings.Split(strings.TrimSpace(string(text)), "\n")
			for _, l := range lines[max(0, len(lines)-6):] {
				d.out.logLine(shortName(h.Name), l)
			}
		}
	}
}

// told lists servers with the number of clients they answer: "web1 2, web2 2".
func told(by map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, fmt.Sprintf("%d by %s", by[name], name))
	}
	return strings.Join(parts, ", ")
}

func list(addrs []netip.Addr) string {
	var parts []string
	for _, a := range addrs {
		parts = append(parts, a.String())
	}
	return strings.Join(parts, " and ")
}

// errPatience is a wait that took too long.
var errPatience = errors.New("waited too long")

// poll asks again and again until the answer is yes.
func poll(ctx context.Context, ask func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errPatience)
	defer cancel()
	return lab.Poll(ctx, 100*time.Millisecond, ask)
}
