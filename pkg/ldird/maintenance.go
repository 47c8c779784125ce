package ldird

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"systole/pkg/director"
	"systole/pkg/ldirectorcf"
)

const (
	reverseLimit = 5 * time.Second
	reverseKeep  = 5 * time.Minute // how long the name of an address is believed
)

// maintenance watches maintenancedir: a real server is in maintenance while the directory holds
// its RIP:RP, RIP, or by reverse look-up NAME:RP, NAME, SHORT:RP or SHORT (ldirectord spec 9.8).
// Names are looked up beside everything else, and only while the directory holds something that
// may be one: the original looks up every server in every pass and can stand still over it.
type maintenance struct {
	send    func(director.Event)
	reverse func(ctx context.Context, addr string) ([]string, error)

	mu    sync.Mutex
	dir   string
	reals []netip.AddrPort
	names map[netip.Addr]reverseName
	last  []netip.AddrPort
}

type reverseName struct {
	names []string
	until time.Time
}

func newMaintenance(send func(director.Event)) *maintenance {
	return &maintenance{send: send, reverse: net.DefaultResolver.LookupAddr, names: map[netip.Addr]reverseName{}}
}

// use takes the directory and servers of a configuration.
func (m *maintenance) use(cf *ldirectorcf.Config) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dir, m.reals = cf.Global.MaintenanceDir, nil
	seen := map[netip.AddrPort]bool{}
	for _, v := range cf.Virtuals {
		for _, r := range v.Reals {
			if a := netip.AddrPortFrom(r.Addr, r.Port); !seen[a] {
				seen[a] = true
				m.reals = append(m.reals, a)
			}
		}
	}
}

// run looks at the directory again and again and tells of every difference.
func (m *maintenance) run(ctx context.Context) {
	t := time.NewTicker(watchTime)
	defer t.Stop()
	for {
		m.learnNames(ctx)
		before := m.latest()
		if ev := m.look(); !slices.Equal(ev.Reals, before) {
			m.send(ev)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

func (m *maintenance) latest() []netip.AddrPort {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// look reads the directory once, with the names known by now.
func (m *maintenance) look() director.Maintenance {
	m.mu.Lock()
	defer m.mu.Unlock()
	files := m.files()
	var in []netip.AddrPort
	for _, r := range m.reals {
		if len(files) > 0 && m.listed(files, r) {
			in = append(in, r)
		}
	}
	m.last = in
	return director.Maintenance{Reals: in}
}

func (m *maintenance) files() map[string]bool {
	if m.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(m.dir)
	if err != nil {
		return nil
	}
	files := map[string]bool{}
	for _, e := range entries {
		files[e.Name()] = true
	}
	return files
}

func (m *maintenance) listed(files map[string]bool, r netip.AddrPort) bool {
	host := r.Addr().String()
	if r.Addr().Is6() {
		host = "[" + host + "]"
	}
	for _, name := range append([]string{host}, m.names[r.Addr()].names...) {
		if files[name] || files[fmt.Sprintf("%s:%d", name, r.Port())] {
			return true
		}
	}
	return false
}

// learnNames looks up the servers whose names are not known, if a file might be such a name.
func (m *maintenance) learnNames(ctx context.Context) {
	m.mu.Lock()
	named := false
	for f := range m.files() {
		named = named || !isAddress(f)
	}
	reals := m.reals
	m.mu.Unlock()
	if !named {
		return
	}
	var wg sync.WaitGroup
	for _, r := range reals {
		m.mu.Lock()
		fresh := time.Now().Before(m.names[r.Addr()].until)
		m.mu.Unlock()
		if !fresh {
			wg.Go(func() { m.learn(ctx, r.Addr()) })
		}
	}
	wg.Wait()
}

func (m *maintenance) learn(ctx context.Context, a netip.Addr) {
	ctx, cancel := context.WithTimeout(ctx, reverseLimit)
	defer cancel()
	found, _ := m.reverse(ctx, a.String())
	var names []string
	for _, name := range found {
		name = strings.TrimSuffix(name, ".")
		short, _, _ := strings.Cut(name, ".")
		names = append(names, name, short)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.names[a] = reverseName{names, time.Now().Add(reverseKeep)}
}

// isAddress says whether a file name is an address or an address and port.
func isAddress(name string) bool {
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(name)
	return err == nil
}
