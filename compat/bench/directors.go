package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"systole/compat/lab"
)

// The second half of the bench is about ldirectord: the real one beside ours, on the same played
// servers, each on a host of its own and with a stand-in of the kernel's table. The real one runs a
// program for each look and each change, ours keeps the table in memory; figures about changes
// of the table therefore say what the program costs, not the kernel.

// directorHost is a host on which a director runs.
type directorHost struct {
	*lab.Host
	ours bool
}

func (d directorHost) who() string {
	if d.ours {
		return "systole"
	}
	return "ldirectord"
}

// directorStage is a lab with the servers.
type directorStage struct {
	lab  *lab.Lab
	lan  *lab.Switch
	farm *farm
	dir  string // with the programs
	next int    // last number of the next host's address
}

func newDirectorStage() (*directorStage, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	for name, pkg := range map[string]string{"ipvsadm": "systole/compat/bench/ipvsadm", "ldirectord": "systole/compat/bench"} {
		if err == nil {
			err = buildStatic(dir+"/"+name, pkg)
		}
	}
	var s *directorStage
	if err == nil {
		s, err = newStageIn(dir)
	}
	if err != nil {
		os.RemoveAll(dir)
	}
	return s, err
}

// newStageIn makes a stage whose programs are in a directory.
func newStageIn(dir string) (*directorStage, error) {
	l, err := lab.New()
	if err != nil {
		return nil, err
	}
	s := &directorStage{lab: l, dir: dir, next: 10}
	if s.lan, err = l.Switch("lan"); err == nil {
		s.farm, err = newFarm(l, s.lan)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return s, nil
}

func (s *directorStage) close() {
	s.lab.Close()
	os.RemoveAll(s.dir)
}

// host makes a director's host.
func (s *directorStage) host(ours bool) (directorHost, error) {
	s.next++
	d := directorHost{ours: ours}
	flavour, program, place := lab.Originals, s.dir+"/ipvsadm", "/sbin/ipvsadm"
	if ours {
		flavour, program, place = lab.Bare, s.dir+"/ldirectord", "/usr/sbin/ldirectord"
	}
	var err error
	d.Host, err = s.lab.Host(lab.Spec{Name: fmt.Sprintf("%s%d", d.who(), s.next), Flavour: flavour,
		Ports: map[string]lab.Port{"eth0": lab.On(s.lan, fmt.Sprintf("10.0.0.%d/24", s.next))}, Gateway: farmGate})
	if err != nil {
		return d, err
	}
	return d, d.Install(program, place, 0o755)
}

// config writes a ldirectord.cf of n servers from the first one on, all in one virtual.
func (d directorHost) config(settings, check string, first, n int) error {
	var b strings.Builder
	b.WriteString(settings + "logfile=\"/var/log/ldirectord.log\"\nquiescent=no\nvirtual=10.0.0.100:80\n    scheduler=wrr\n" + check)
	for i := range n {
		fmt.Fprintf(&b, "    real=%s:80 gate\n", farmAddr(first+i))
	}
	return d.WriteFile("/etc/ha.d/ldirectord.cf", []byte(b.String()), 0o644)
}

// webCheck is what most how-tos have.
const webCheck = "    checktype=negotiate\n    service=http\n    request=\"index.html\"\n    receive=\"well\"\n"

func (d directorHost) ldirectord(ctx context.Context, command string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := d.Check(ctx, "/usr/sbin/ldirectord", "/etc/ha.d/ldirectord.cf", command)
	return err
}

// number reads one of the files of the stand-in; 0 before it is there.
func (d directorHost) number(name string) int {
	text, err := d.ReadFile(standinDir + "/" + name)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// await waits until so many servers are in service, and says when that was.
func (d directorHost) await(ctx context.Context, servers int, limit time.Duration) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if lab.Poll(ctx, 5*time.Millisecond, func() (bool, error) { return d.number("count") == servers, nil }) != nil {
		return time.Time{}, fmt.Errorf("%s: %d servers in service, %d wanted", d.Name, d.number("count"), servers)
	}
	return time.Now(), nil
}
