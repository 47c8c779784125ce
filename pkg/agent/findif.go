package agent

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"systole/pkg/netif"
)

// FindifMain is the findif program (agents spec 3.1): parameters from the environment, -C for a
// netmask as bits. It also takes the one argument that heartbeat before 2.0 gave it,
// ip[/netmask[/interface][/broadcast]] or ip/broadcast[/bits].
func FindifMain(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	w, asBits, ok := findifWords(args, env)
	if !ok {
		io.WriteString(stderr, "\n"+findifUsage)
		return netif.FindifUsage
	}
	if w.IP == "" {
		io.WriteString(stderr, "ERROR: IP address parameter is mandatory.\n"+findifUsage)
		return netif.FindifBadWord
	}
	net, err := netif.Open()
	if err != nil {
		fmt.Fprintf(stderr, "findif: %v\n", err)
		return netif.FindifNoRoute
	}
	defer net.Close()
	t, err := net.Tables()
	var f netif.Found
	if err == nil {
		f, err = t.Findif(w, exists(net))
	}
	if err != nil {
		return findifFailed(err, stderr, "findif")
	}
	mask := netif.FormatMask(f.Bits)
	if asBits {
		mask = fmt.Sprint(f.Bits)
	}
	fmt.Fprintf(stdout, "%s\tnetmask %s\tbroadcast %s\n", f.Interface, mask, f.Broadcast)
	return success
}

func exists(h *netif.Handle) func(name string) bool {
	return func(name string) bool {
		_, err := h.Link(name)
		return err == nil
	}
}

// findifFailed prints why nothing was found; a word that makes no sense brings the usage too.
func findifFailed(err error, stderr io.Writer, program string) int {
	fmt.Fprintln(stderr, err)
	var why *netif.FindifError
	if !errors.As(err, &why) {
		return netif.FindifNoRoute
	}
	if why.Code == netif.FindifBadWord {
		io.WriteString(stderr, "\n"+strings.Replace(findifUsage, "findif", program, 1))
	}
	return why.Code
}

func findifWords(args []string, env func(string) string) (w netif.Words, asBits, ok bool) {
	w = netif.Words{
		IP:        env("OCF_RESKEY_ip"),
		Netmask:   or(env("OCF_RESKEY_cidr_netmask"), env("OCF_RESKEY_netmask")),
		Broadcast: env("OCF_RESKEY_broadcast"),
		Interface: env("OCF_RESKEY_nic"),
	}
	if len(args) > 0 && args[0] == "-C" {
		asBits, args = true, args[1:]
	}
	if len(args) > 1 || len(args) == 1 && strings.HasPrefix(args[0], "-") {
		return w, asBits, false
	}
	if len(args) == 1 {
		w = oldFindifWord(args[0])
	}
	w.Interface, _, _ = strings.Cut(w.Interface, ":")
	return w, asBits, true
}

// oldFindifWord reads the one argument of the early findif. A dotted quad in the second place
// that is no netmask is the broadcast.
func oldFindifWord(arg string) netif.Words {
	p := parseWord(arg)
	w := netif.Words{IP: p.ip, Netmask: p.mask, Interface: p.nic, Broadcast: p.broadcast}
	if bits, dotted := netif.ParseMask(p.mask); dotted && bits == netif.BadMask {
		if _, err := netip.ParseAddr(p.mask); err == nil {
			w.Netmask, w.Broadcast = p.broadcast, p.mask
		}
	}
	return w
}

// findifUsage is the usage text of the original.
const findifUsage = `Usage: findif [-C]
Options:
    -C: Output netmask as the number of bits rather than as 4 octets.
Environment variables:
OCF_RESKEY_ip		 ip address (mandatory!)
OCF_RESKEY_cidr_netmask netmask of interface
OCF_RESKEY_broadcast	 broadcast address for interface
OCF_RESKEY_nic		 interface to assign to
`
