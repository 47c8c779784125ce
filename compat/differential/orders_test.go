package differential

import (
	"strconv"
	"strings"
)

// Every command while the daemon runs, with a good file and with a broken one; and while it does not run, and wrong ones.
// What a daemon does is the matter of the other scenarios.
const ordersCF = `quiescent=no
virtual=NET.100:80
	real=NET.11:80 gate
` + web

func orders(r *run) {
	const up = "NET.100:80 -s wrr\nNET.100:80 -r NET.11:80 -g -w 1"
	r.ldirectord("restart")
	r.comes("start", up)
	for _, command := range []string{"status", "start", "force-reload"} {
		r.ldirectord(command)
	}
	r.comesLine(1, "Reloading Linux Director Daemon config on signal")
	for i, command := range []string{"restart", "try-restart"} {
		r.ldirectord(command)
		r.comesLine(i+1, "Linux Director Daemon terminated on signal: TERM")
		r.comes(command, up)
	}
	r.ordersBroken()
	r.ends("")
}

// ordersBroken are those with a broken file. The original removes the pid file of its daemon then.
func (r *run) ordersBroken() {
	r.Helper()
	pids := map[*director]string{}
	for _, d := range r.stage.directors {
		text, err := d.ReadFile(r.pidFile())
		if err != nil {
			r.Fatal(err)
		}
		pids[d] = string(text)
	}
	r.write(ordersCF + "nonsense\n")
	for _, command := range []string{"status", "start", "reload", "restart"} {
		r.ldirectord(command)
		for d, text := range pids {
			if err := d.WriteFile(r.pidFile(), []byte(text), 0o644); err != nil {
				r.Fatal(err)
			}
		}
	}
	r.write(ordersCF)
	for d, text := range pids {
		if res := r.on(d, "kill", "-0", strings.TrimSpace(text)); res.Code != 0 {
			r.Errorf("%s: the daemon %s is gone: %s", d.who, strconv.Quote(text), res.Stderr)
		}
	}
}

// usage is without a daemon. How the usage is told is our own but for its first lines.
func usage(r *run) {
	for _, command := range []string{"status", "stop", "reload", "force-reload", "try-restart"} {
		r.ldirectord(command)
	}
	r.file(r.pidFile(), "29999\n", 0o644)
	for _, command := range []string{"status", "reload", "stop"} {
		r.ldirectord(command)
	}
	for _, args := range []string{"", r.name, r.name + " sometimes", "-x " + r.name + " status", "--vers " + r.name + " status"} {
		r.both("sh", "-c", "out=$(/usr/sbin/ldirectord "+args+"); code=$?; echo \"$out\" | head -n 4; exit $code")
	}
	r.both("/usr/sbin/ldirectord", "-v")
	r.both("/usr/sbin/ldirectord", "--", r.name, "status", "more")
	r.both("/usr/sbin/ldirectord", "missing.cf", "start")
	r.comes("nothing", "")
}
