package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"systole/compat/lab"
	"systole/compat/uml"
)

// screen is where the demo is told. Several goroutines may write.
type screen struct {
	mu sync.Mutex
	to io.Writer
}

func (s *screen) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.to, format, args...)
}

func (s *screen) title(o options, h howto) {
	who := "Systole"
	if o.original {
		who = "The original heartbeat and ldirectord"
	}
	s.printf("%s on how-to %s: %s\n%s", who, h.number, h.title, h.picture)
	if o.original {
		s.printf("%s", h.remark)
	}
	if uml.Inside() {
		s.printf("\nThis machine's kernel has no ip_vs, so all this is in User-Mode Linux. Programs start\nslowly there: look at the order of things and at who is answered, not at the times.\n")
	}
}

// head begins a step.
func (s *screen) head(n int, name string) {
	s.printf("\n%d. %s\n", n, strings.ToUpper(name[:1])+name[1:])
}

// command shows a command typed on a host.
func (s *screen) command(host, line string) { s.printf("   %-10s # %s\n", host, line) }

// ran shows a command and what it printed.
func (s *screen) ran(host, line, output string) {
	text := fmt.Sprintf("   %-10s # %s\n", host, line)
	for _, l := range strings.Split(strings.TrimSpace(output), "\n") {
		if l = strings.TrimRight(l, " "); l != "" {
			text += "                " + l + "\n"
		}
	}
	s.printf("%s", text)
}

// note says what the demo does that is no command.
func (s *screen) note(format string, args ...any) { s.printf("   "+format+"\n", args...) }

// logLine shows a line of a director's log.
func (s *screen) logLine(host, line string) { s.printf("   %-10s | %s\n", host, line) }

// waits says what timer the demo waits for.
func (s *screen) waits(what string) { s.printf("   … waits %s\n", what) }

// event says what came, and how long it was waited for.
func (s *screen) event(since time.Time, format string, args ...any) {
	s.printf("   %6.1f s  %s\n", time.Since(since).Seconds(), fmt.Sprintf(format, args...))
}

// result says what clients saw of a step, and whether it went as it should.
func (s *screen) result(o outcome, v view) {
	seen := "no client asked"
	if v.requests > 0 {
		seen = fmt.Sprintf("%d requests, %d lost, longest gap %s", v.requests, v.failures, seconds(v.gap))
	}
	s.printf("   %s; %s\n", verdict(o.err), seen)
}

// verdict is ok, or what went wrong.
func verdict(err error) string {
	if err == nil {
		return "ok"
	}
	return "FAILED: " + strings.ReplaceAll(err.Error(), "\n", "; ")
}

// closing prints the table of what clients saw, and returns the exit status.
func (s *screen) closing(done []outcome, clients []lab.Answers, took time.Duration) int {
	s.printf("\n%s", closingTable(done, clients))
	bad := 0
	for _, o := range done {
		if o.err != nil {
			bad++
		}
	}
	if bad > 0 {
		s.printf("\n%d of %d steps went wrong (%.0f s).\n", bad, len(done), took.Seconds())
		return 1
	}
	s.printf("\nAll %d steps went as they should (%.0f s).\n", len(done), took.Seconds())
	return 0
}

// closingTable has a line for each step: what its clients saw and the result.
func closingTable(done []outcome, clients []lab.Answers) string {
	rows := [][]string{{"  ", "Step", "Took", "Requests", "Failed", "Longest gap", "Result"}}
	for i, o := range done {
		row := []string{fmt.Sprintf("%d.", i+1), o.name, seconds(o.to.Sub(o.from)), "-", "-", "-", verdict(o.err)}
		if v := viewOf(clients, o.from, o.to); v.requests > 0 {
			row[3], row[4], row[5] = fmt.Sprint(v.requests), fmt.Sprint(v.failures), seconds(v.gap)
		}
		rows = append(rows, row)
	}
	return align(rows)
}

// align sets rows in columns: the first two and the last to the left, the
// others, which are numbers, to the right.
func align(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		line := ""
		for i, cell := range row {
			blank := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i < 2 || i == len(row)-1 {
				line += cell + blank + "  "
			} else {
				line += blank + cell + "  "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
