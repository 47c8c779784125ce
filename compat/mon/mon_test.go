package mon

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"systole/pkg/diag"
	"systole/pkg/golden"
	"systole/pkg/monitor"
)

var update = flag.Bool("update", false, "rewrite what is read from the cases in testdata")

// Each case has mon.cf, and what is read from it: config, and findings. A line "lenient" in its
// comment reads it so.
func TestCases(t *testing.T) { golden.Cases(t, *update, played, "mon.cf") }

func played(t *testing.T, given *txtar.Archive) (made []txtar.File) {
	cfg, found := Read("mon.cf", given.Files[0].Data, Options{Lenient: strings.Contains(string(given.Comment), "\nlenient\n")})
	if !diag.Failed(found) {
		made = append(made, txtar.File{Name: "config", Data: []byte(dump(cfg))})
	}
	return append(made, golden.Lines("findings", found))
}

// dump writes what was read, without what is nothing.
func dump(c *monitor.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "basedir %s cfbasedir %s alertdir %q mondir %q logdir %s statedir %s pidfile %q facility %s maxprocs %d randstart %v\n",
		c.BaseDir, c.CFBaseDir, c.AlertDirs, c.MonDirs, c.LogDir, c.StateDir, c.PIDFile, c.Facility, c.MaxProcs, c.RandStart)
	for _, w := range c.Watches {
		fmt.Fprintf(&b, "watch %s %q\n", w.Group, w.Hosts)
		for _, s := range w.Services {
			fmt.Fprintf(&b, "  service %s line %d interval %v/%v skew %v env %q description %q excluded %q %+v empty %v\n", s.Name, s.Line, s.Interval,
				s.FailureInterval, s.RandSkew, s.Env, s.Description, s.ExcludeHosts, s.ExcludePeriod, s.AllowEmpty)
			fmt.Fprintf(&b, "    monitor %s %q without hosts %v\n", s.Monitor.Name, s.Monitor.Args, s.WithoutHosts)
			for _, p := range s.Periods {
				fmt.Fprintf(&b, "    period %q %+v every %v mode %d after %d within %v for %v num %d nocomp %v up after %v\n", p.Label, p.When, p.Every, p.EveryMode,
					p.After, p.AfterWithin, p.AfterFor, p.NumAlerts, p.NoComp, p.UpAlertAfter)
				dumpAlerts(&b, "alert", p.Alerts)
				dumpAlerts(&b, "upalert", p.UpAlerts)
				dumpAlerts(&b, "startupalert", p.Startup)
			}
		}
	}
	return b.String()
}

func dumpAlerts(b *strings.Builder, kind string, all []monitor.Alert) {
	for _, a := range all {
		fmt.Fprintf(b, "      %s %s %q exit %d-%d\n", kind, a.Name, a.Args, a.Low, a.High)
	}
}

// Whatever the file: no panic; what is usable has watches, and every service that runs an interval.
func FuzzRead(f *testing.F) {
	for _, c := range golden.Given(f) {
		f.Add(c.Data, strings.Contains(c.Name, "lenient"))
	}
	f.Fuzz(func(t *testing.T, text []byte, lenient bool) {
		cfg, found := Read("f", text, Options{Lenient: lenient})
		if diag.Failed(found) {
			return
		}
		if len(cfg.Watches) == 0 {
			t.Fatal("no watch, and no error")
		}
		for _, w := range cfg.Watches {
			for _, s := range w.Services {
				if s.Monitor.Name != "" && s.Interval <= 0 {
					t.Fatalf("service %s has no interval", s.Name)
				}
			}
		}
	})
}
