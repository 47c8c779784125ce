package clients

import "testing"

// respawn is a client that the daemon starts.
func respawn(program string) string { return "respawn hacluster " + program + "\n" }

// TestIpfail has the original's ipfail at our daemons, and ours at the original's: the address
// leaves the node that lost the gateway, and comes back (failover spec 12).
func TestIpfail(t *testing.T) {
	for _, c := range []struct {
		daemon daemon
		ipfail string
	}{
		{ours, originalDir + "/ipfail"},
		{original, oursDir + "/ipfail"},
	} {
		t.Run("daemon "+c.daemon.String(), func(t *testing.T) {
			t.Parallel()
			p := newPair(t, c.daemon, respawn(c.ipfail))
			p.start()
			for _, n := range []*node{p.active, p.standby} {
				n.awaits("ipfail: .* (No giveup timer to abort|Ping node count is balanced)")
				n.run("pgrep", "-f", "^"+c.ipfail)
			}
			if err := p.active.Deafen("eth0", p.gateway); err != nil {
				t.Fatal(err)
			}
			p.at(p.standby)
			p.standby.holds("all")
			if err := p.active.Heal("eth0"); err != nil {
				t.Fatal(err)
			}
			p.at(p.active)
		})
	}
}
