package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"systole/compat/lab"
)

// memory is what the daemon's processes of a node have in memory, in KiB.
type memory struct {
	processes int
	resident  int64 // sum of Rss: pages that processes share count for each
	share     int64 // sum of Pss: pages that processes share count once
}

func (m memory) String() string { return megabytes(m.resident) }

// smaps prints "/proc/N/smaps_rollup:Rss: 123 kB" and the same of Pss for every
// process of the host but process 1 (the lab's own) and those of this command.
const smaps = `exec grep -HsE '^(Rss|Pss):' $(ls -d /proc/[0-9]* | sed '\,/1$,d; \,/'$$'$,d; s,$,/smaps_rollup,')`

func memoryOf(ctx context.Context, h *lab.Host) (memory, error) {
	r, err := h.Sh(ctx, smaps)
	if err != nil {
		return memory{}, err
	}
	m, err := parseSmaps(r.Stdout)
	if err != nil {
		return m, fmt.Errorf("memory of %s: %w", h.Name, err)
	}
	if m.processes == 0 {
		return m, fmt.Errorf("memory of %s: no daemon runs", h.Name)
	}
	return m, nil
}

func parseSmaps(out string) (memory, error) {
	var m memory
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		_, line, _ = strings.Cut(line, ":")
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return m, fmt.Errorf("smaps_rollup: %w", err)
		}
		switch f[0] {
		case "Rss:":
			m.processes++
			m.resident += n
		case "Pss:":
			m.share += n
		}
	}
	return m, nil
}

// schedstat prints how long each thread of those processes has run, in nanoseconds.
const schedstat = `exec cat $(ls -d /proc/[0-9]*/task/* | sed '\,/proc/1/,d; \,/proc/'$$'/,d; s,$,/schedstat,') 2>/dev/null; true`

// busyTime is long enough for a few heartbeats.
const busyTime = 5 * time.Second

// busyOf is the share of a processor that the daemons of a node use, in millionths.
func busyOf(ctx context.Context, h *lab.Host) (int64, error) {
	before, err := ranFor(ctx, h)
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	select {
	case <-time.After(busyTime):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	after, err := ranFor(ctx, h)
	if err != nil {
		return 0, err
	}
	return int64(float64(after-before) / float64(time.Since(begin)) * 1e6), nil
}

func ranFor(ctx context.Context, h *lab.Host) (time.Duration, error) {
	r, err := h.Sh(ctx, schedstat)
	if err != nil {
		return 0, err
	}
	return parseSchedstat(r.Stdout)
}

// parseSchedstat sums the first numbers of the lines: time on a processor.
func parseSchedstat(out string) (time.Duration, error) {
	var sum time.Duration
	for line := range strings.Lines(out) {
		first, _, _ := strings.Cut(line, " ")
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("schedstat: %w", err)
		}
		sum += time.Duration(n)
	}
	return sum, nil
}

// millionths shows a share of a processor.
func millionths(v int64) string { return fmt.Sprintf("%.2f %%", float64(v)/1e4) }
