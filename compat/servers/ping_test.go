package servers

import (
	"context"
	"net"
	"testing"

	"systole/compat/lab"
)

// dialIP opens a raw socket of a host.
func dialIP(ctx context.Context, h *lab.Host, network, address string) (net.Conn, error) {
	var c net.Conn
	err := h.Do(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}

func (f *farm) boot(t *testing.T) func() error {
	return func() error {
		if err := f.host.Restart(); err != nil {
			return err
		}
		introduce(t, f.director, f.host)
		return nil
	}
}

// TestPing: a server without any service answers pings until its power is cut; the next one at
// the address answers again.
func TestPing(t *testing.T) {
	l := lab.Test(t)
	lan := lab.OK(l.Switch("lan"))(t)
	f := &farm{}
	f.director = lab.OK(l.Host(lab.Spec{Name: "director", Ports: map[string]lab.Port{"eth0": lab.On(lan, "10.1.0.1/16", "fd00::1/64")}}))(t)
	f.host = lab.OK(l.Host(lab.Spec{Name: "servers", Ports: map[string]lab.Port{"eth0": lab.On(lan, address4+"/16", address6+"/64")}}))(t)
	introduce(t, f.director, f.host)
	for _, step := range []struct {
		what string
		do   func() error
		up   bool
	}{
		{"well", func() error { return nil }, true},
		{"power cut", func() error { f.host.Kill(); return nil }, false},
		{"booted", f.boot(t), true},
	} {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		for _, config := range []string{"checktype=ping", "checktype=ping" + six, "checktype=connect|protocol=udp"} {
			if r := f.check(t, testCase{config: config}, 9, short); r.Up != step.up {
				t.Errorf("%s, %s: %+v", step.what, config, r)
			}
		}
	}
}
