package agent

import (
	"strings"
	"testing"
)

// A real server that has the address on its loopback device, and a host route to it as how-to
// 001 makes one, does not serve it: the original's status is an error and its start refuses, with
// these lines (IPaddr of resource-agents 4.12 on such a host).
func TestIPaddrBehindLoopbackRoute(t *testing.T) {
	r, log := installed(t)
	onLo(theVIP+"/32", "", "lo:0", true)(t, nil)
	for _, s := range []struct {
		op   string
		code int
		says string
	}{
		{"status", generic, "is running an interface (lo) instead of the configured one (eth0)"},
		{"start", badArgs, "ERROR: Invalid parameter value: nic [eth0] Calculated nic: [lo]"},
	} {
		res := run(t, r, s.op, "IPaddr", theVIP)
		if text := strings.Join(log.Take(), "\n"); res.Code != s.code || !strings.Contains(text, s.says) {
			t.Errorf("%s: %d, want %d\n%s", s.op, res.Code, s.code, text)
		}
	}
}
