package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"systole/compat/uml"
)

// crowdsOfBalancers are how many servers the balancers have.
var crowdsOfBalancers = []int{500, 2000}

// measureBalancers measures here or, on a kernel without ip_vs, in User-Mode Linux.
func measureBalancers(ctx context.Context, out io.Writer) (found []balanced, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if err := buildStatic(dir+"/ldirectord", "systole/cmd/ldirectord"); err != nil {
		return nil, err
	}
	if uml.HasIPVS() {
		found, err = compareBalancers(ctx, dir)
	} else {
		found, err = inUML(ctx, dir)
	}
	if err == nil {
		fmt.Fprintf(out, "\n%s", plain(balancerTable(found)))
	}
	return found, err
}

// inUML runs this program in User-Mode Linux, and reads what it found.
func inUML(ctx context.Context, dir string) (found []balanced, err error) {
	if err := buildStatic(dir+"/bench", "systole/compat/bench"); err != nil {
		return nil, err
	}
	var said bytes.Buffer
	m := uml.Machine{Share: []string{dir}, Memory: 1024, Limit: 15 * time.Minute, Output: &said}
	code, err := m.Run(ctx, dir+"/bench", "-balancers", dir)
	switch {
	case err != nil:
		return nil, err
	case code != 0:
		return nil, fmt.Errorf("in User-Mode Linux: exit code %d: %s", code, said.Bytes())
	}
	if err := json.Unmarshal(said.Bytes(), &found); err != nil {
		return nil, fmt.Errorf("in User-Mode Linux: %w: %s", err, said.Bytes())
	}
	return found, nil
}

// insideUML is what runs there.
func insideUML(ctx context.Context, dir string, out io.Writer) error {
	found, err := compareBalancers(ctx, dir)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(found)
}

// compareBalancers has them take turns, each on a host of its own.
func compareBalancers(ctx context.Context, dir string) (found []balanced, err error) {
	s, err := newStageIn(dir)
	if err != nil {
		return nil, err
	}
	defer s.lab.Close()
	for _, servers := range crowdsOfBalancers {
		for _, b := range balancers() {
			x, err := s.measureBalancer(ctx, b, servers)
			if err != nil {
				return nil, err
			}
			found = append(found, x)
		}
	}
	return found, nil
}

// balancerTable has a row for each of both, and one for how many times ours keepalived's is.
func balancerTable(found []balanced) table {
	t := table{{"servers each 2 s", "who", "processor for a check", "processor", "memory", "reload, one weight", "reload, all weights"}}
	for i, x := range found {
		t = append(t, []string{fmt.Sprint(x.Servers), x.Who, micro(x.Check), fmt.Sprintf("%.1f %%", 100*x.Load), megabytes(x.Resident), text(x.One), text(x.All)})
		if i%2 == 1 {
			ours := found[i-1]
			t = append(t, []string{fmt.Sprint(x.Servers), "… times ours", times(x.Check, ours.Check), fmt.Sprintf("%.1f×", x.Load/ours.Load),
				times(x.Resident, ours.Resident), times(x.One, ours.One), times(x.All, ours.All)})
		}
	}
	return t
}

func times[T ~int64](theirs, ours T) string {
	return fmt.Sprintf("%.1f×", float64(theirs)/float64(max(ours, 1)))
}

// balancerText stands above the table in the document.
const balancerText = `
## ldirectord and keepalived

Our ldirectord and keepalived in turn on the same played servers, each checked every 2 s by a
connection, with the kernel's own ip_vs. On a machine whose kernel has none this runs in User-Mode
Linux, on one processor and much slower than in life: the ratios count, not the times. They are not
fair to us either: there a look at the clock, of which a Go program takes many, is a system call, and
two thirds of what a change of the table costs us. A reload is from SIGHUP until the kernel's table
shows the new weights; memory is that of all processes.

`

// buildStatic makes a program as the installed ones are made: without the system's C library.
func buildStatic(file, pkg string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w: %s", pkg, err, out)
	}
	return nil
}
