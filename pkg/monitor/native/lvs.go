package native

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"systole/pkg/ipvs"
	"systole/pkg/ipvs/kernel"
)

// order is what lvs.alert is told to do.
type order struct {
	up            bool
	service       ipvs.Service
	dest          ipvs.Dest
	build, remove bool // -B: make the service too; -D: delete it with its last server
}

// lvsAlert puts a server into the kernel's table, or takes it out. What is so already is no error.
func lvsAlert(ctx context.Context, c Call) int {
	o, notes, err := readOrder(c.Args)
	for _, n := range notes {
		fmt.Fprintf(c.Stderr, "lvs.alert: %s\n", n)
	}
	if err != nil {
		fmt.Fprintf(c.Stderr, "lvs.alert: %v\n", err)
		return 1
	}
	if err := o.carryOut(ctx); err != nil {
		fmt.Fprintf(c.Stderr, "lvs.alert: %v\n", err)
		return 1
	}
	return 0
}

func (o order) carryOut(ctx context.Context) error {
	h, err := kernel.Open(ctx, kernel.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	table, err := h.Read(ctx)
	if err != nil {
		return err
	}
	changes, err := o.changes(table)
	if err != nil {
		return err
	}
	return errors.Join(h.Apply(ctx, changes)...)
}

// changes are what the table needs.
func (o order) changes(table ipvs.Table) ([]ipvs.Change, error) {
	e, found := table.Sorted().Find(o.service.ServiceID)
	switch {
	case !found && o.up && o.build:
		return []ipvs.Change{{Op: ipvs.AddService, Service: o.service}, {Op: ipvs.AddDest, Service: o.service, Dest: ipvs.Normalise(o.service, o.dest)}}, nil
	case !found && o.up:
		return nil, fmt.Errorf("%v: %w", o.service.ServiceID, ipvs.ErrNoService)
	case !found:
		return nil, nil
	}
	want := ipvs.Normalise(e.Service, o.dest)
	have, here := e.Find(want.Addr)
	switch {
	case o.up && !here:
		return []ipvs.Change{{Op: ipvs.AddDest, Service: e.Service, Dest: want}}, nil
	case o.up && have == want || !o.up && !here:
		return nil, nil
	case o.up:
		return []ipvs.Change{{Op: ipvs.EditDest, Service: e.Service, Dest: want}}, nil
	case o.remove && len(e.Dests) == 1:
		return []ipvs.Change{{Op: ipvs.DelService, Service: e.Service}}, nil
	}
	return []ipvs.Change{{Op: ipvs.DelDest, Service: e.Service, Dest: have}}, nil
}

// withValue are the options that have one; mon's own four are not needed.
const withValue = "sghtlPVRWFXS"

// readOrder reads the arguments. A word that begins with what only looks like a minus sign is an
// option too: how-to 001 has "–R" on its page.
func readOrder(args []string) (order, []string, error) {
	values := map[byte]string{}
	var notes []string
	for i := 0; i < len(args); i++ {
		word, odd := minus(args[i])
		if odd {
			notes = append(notes, fmt.Sprintf("%q begins with a dash that is no minus sign; read as %s", args[i], word))
		}
		if len(word) < 2 || word[0] != '-' {
			return order{}, notes, fmt.Errorf("what is %q?", args[i])
		}
		letter := word[1]
		switch {
		case !strings.ContainsRune(withValue, rune(letter)):
			values[letter] = "yes"
		case len(word) > 2:
			values[letter] = word[2:]
		case i+1 < len(args):
			i++
			values[letter] = args[i]
		default:
			return order{}, notes, fmt.Errorf("%s needs a value", word)
		}
	}
	o, err := orderOf(values)
	return o, notes, err
}

// minus writes a dash at the begin of a word as a minus sign.
func minus(word string) (string, bool) {
	for _, dash := range []string{"\u2013", "\u2014", "\u2212"} {
		if rest, ok := strings.CutPrefix(word, dash); ok {
			return "-" + rest, true
		}
	}
	return word, false
}

func orderOf(values map[byte]string) (order, error) {
	var o order
	protocol := map[string]ipvs.Protocol{"": ipvs.TCP, "tcp": ipvs.TCP, "udp": ipvs.UDP}
	p, known := protocol[strings.ToLower(values['P'])]
	if !known {
		return o, fmt.Errorf("-P %s: tcp or udp is wanted", values['P'])
	}
	vip, err := netip.ParseAddrPort(values['V'])
	if err != nil {
		return o, fmt.Errorf("-V %q: an address and a port are wanted", values['V'])
	}
	o.service = ipvs.Service{ServiceID: ipvs.AddrService(p, vip), Scheduler: values['S']}
	if o.service.Scheduler == "" {
		o.service.Scheduler = "wlc"
	}
	if o.dest.Addr, err = server(values['R'], vip.Port()); err != nil {
		return o, err
	}
	o.dest.Weight = 1
	if w, given := values['W']; given {
		if o.dest.Weight, err = strconv.Atoi(w); err != nil || o.dest.Weight < 0 || o.dest.Weight > ipvs.MaxWeight {
			return o, fmt.Errorf("-W %s: a weight from 0 to %d is wanted", w, ipvs.MaxWeight)
		}
	}
	if o.dest.Forward, err = forward(values['F']); err != nil {
		return o, err
	}
	o.build, o.remove = values['B'] != "", values['D'] != ""
	o.up = values['u'] != "" || values['X'] == "up"
	return o, nil
}

// server reads an address with or without a port.
func server(text string, usual uint16) (netip.AddrPort, error) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(a, usual), nil
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return at, fmt.Errorf("-R %q: an address is wanted", text)
	}
	return at, nil
}

// forwards are the words of -F.
var forwards = []struct {
	words []string
	ipvs.Forward
}{
	{[]string{"", "dr", "g", "gate", "route"}, ipvs.Route},
	{[]string{"tun", "i", "ipip"}, ipvs.Tunnel},
	{[]string{"nat", "m", "masq"}, ipvs.Masq},
}

func forward(word string) (ipvs.Forward, error) {
	for _, f := range forwards {
		if slices.Contains(f.words, strings.ToLower(word)) {
			return f.Forward, nil
		}
	}
	return 0, fmt.Errorf("-F %s: dr, tun or nat is wanted", word)
}
