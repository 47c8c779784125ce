package differential

// A daemon that is killed leaves its table, as does cleanstop=no at a stop. The next one takes over what it
// knows, and leaves alone what it does not.
const crashCF = `quiescent=yes
cleanstop=no
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate 2
` + web + `
virtual=NET.101:80
	real=NET.12:80 masq
	quiescent=no
` + web

func crash(r *run) {
	r.ldirectord("start")
	r.comes("start", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 2
		NET.101:80 -s wrr
		NET.101:80 -r NET.12:80 -m -w 1`)
	r.signal("KILL")
	r.are(gone, "11")
	r.ldirectord("status")
	r.write(`quiescent=yes
cleanstop=no
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.13:80 gate 3
` + web + `
virtual=NET.102:80
	real=NET.13:80 masq
	cleanstop=yes
` + web)
	r.ldirectord("start")
	r.comes("start after the kill with another file", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 0
		NET.100:80 -r NET.13:80 -g -w 3
		NET.101:80 -s wrr
		NET.101:80 -r NET.12:80 -m -w 1
		NET.102:80 -s wrr
		NET.102:80 -r NET.13:80 -m -w 1`)
	r.ends(`NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 0
		NET.100:80 -r NET.13:80 -g -w 3
		NET.101:80 -s wrr
		NET.101:80 -r NET.12:80 -m -w 1`)
}
