package mon

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"systole/pkg/diag"
	"systole/pkg/monitor"
)

var update = flag.Bool("update", false, "rewrite what is read from the cases in testdata")

// Each case has mon.cf, and what is read from it: config, and findings. A line "lenient" in its
// comment reads it so.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no case files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	given := archive.Files[0]
	cfg, found := Read("mon.cf", given.Data, Options{Lenient: strings.Contains(string(archive.Comment), "\nlenient\n")})
	var findings strings.Builder
	for _, d := range found {
		findings.WriteString(d.String() + "\n")
	}
	result := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{given}}
	if !diag.Failed(found) {
		result.Files = append(result.Files, txtar.File{Name: "config", Data: []byte(dump(cfg))})
	}
	result.Files = append(result.Files, txtar.File{Name: "findings", Data: []byte(findings.String())})
	got := txtar.Format(result)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := txtar.Format(archive); !bytes.Equal(got, want) {
		t.Errorf("-want +got, -update rewrites\n%s", cmp.Diff(string(want), string(got)))
	}
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
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data, strings.Contains(file, "lenient"))
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
