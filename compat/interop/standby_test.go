package interop

import (
	"regexp"
	"strings"
	"testing"

	"systole/compat/lab"
)

// move is a request to go standby and what each node holds afterwards, as failover spec 9 has it
// from the original: two groups, one preferred by each node.
type move struct {
	tool, kind      string
	on              string // active or standby: where the command is given
	requester, gave string // who gives up, and which kind in its own words
	active, standby string // what they hold in the end
}

func moves() []move {
	return []move{
		{"hb_standby", "foreign", "active", "active", "foreign", "local", "local"}, // holds nothing foreign: nothing moves
		{"hb_standby", "local", "active", "active", "local", "none", "all"},
		{"hb_standby", "foreign", "standby", "standby", "foreign", "local", "local"},
		{"hb_standby", "all", "active", "active", "all", "none", "all"},
		{"hb_takeover", "local", "active", "standby", "foreign", "local", "local"},
		{"hb_takeover", "all", "standby", "active", "all", "none", "all"},
		{"hb_standby", "all", "standby", "standby", "all", "all", "none"},
		{"hb_takeover", "local", "standby", "active", "foreign", "local", "local"},
		{"hb_takeover", "foreign", "standby", "active", "local", "none", "all"},
		{"hb_standby", "failback", "standby", "standby", "foreign", "local", "local"},
		{"hb_takeover", "foreign", "active", "standby", "local", "all", "none"},
		{"hb_takeover", "all", "standby", "active", "all", "none", "all"},
		{"hb_takeover", "all", "active", "standby", "all", "all", "none"},
	}
}

func TestStandby(t *testing.T) {
	t.Parallel()
	groups := wwwGroup + strings.Replace(auxGroup, "websvc::aux ", "", 1)
	eachRole(t, setting{failback: "off", key: "md5", groups: groups}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.at(p.aux, p.standby)
		p.active.holds("local")
		p.standby.holds("local")
		for _, m := range moves() {
			p.step(m.tool + " " + m.kind + " on " + m.on)
			p.node(m.on).tool(m.tool, m.kind)
			giver := p.node(m.requester)
			giver.says("standby requester "+m.gave, p.other(giver))
			p.other(giver).says("standby taker "+m.gave, giver)
			p.ends(m.active, m.standby)
		}
		p.step("a wrong word")
		r := lab.OK(p.active.Run(patience.For(p.attempt), "/usr/share/heartbeat/hb_standby", "everything"))(p.attempt)
		if r.Code != 1 || !strings.Contains(r.Stdout+r.Stderr, "wrong resources(everything).") {
			p.Errorf("hb_standby everything: exit code %d, %q %q", r.Code, r.Stdout, r.Stderr)
		}
		p.ends("all", "none")
	})
}

func (p *pair) node(name string) *node {
	if name == "active" {
		return p.active
	}
	return p.standby
}

// ends waits until the nodes say that they hold these, and looks for the addresses.
func (p *pair) ends(active, standby string) {
	p.Helper()
	p.active.holds(active)
	p.standby.holds(standby)
	where := map[string][2]*node{"local": {p.active, p.standby}, "none": {p.standby, p.standby}, "all": {p.active, p.active}}[active]
	p.at(p.www, where[0])
	p.at(p.aux, where[1])
}

// TestLoss loses every fifth datagram each way. Nothing may move by itself, what is asked for must
// happen all the same, and in the end nothing may be missing.
func TestLoss(t *testing.T) {
	t.Parallel()
	// With ARP among what is lost, a node may be deaf to the other for seconds.
	set := setting{failback: "off", extra: "warntime 4\ndeadtime 8\n", allowed: regexp.MustCompile(`lost packet|No pkts missing|Late heartbeat|` +
		// Of reports that are missing, or come late, a node makes this.
		`(No one owns (our local|foreign)|Both machines own (our|foreign)) resources!`)}
	eachRole(t, set, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()
		p.step("loss of 20 %")
		if err := p.active.Lose("eth0", 0.2, 0.2); err != nil {
			p.Fatal(err)
		}
		for range 8 {
			p.missedAndGot(p.active)
			p.missedAndGot(p.standby)
		}
		p.oneHolder(p.www, p.active)
		p.step("hb_standby during the loss")
		p.active.tool("hb_standby", "all")
		p.at(p.www, p.standby)
		p.joined()
		p.standby.tool("hb_standby", "all")
		p.at(p.www, p.active)
		p.missedAndGot(p.active)
		p.missedAndGot(p.standby)

		p.step("no more loss")
		if err := p.active.Heal("eth0"); err != nil {
			p.Fatal(err)
		}
		for _, n := range []*node{p.active, p.standby} {
			patience.Until(p.attempt, n.Name+" has what it missed", n.missesNothing)
		}
		p.joined()
		p.at(p.www, p.active)
		p.stopBoth()
	})
}

// missedAndGot waits until a node has missed datagrams and got them after all, from the mark on,
// and moves the mark there.
func (p *pair) missedAndGot(n *node) {
	p.Helper()
	for _, re := range []string{`[0-9]+ lost packet\(s\) for`, `No pkts missing from`} {
		at := n.mark
		match := regexp.MustCompile(re)
		lab.OK(n.log.AwaitFrom(patience.For(p.attempt), at, func(l lab.Line) bool {
			at++
			return match.MatchString(l.Text)
		}))(p.attempt)
		n.mark = at
	}
}

// missesNothing says whether the last word about lost packets is that none is missing.
func (n *node) missesNothing() bool {
	last := ""
	for _, l := range n.log.All() {
		if reordered.MatchString(l.Text) || regexp.MustCompile(`lost packet`).MatchString(l.Text) {
			last = l.Text
		}
	}
	return !regexp.MustCompile(`lost packet`).MatchString(last)
}
