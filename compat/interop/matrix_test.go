package interop

import (
	"fmt"
	"regexp"
	"testing"

	"systole/compat/lab"
)

// TestMatrix joins one of ours and an original by every kind of key and every medium of the how-tos,
// each in both roles: cold start, power cut of the holder, and its return.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"sha1", "md5", "crc"} {
		for _, media := range []string{"ucast", "bcast", "mcast"} {
			for _, r := range roles()[:2] {
				t.Run(fmt.Sprintf("%s %s %s", key, media, r.name), func(t *testing.T) {
					t.Parallel()
					inRole(t, r, setting{failback: "on", key: key, media: media}, crashAndReturn)
				})
			}
		}
	}
}

func crashAndReturn(p *pair) {
	p.startBoth()
	p.at(p.www, p.active)
	p.joined()
	p.step("crash of the holder")
	p.active.crash()
	p.at(p.www, p.standby)
	p.step("return of the owner: failback")
	p.active.reboot()
	p.at(p.www, p.active)
	p.joined()
	p.oneHolder(p.www, p.active)
	p.stopBoth()
}

// twoKeys is an authkeys with two keys, of which one is in use. They have the same secret: an
// original verifies with the secret of its own key whatever key a datagram names (wire spec 2).
func twoKeys(auth int) string {
	return fmt.Sprintf("auth %d\n1 sha1 gunnmlvs\n2 md5 gunnmlvs\n", auth)
}

// TestKeyChange changes the key of a running pair, one node after the other. Nobody is taken for
// dead, nothing moves, and in the end both sign with the new key.
func TestKeyChange(t *testing.T) {
	t.Parallel()
	eachRole(t, setting{failback: "off", key: "two", allowed: regexp.MustCompile(`ereading authentication file`)}, func(p *pair) {
		p.startBoth()
		p.at(p.www, p.active)
		p.joined()
		wire := lab.OK(p.standby.Capture("eth0"))(p.attempt)
		defer wire.Stop()
		before := p.moves(p.www)
		for _, n := range []*node{p.standby, p.active} {
			p.step("new key on " + n.Name)
			n.write("authkeys", twoKeys(2), 0o600)
			n.run("service", "heartbeat", "reload")
			p.signs(wire, n, 2)
		}
		p.joined()
		p.step("crash of the standby node: it is still heard")
		p.standby.crash()
		p.active.says("peer crashed", p.standby)
		if p.moves(p.www) != before {
			p.Errorf("the change of keys moved %s", p.www)
		}
	})
}

// signs waits until a node has sent some datagrams with a key, and none with another one between.
func (p *pair) signs(wire *lab.Capture, n *node, key int) {
	p.Helper()
	addr := map[*node]string{p.active: activeAddr, p.standby: standbyAddr}[n]
	token, in := regexp.MustCompile(fmt.Sprintf(`%%%%%%\n[0-9]+:%d `, key)), 0
	lab.OK(wire.AwaitFrom(patience.For(p.attempt), wire.Len(), func(f lab.Frame) bool {
		src, _, data, ok := f.UDP()
		if !ok || src.Addr().String() != addr {
			return false
		}
		if in++; !token.Match(data) {
			in = 0
		}
		return in == 10
	}))(p.attempt)
}
