// Command bench measures Systole beside the real heartbeat and keepalived, in
// one run, on this machine's own kernel. It is what "make bench" runs.
//
//	client ----ICMP echo every 2 ms----> 121.254.175.70 (the VIP, nothing else)
//	                                       |
//	     switch, ping node .65  ----+------+------+----
//	                            active .77   standby .78
//	                                heartbeat + ipfail
//
// Every round builds that stage anew for each contestant in turn (A B C D, A B
// C D, …), so that whatever else the machine does is shared by all. A round is:
// start both nodes, stop the holder, start it again, cut the other's wire and mend
// it, cut the holder's power. Between two events the stage must have fallen
// silent: no log line, no address change. At the end all contestants run side by
// side on a machine that has twice as much to do as it can (-busy).
//
// All gaps are the client's: from the last answer before to the first after.
// The power cut is a real one as far as the network can tell: the wire goes dead
// first, then all processes. What holds for each contestant: the VIP as /32 on
// eth0, node 1 preferred, and the rhythm of its league.
//
// Then ldirectord: the real one and ours on played servers (directors.go), and ours and keepalived on
// the kernel's own ip_vs, in User-Mode Linux if need be (balancers.go).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"systole/compat/lab"
)

func main() {
	lab.Main()
	if code, is := asDirector(); is {
		os.Exit(code)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	rounds int
	only   string
	write  bool
	busy   time.Duration
	logs   string
	half   string
	inside string
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(errs)
	fs.IntVar(&o.rounds, "n", 5, "rounds, each of which measures every contestant once")
	fs.StringVar(&o.only, "only", "", "contestants to measure, by name, with commas between; all if empty")
	fs.BoolVar(&o.write, "write", false, "write the tables to docs/benchmarks.md")
	fs.DurationVar(&o.busy, "busy", 10*time.Minute, "how long all run on a machine with too much to do; 0: not at all")
	fs.StringVar(&o.logs, "logs", "", "keep the nodes' logs in this directory")
	fs.StringVar(&o.half, "half", "", "cluster, director, balancer or starve: measure heartbeat, ldirectord, it and keepalived, or a machine with too much to do only")
	fs.StringVar(&o.inside, "balancers", "", "the directory of our programs: how the bench calls itself in User-Mode Linux")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	switch {
	case o.rounds < 1:
		return o, fmt.Errorf("-n %d: at least one round is needed", o.rounds)
	case !slices.Contains([]string{"", "cluster", "director", "balancer", "starve"}, o.half):
		return o, fmt.Errorf("-half %s: cluster, director, balancer or starve", o.half)
	case o.half != "" && o.half != "cluster" && o.write:
		return o, errors.New("-write needs the cluster's half")
	case fs.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return o, nil
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args, os.Stderr)
	if err != nil {
		return err
	}
	if o.inside != "" {
		return insideUML(ctx, o.inside, out)
	}
	entered, err := choose(contestants(), o.only)
	if err != nil {
		return err
	}
	if os.Geteuid() != 0 {
		return errors.New("needs root: it makes network namespaces; try sudo make bench")
	}
	if err := prepare(ctx, entered); err != nil {
		return err
	}
	began := time.Now()
	fmt.Fprintln(out, machine())
	r := report{options: o}
	if o.half == "" || o.half == "cluster" {
		if err := measureCluster(ctx, entered, &r, out); err != nil {
			return err
		}
	}
	if o.half == "" || o.half == "cluster" || o.half == "starve" {
		if err := measureStarved(ctx, entered, &r, out); err != nil {
			return err
		}
	}
	if o.half == "" || o.half == "director" {
		if r.directors, err = measureDirectors(ctx, out); err != nil {
			return err
		}
	}
	if o.half == "" || o.half == "balancer" {
		if r.balancers, err = measureBalancers(ctx, out); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nTook %s.\n", time.Since(began).Round(time.Second))
	if o.write {
		return writeDoc(r)
	}
	return nil
}

// measureCluster has heartbeats and keepalived compete.
func measureCluster(ctx context.Context, entered []contestant, r *report, out io.Writer) (err error) {
	o := r.options
	fmt.Fprintf(out, "%d rounds of %s, about %s\n\n", o.rounds, names(entered), expected(entered, o.rounds))
	if r.results, err = compete(ctx, entered, o, out); err != nil {
		return err
	}
	for _, league := range leagues(r.results) {
		fmt.Fprintf(out, "\n%s\n%s", plain(figuresTable(league)), plain(targetTable(judge(league), others(league)...)))
	}
	r.cost = costOfMessage()
	fmt.Fprintf(out, "\n%s\n", r.cost)
	return nil
}

// measureStarved has all run side by side on a machine with too much to do.
func measureStarved(ctx context.Context, entered []contestant, r *report, out io.Writer) (err error) {
	busy := r.options.busy
	if busy == 0 {
		return nil
	}
	if r.starved, err = starve(ctx, entered, busy); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%s", plain(starvedTable(r.starved, busy)))
	return nil
}

// prepare makes what hosts' disks consist of, once for the whole run: all rounds
// measure the same build.
func prepare(ctx context.Context, entered []contestant) error {
	if _, err := lab.EnsureRoot(ctx); err != nil {
		return err
	}
	if !slices.ContainsFunc(entered, func(c contestant) bool { return c.flavour == lab.Systole }) {
		return nil
	}
	if _, err := lab.EnsureInstalled(ctx); err != nil {
		return err
	}
	return os.Setenv("SYSTOLE_INSTALLED", "1")
}

// compete measures every contestant once a round, a line of progress for each.
func compete(ctx context.Context, entered []contestant, o options, out io.Writer) ([]result, error) {
	results := make([]result, len(entered))
	for i, c := range entered {
		results[i].contestant = c
	}
	for round := range o.rounds {
		for i, c := range entered {
			m, err := measure(ctx, c, logDir(o.logs, c, round))
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", c.name, round+1, err)
			}
			results[i].rounds = append(results[i].rounds, m)
			fmt.Fprintf(out, "round %d  %-18s %s\n", round+1, c.name, m)
		}
	}
	return results, nil
}

func logDir(base string, c contestant, round int) string {
	if base == "" {
		return ""
	}
	return filepath.Join(base, fmt.Sprintf("%s-%d", strings.ReplaceAll(c.name, " ", "-"), round+1))
}
