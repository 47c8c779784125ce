package differential

import (
	"regexp"
	"strings"
)

// With fork=yes the original has a process for each virtual, and its first one looks after them and after the
// file. Ours has no processes to lose.
const forkCF = `fork=yes
autoreload=yes
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate 3
	checkinterval=1
	fallback=NET.19:80
` + web + `
virtual=NET.101:80
	real=NET.13:80 masq
	real=NET.14:80 masq
	checkinterval=2
	quiescent=yes
` + web

func fork(r *run) {
	r.are(gone, "14")
	r.ldirectord("start")
	r.comes("start", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 3
		NET.101:80 -s wrr
		NET.101:80 -r NET.13:80 -m -w 1
		NET.101:80 -r NET.14:80 -m -w 0`)
	r.killChild("tcp:NET.100:80")
	r.are(gone, "11", "12", "13")
	r.are(well, "14")
	r.comes("servers die and return after a child died", `NET.100:80 -s wrr
		NET.100:80 -r NET.19:80 -g -w 1
		NET.101:80 -s wrr
		NET.101:80 -r NET.13:80 -m -w 0
		NET.101:80 -r NET.14:80 -m -w 1`)
	r.write(strings.Replace(forkCF, "gate 3", "gate 7", 1))
	r.comesLine(1, " - reread new configuration")
	r.are(well, "11", "12", "13")
	r.comes("a changed file", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 7
		NET.101:80 -s wrr
		NET.101:80 -r NET.13:80 -m -w 1
		NET.101:80 -r NET.14:80 -m -w 1`)
	r.ends("")
}

// killChild kills the original's process of a virtual, and waits for the next one.
func (r *run) killChild(id string) {
	r.Helper()
	spawned := regexp.MustCompile(`Spawned child ` + regexp.QuoteMeta(r.here(id)) + ` PID=([0-9]+)`)
	children := func() []string {
		var pids []string
		for _, line := range r.lines(r.stage.directors[0]) {
			if m := spawned.FindStringSubmatch(line); m != nil {
				pids = append(pids, m[1])
			}
		}
		return pids
	}
	first := ""
	r.await("there is a child for "+id, func(*director) bool {
		if pids := children(); len(pids) == 1 {
			first = pids[0]
		}
		return first != ""
	})
	r.on(r.stage.directors[0], "kill", "-KILL", first)
	r.await("there is another child for "+id, func(*director) bool { return len(children()) == 2 })
}
