// Package native is the monitors and alerts that Systole has inside: those that how-tos of LVS use,
// with the arguments, the output and the exit codes of mon's own (agents spec 7.4, 7.6).
//
//	http.monitor [-p PORT] [-t SECONDS] [-u PATH] [-a AGENT] [-m REGEX] [-o] HOST...
//	tcp.monitor [-p PORT] [-t SECONDS] HOST...
//	ping.monitor [-c COUNT] [-6] HOST...    fping.monitor [-t MS] [-r RETRIES] HOST...
//	lvs.alert -P tcp -V VIP:PORT -R RIP -W WEIGHT -F dr|tun|nat [-X down|up] [-u]
//
// A monitor prints the hosts that failed on its first line, sorted, then what it saw of each host
// in the order of its arguments; the hosts are asked side by side, where mon's ask one by one.
package native

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
)

// Call is one call of a program.
type Call struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Program is a monitor or an alert.
type Program struct {
	Name string
	Run  func(ctx context.Context, c Call) int
}

// Programs are all there are.
func Programs() []Program {
	return []Program{
		{"http.monitor", httpMonitor},
		{"tcp.monitor", tcpMonitor},
		{"ping.monitor", pingMonitor},
		{"fping.monitor", fpingMonitor},
		{"lvs.alert", lvsAlert},
		{"ipvs.alert", lvsAlert},
	}
}

// Find returns a program by name.
func Find(name string) (Program, bool) {
	all := Programs()
	i := slices.IndexFunc(all, func(p Program) bool { return p.Name == name })
	if i < 0 {
		return Program{}, false
	}
	return all[i], true
}

// outcome is what a monitor saw of one host.
type outcome struct {
	host   string
	failed bool
	text   string // lines, each with its newline
}

// hostsAtOnce is how many hosts are asked at a time.
const hostsAtOnce = 64

// each asks all hosts and returns what came of it in their order.
func each(hosts []string, ask func(host string) outcome) []outcome {
	out := make([]outcome, len(hosts))
	free := make(chan struct{}, hostsAtOnce)
	var all sync.WaitGroup
	for i, h := range hosts {
		free <- struct{}{}
		all.Go(func() {
			out[i] = ask(h)
			out[i].host = h
			<-free
		})
	}
	all.Wait()
	return out
}

// failures are the hosts that failed, sorted, as a summary line has them.
func failures(all []outcome) string {
	var hosts []string
	for _, o := range all {
		if o.failed {
			hosts = append(hosts, o.host)
		}
	}
	slices.Sort(hosts)
	return strings.Join(hosts, " ")
}

// exit is the exit code of a monitor.
func exit(all []outcome) int {
	if failures(all) != "" {
		return 1
	}
	return 0
}

// texts writes what was seen of the hosts that failed, or of the others.
func texts(w io.Writer, all []outcome, failed bool) {
	for _, o := range all {
		if o.failed == failed {
			fmt.Fprint(w, o.text)
		}
	}
}

// address finds the first address of a host, IPv4 first.
func address(ctx context.Context, host string) (string, error) {
	all, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if a.Unmap().Is4() {
			return a.Unmap().String(), nil
		}
	}
	return all[0].String(), nil
}
