package kernel

import (
	"context"
	"fmt"
	"slices"

	"github.com/mdlayher/netlink"

	"systole/pkg/ipvs"
)

// row is one service as the kernel tells it, with everything it tells.
type row struct {
	entry ipvs.Entry
	stats ipvs.EntryStats
}

// Read returns the whole table, in the order of ipvsadm's listing. It is not one moment's
// picture: what other programs change meanwhile may be in it or not.
func (h *Handle) Read(ctx context.Context) (ipvs.Table, error) {
	rows, err := call(ctx, h, (*conn).rows)
	if err != nil {
		return nil, fmt.Errorf("read virtual server table: %w", explainSystem(err))
	}
	table := make(ipvs.Table, len(rows))
	for i, r := range rows {
		table[i] = r.entry
	}
	return table.Sorted(), nil
}

// Stats returns the counters of the whole table, in the order of ipvsadm's listing: 64 bits wide
// where the kernel has them (Linux 4.1).
func (h *Handle) Stats(ctx context.Context) ([]ipvs.EntryStats, error) {
	rows, err := call(ctx, h, (*conn).rows)
	if err != nil {
		return nil, fmt.Errorf("read virtual server counters: %w", explainSystem(err))
	}
	stats := make([]ipvs.EntryStats, len(rows))
	for i, r := range rows {
		stats[i] = r.stats
		slices.SortFunc(stats[i].Dests, func(a, b ipvs.DestStats) int { return a.Addr.Compare(b.Addr) })
	}
	slices.SortFunc(stats, func(a, b ipvs.EntryStats) int { return a.ID.Compare(b.ID) })
	return stats, nil
}

func (c *conn) rows() ([]row, error) {
	msgs, err := c.ask(cmdGetService, netlink.Dump, nil)
	if err != nil {
		return nil, err
	}
	rows := make([]row, 0, len(msgs))
	for _, m := range msgs {
		s, stats, err := decodeService(m.Data)
		if err != nil {
			return nil, err
		}
		r := row{ipvs.Entry{Service: s}, ipvs.EntryStats{ID: s.ServiceID, Stats: stats}}
		if err := c.dests(&r); err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// dests fills in the destinations. A service that was deleted since gives none, without an error.
func (c *conn) dests(r *row) error {
	attrs, err := encodeService(r.stats.ID)
	if err != nil {
		return err
	}
	msgs, err := c.ask(cmdGetDest, netlink.Dump, attrs)
	if err != nil {
		return fmt.Errorf("destinations of %s: %w", r.stats.ID, err)
	}
	for _, m := range msgs {
		d, stats, err := decodeDest(m.Data, r.stats.ID)
		if err != nil {
			return err
		}
		r.entry.Dests = append(r.entry.Dests, d)
		r.stats.Dests = append(r.stats.Dests, ipvs.DestStats{Addr: d.Addr, Stats: stats})
	}
	return nil
}
