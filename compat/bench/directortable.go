package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"
)

// directorFigures is all of the second half.
type directorFigures struct {
	healthy    []healthy
	detections []detection
	crowds     []crowd
}

// measureDirectors takes some six minutes.
func measureDirectors(ctx context.Context, out io.Writer) (*directorFigures, error) {
	s, err := newDirectorStage()
	if err != nil {
		return nil, err
	}
	defer s.close()
	var f directorFigures
	for _, n := range []int{10, 100, 500} {
		for _, ours := range []bool{true, false} {
			h, err := s.measureHealthy(ctx, ours, n)
			if err != nil {
				return nil, err
			}
			f.healthy = append(f.healthy, h)
		}
	}
	for _, c := range []struct{ name, check string }{{"connect", "    checktype=connect\n"}, {"http", webCheck}} {
		x, err := s.measureCrowd(ctx, c.name, c.check)
		if err != nil {
			return nil, err
		}
		f.crowds = append(f.crowds, x)
	}
	if f.detections, err = s.measureDetections(ctx); err != nil {
		return nil, err
	}
	for _, t := range f.tables() {
		fmt.Fprintf(out, "\n%s", plain(t))
	}
	return &f, nil
}

// tables are the healthy servers, the crowd, and the detections.
func (f *directorFigures) tables() []table {
	cost := table{{"http servers", "who", "all in service after", "a pass", "processor for a check", "memory"}}
	for _, h := range f.healthy {
		cost = append(cost, []string{fmt.Sprint(h.servers), h.who, text(h.start), text(h.pass), micro(h.check), h.memory.String()})
	}
	crowds := table{{fmt.Sprintf("%d servers each second", crowdSize), "all in service after", "processor for a check",
		"checks a second and processor", "processors", "memory", "reload, nothing new", "reload, one weight"}}
	for _, c := range f.crowds {
		crowds = append(crowds, []string{c.check, text(c.start), micro(c.cost), fmt.Sprintf("%.0f", 1/c.cost.Seconds()),
			fmt.Sprintf("%.2f", c.load), c.memory.String(), c.reloadText(0), c.reloadText(1)})
	}
	dead := table{{"others that hang", "systole", "ldirectord"}}
	for i := 0; i+1 < len(f.detections); i += 2 {
		dead = append(dead, []string{fmt.Sprint(f.detections[i].hanging), text(f.detections[i].took), text(f.detections[i+1].took)})
	}
	return []table{cost, crowds, dead}
}

func (c crowd) reloadText(i int) string {
	return fmt.Sprintf("%s, %d changes", text(c.reload[i]), c.writes[i])
}

func micro(d time.Duration) string { return fmt.Sprintf("%.0f µs", float64(d)/1000) }

// directorText stands above the tables in the document.
const directorText = `
## ldirectord

The real ldirectord 4.12 and ours on the same played servers. The table is a stand-in, for the kernel of
this machine has no ip_vs: the real one runs a small program that keeps it in a file for each look and
each change, ours keeps it in memory. So the times until all are in service and of reloads are without the
kernel's share; a check is as in life.

`

func (f *directorFigures) String() string {
	var b strings.Builder
	b.WriteString(directorText)
	for i, t := range f.tables() {
		if i == 2 {
			b.WriteString("How long a server that has died stays in service, with checkinterval=10 and checktimeout=10:\n\n")
		}
		b.WriteString(markdown(t) + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
