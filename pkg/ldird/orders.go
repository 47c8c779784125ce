package ldird

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"systole/pkg/director"
	"systole/pkg/proc"
	"systole/pkg/state"
)

func (p *Program) ordersFile() string { return p.StateDir + "/ldirectord." + p.instance + ".orders" }

// ordersVersion is that of the file.
const ordersVersion = 1

// orders is the file: what operators ordered, oldest first.
type orders struct {
	Version int           `json:"version"`
	Orders  []state.Order `json:"orders"`
}

// orderFile keeps the orders of operators over a restart. Who reads it is one goroutine, and
// writing and answering is another's: the loop never waits for the disk.
type orderFile struct {
	path     string
	complain func(text string)
	work     chan func()
	done     chan struct{}
	failed   error // of the last write; for the goroutine
}

func newOrderFile(path string, complain func(string)) *orderFile {
	f := &orderFile{path: path, complain: complain, work: make(chan func(), 256), done: make(chan struct{})}
	go f.run()
	return f
}

func (f *orderFile) run() {
	defer close(f.done)
	for do := range f.work {
		do()
	}
}

// close writes what is queued.
func (f *orderFile) close() {
	close(f.work)
	select {
	case <-f.done:
	case <-time.After(logWait):
	}
}

// read returns the orders of an earlier life. A file that cannot be read is told of and left alone
// until the next order.
func (f *orderFile) read() []director.Order {
	text, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var kept orders
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err == nil && kept.Version != ordersVersion {
		err = fmt.Errorf("version %d is not known", kept.Version)
	}
	if err != nil {
		f.complain(fmt.Sprintf("orders of operators are lost: %s: %v", f.path, err))
		return nil
	}
	return f.parse(kept.Orders)
}

func (f *orderFile) parse(kept []state.Order) []director.Order {
	var all []director.Order
	for _, k := range kept {
		o, err := parseOrder(k)
		if err != nil {
			f.complain(fmt.Sprintf("order of operator is lost: %s: %v", f.path, err))
			continue
		}
		all = append(all, o)
	}
	return all
}

// keep writes the orders; without any the file goes.
func (f *orderFile) keep(all []director.Order) {
	f.work <- func() {
		if f.failed = f.write(all); f.failed != nil {
			f.complain(fmt.Sprintf("orders of operators: %v", f.failed))
		}
	}
}

func (f *orderFile) write(all []director.Order) error {
	if len(all) == 0 {
		if err := os.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	kept := orders{Version: ordersVersion}
	for _, o := range all {
		kept.Orders = append(kept.Orders, orderState(o))
	}
	text, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o755); err != nil {
		return err
	}
	return proc.WriteFile(f.path, append(text, '\n'), 0o600)
}

// after does something when all that was to be written before is.
func (f *orderFile) after(do func(failed error)) { f.work <- func() { do(f.failed) } }

func orderState(o director.Order) state.Order {
	real := o.Real.String()
	if o.Real.Port() == 0 {
		real = o.Real.Addr().String()
	}
	return state.Order{Kind: string(o.Kind), Real: real, Virtual: o.Virtual, Weight: o.Weight, Reason: o.Reason, By: o.By,
		Since: o.Since, Until: o.Until, Over: o.Over}
}

// parseOrder is the way back. The error says what is wrong with the order.
func parseOrder(k state.Order) (director.Order, error) {
	o := director.Order{Kind: director.OrderKind(k.Kind), Virtual: k.Virtual, Weight: k.Weight, Reason: k.Reason, By: k.By,
		Since: k.Since, Until: k.Until, Over: k.Over}
	switch {
	case o.Kind != director.Drain && o.Kind != director.Disable && o.Kind != director.Weight:
		return o, fmt.Errorf("there is no order %q", k.Kind)
	case o.Weight < 0 || o.Weight > maxWeight:
		return o, fmt.Errorf("weight %d is not between 0 and %d", o.Weight, maxWeight)
	}
	a, err := netip.ParseAddr(k.Real)
	if err == nil {
		o.Real = netip.AddrPortFrom(a, 0)
		return o, nil
	}
	o.Real, err = netip.ParseAddrPort(k.Real)
	if err != nil {
		return o, fmt.Errorf("%q is no address, nor an address and port", k.Real)
	}
	return o, nil
}
