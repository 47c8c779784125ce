package differential

import (
	"golang.org/x/sys/unix"

	"systole/compat/lab"
)

// supervised=yes keeps the daemon in the foreground, its log on standard output, without a pid file. The original holds
// the last lines back until it changes the table again or ends.
const supervisedCF = `supervised=yes
quiescent=no
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate
` + web

func supervised(r *run) {
	running := map[*director]*lab.Process{}
	for _, d := range r.stage.directors {
		running[d] = lab.OK(d.Start("/usr/sbin/ldirectord", r.name, "start"))(r.T)
	}
	r.lines = func(d *director) []string { return whole(running[d].Stdout()) }
	r.tables("start", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 1`)
	r.are(gone, "11")
	r.tables("one is gone", `NET.100:80 -s wrr
		NET.100:80 -r NET.12:80 -g -w 1`)
	r.ldirectord("status")
	for _, p := range running {
		p.Signal(unix.SIGINT)
	}
	r.comes("the end", "")
	ctx := patience.For(r)
	for d, p := range running {
		if code := lab.OK(p.Wait(ctx))(r.T); code != 0 {
			r.Errorf("%s: exit code %d", d.who, code)
		}
	}
}
