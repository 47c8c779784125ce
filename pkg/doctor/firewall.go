package doctor

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"systole/pkg/state"
)

// firewall looks whether heartbeats can come in: by those that do, else by the rulesets.
func firewall(ctx context.Context, _ *Machine, s Setup) []Finding {
	if s.Port == 0 {
		return []Finding{skipped("no ha.cf, or no medium of UDP")}
	}
	found := foreign(s)
	if s.Status != nil && hears(s.Status) {
		return append(found, ok("heartbeats come in on UDP port %d", s.Port))
	}
	looked := false
	if text, there := output(ctx, "nft", "list", "ruleset"); there {
		looked = true
		found = append(found, judgeNft(text, s.Port)...)
	}
	if text, there := output(ctx, "iptables-save"); there {
		looked = true
		found = append(found, judgeIptables(text, s.Port)...)
	}
	switch {
	case len(found) > 0:
		return found
	case !looked:
		return []Finding{skipped("neither nft nor iptables-save is here to tell of rules")}
	}
	return []Finding{ok("no rule keeps UDP port %d closed", s.Port)}
}

// hears says whether a heartbeat of another node has come in.
func hears(d *state.Document) bool {
	for _, n := range d.Nodes {
		for _, p := range n.Paths {
			if p.Up && p.Count > 0 {
				return true
			}
		}
	}
	return false
}

// foreign looks whether another program has the port while heartbeat does not run.
func foreign(s Setup) []Finding {
	if s.Status != nil {
		return nil
	}
	for _, name := range []string{"udp", "udp6"} {
		text, err := table(name)
		if err == nil && bound(text, s.Port) {
			return []Finding{warning(fmt.Sprintf("ss -lunp sport = :%d", s.Port), "heartbeat does not answer here, and UDP port %d is in use: if another program has it, heartbeat cannot start", s.Port)}
		}
	}
	return nil
}

// bound says whether a listing of /proc/net/udp has a socket on a port: "  0: 00000000:02B6 …".
func bound(listing string, port int) bool {
	for line := range strings.Lines(listing) {
		f := strings.Fields(line)
		if len(f) < 3 {
			continue
		}
		_, hex, _ := strings.Cut(f[1], ":")
		if n, err := strconv.ParseUint(hex, 16, 16); err == nil && int(n) == port {
			return true
		}
	}
	return false
}

var (
	nftHook   = regexp.MustCompile(`hook input .*policy drop`)
	closing   = regexp.MustCompile(`\b(drop|reject)\b`)
	appending = regexp.MustCompile(`^-A INPUT .*-p udp .*--dport (\d+)`)
)

// names says whether a rule of nft is about a UDP port, alone or in a set.
func names(line string, port int) bool {
	_, ports, found := strings.Cut(line, "udp dport ")
	if !found {
		return false
	}
	for _, word := range strings.FieldsFunc(ports, func(r rune) bool { return strings.ContainsRune(" ,{}", r) }) {
		from, to, isRange := strings.Cut(word, "-")
		low, err := strconv.Atoi(from)
		if err != nil {
			return word == "ha-cluster" && port == 694
		}
		high := low
		if isRange {
			high, _ = strconv.Atoi(to)
		}
		if low <= port && port <= high {
			return true
		}
	}
	return false
}

// judgeNft reads a ruleset as nft lists it: a rule that closes the port, or a chain that drops what
// no rule accepts and has none for the port. It knows no jumps.
func judgeNft(ruleset string, port int) []Finding {
	drops, accepts := false, false
	repair := fmt.Sprintf("nft insert rule inet filter input udp dport %d accept", port)
	for line := range strings.Lines(ruleset) {
		drops = drops || nftHook.MatchString(line)
		if !names(line, port) {
			continue
		}
		if closing.MatchString(line) {
			return []Finding{bad(repair, "a rule of nft closes UDP port %d: %s", port, strings.TrimSpace(line))}
		}
		accepts = accepts || strings.Contains(line, "accept")
	}
	if drops && !accepts {
		return []Finding{bad(repair, "nft drops what no rule accepts, and none accepts UDP port %d", port)}
	}
	return nil
}

// judgeIptables reads the rules as iptables-save writes them.
func judgeIptables(rules string, port int) []Finding {
	drops, accepts := false, false
	repair := fmt.Sprintf("iptables -I INPUT -p udp --dport %d -j ACCEPT", port)
	for line := range strings.Lines(rules) {
		line = strings.TrimSpace(line)
		drops = drops || strings.HasPrefix(line, ":INPUT DROP") || line == "-A INPUT -j DROP" || strings.HasPrefix(line, "-A INPUT -j REJECT")
		m := appending.FindStringSubmatch(line)
		if m == nil || m[1] != strconv.Itoa(port) {
			continue
		}
		if strings.Contains(line, "-j DROP") || strings.Contains(line, "-j REJECT") {
			return []Finding{bad(repair, "a rule of iptables closes UDP port %d: %s", port, line)}
		}
		accepts = accepts || strings.Contains(line, "-j ACCEPT")
	}
	if drops && !accepts {
		return []Finding{bad(repair, "iptables drops what no rule accepts, and none accepts UDP port %d", port)}
	}
	return nil
}
