package agent

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"time"

	"systole/pkg/garp"
	"systole/pkg/netif"

	"golang.org/x/sys/unix"
)

// SendUAMain is the program send_ua (agents spec 4):
//
//	send_ua [-i ms] [-c count] [-p pidfile] [-h] address prefixlen device
//
// It ends at once, with 0, on TERM. The pid file is ours, and treated as send_arp does: whoever
// sends TERM removes it.
func SendUAMain(args []string, _ func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	const usage = "usage: send_ua [-i interval-ms] [-c count] [-h] address prefixlen device\n"
	a, pidFile, err := sendUAWords(args)
	if err == flag.ErrHelp {
		io.WriteString(stdout, usage)
		return success
	}
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\n%s", sendUAName, err, usage)
		return generic
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	if pidFile != "" {
		if err := writePid(pidFile, os.Getpid()); err != nil {
			daemonLine(stderr, sendUAName, fmt.Sprintf("ERROR: %v", err))
			return generic
		}
	}
	err = sendUAOn(ctx, a)
	if pidFile != "" && ctx.Err() == nil {
		dropPid(pidFile)
	}
	if err != nil {
		daemonLine(stderr, sendUAName, fmt.Sprintf("ERROR: %v", err))
		return generic
	}
	return success
}

func sendUAOn(ctx context.Context, a sendArp) error {
	h, err := netif.Open()
	if err != nil {
		return err
	}
	defer h.Close()
	l, err := h.Link(a.device)
	if err != nil {
		return err
	}
	return garp.Send(ctx, garp.Announcement{Interface: l.Net(), IP: a.ip, Interval: a.interval, Count: a.count})
}

func sendUAWords(args []string) (a sendArp, pidFile string, err error) {
	f := flag.NewFlagSet(sendUAName, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	ms := f.Uint("i", 1000, "")
	count := f.Uint("c", 5, "")
	f.StringVar(&pidFile, "p", "", "")
	if err := f.Parse(args); err != nil {
		return a, "", err
	}
	if f.NArg() != 3 {
		return a, "", fmt.Errorf("%d arguments instead of 3", f.NArg())
	}
	a = sendArp{device: f.Arg(2), interval: time.Duration(*ms) * time.Millisecond, count: int(*count)}
	if a.ip, err = netip.ParseAddr(f.Arg(0)); err != nil || !a.ip.Is6() {
		return a, "", fmt.Errorf("bad IPv6 address [%s]", f.Arg(0))
	}
	if prefixLength(f.Arg(1)) == netif.BadMask {
		return a, "", fmt.Errorf("bad prefix length [%s]", f.Arg(1))
	}
	return a, pidFile, nil
}
