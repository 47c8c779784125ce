package agent

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"time"

	"systole/pkg/garp"
	"systole/pkg/netif"

	"golang.org/x/sys/unix"
)

// SendArpMain is the program send_arp (agents spec 4):
//
//	send_arp [-i ms] [-r count] [-p pidfile] device ip mac|auto broadcast netmask
//
// It ends at once, with 0, on TERM and leaves its pid file then; it removes it otherwise.
func SendArpMain(args []string, env func(string) string, _ io.Reader, _, stderr io.Writer) int {
	a, pidFile, err := sendArpWords(args, env)
	if err != nil {
		fmt.Fprintf(stderr, "%s: %v\nusage: %s [-i repeatinterval-ms] [-r repeatcount] [-p pidfile] device src_ip_addr src_hw_addr|auto broadcast_ip_addr netmask\n",
			sendArpName, err, sendArpName)
		return generic
	}
	report := func(format string, a ...any) { daemonLine(stderr, sendArpName, fmt.Sprintf(format, a...)) }
	if old, ok := readPid(pidFile); ok && old != os.Getpid() && signalSender(old, unix.SIGKILL) {
		report("info: Killed old %s process [%d]", sendArpName, old)
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	if err := writePid(pidFile, os.Getpid()); err != nil {
		report("ERROR: %v", err)
		return generic
	}
	if err := sendOn(ctx, a); err != nil {
		report("ERROR: %v", err)
		dropPid(pidFile)
		return generic
	}
	if ctx.Err() == nil {
		dropPid(pidFile)
	}
	return success
}

func sendOn(ctx context.Context, a sendArp) error {
	h, err := netif.Open()
	if err != nil {
		return err
	}
	defer h.Close()
	l, err := h.Link(a.device)
	if err != nil || !l.Up || len(l.MAC) != 6 {
		return noMAC(a.device)
	}
	return garp.Send(ctx, garp.Announcement{
		Interface: l.Net(), IP: a.ip, MAC: a.mac, Interval: a.interval, Count: a.count,
	})
}

// sendArp is what the arguments say.
type sendArp struct {
	device   string
	ip       netip.Addr
	mac      net.HardwareAddr // nil: the device's
	interval time.Duration
	count    int
}

func sendArpWords(args []string, env func(string) string) (a sendArp, pidFile string, err error) {
	f := flag.NewFlagSet(sendArpName, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	ms := f.Uint("i", 1000, "")
	count := f.Uint("r", 1, "")
	f.StringVar(&pidFile, "p", "", "")
	if err := f.Parse(args); err != nil {
		return a, "", err
	}
	if f.NArg() != 5 {
		return a, "", fmt.Errorf("%d arguments instead of 5", f.NArg())
	}
	a = sendArp{device: f.Arg(0), interval: time.Duration(*ms) * time.Millisecond, count: int(*count)}
	if a.ip, err = netip.ParseAddr(f.Arg(1)); err != nil || !a.ip.Is4() {
		return a, "", fmt.Errorf("bad IP address [%s]", f.Arg(1))
	}
	if mac := f.Arg(2); mac != "auto" {
		if a.mac, err = parseMAC(mac); err != nil {
			return a, "", err
		}
	}
	if pidFile == "" {
		pidFile = or(env("HA_RSCTMP"), StateDir) + "/" + sendArpName + "-" + a.ip.String()
	}
	return a, pidFile, nil
}

// parseMAC reads twelve hex digits, or the same with colons.
func parseMAC(text string) (net.HardwareAddr, error) {
	if len(text) == 12 {
		text = text[0:2] + ":" + text[2:4] + ":" + text[4:6] + ":" + text[6:8] + ":" + text[8:10] + ":" + text[10:12]
	}
	mac, err := net.ParseMAC(text)
	if err != nil || len(mac) != 6 {
		return nil, fmt.Errorf("bad MAC address [%s]", text)
	}
	return mac, nil
}

// daemonLine writes a line in the form of the daemons (failover spec 15.1).
func daemonLine(w io.Writer, entity, text string) {
	host, _ := os.Hostname()
	fmt.Fprintf(w, "%s %s %s: [%d]: %s\n", time.Now().Format("Jan 02 15:04:05"), host, entity, os.Getpid(), text)
}

// noMAC is the original's complaint, which begins like a sentence.
type noMAC string

func (dev noMAC) Error() string { return "Cannot find mac address for " + string(dev) }
