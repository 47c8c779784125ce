package differential

// A reload adds, removes and changes what the file says, and keeps the rest.
const reloadCF = `quiescent=no
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate
` + web + `
virtual=NET.101:80
	real=NET.11:80 masq
` + web

func reload(r *run) {
	r.are(gone, "12")
	r.ldirectord("start")
	r.comes("start", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.101:80 -s wrr
		NET.101:80 -r NET.11:80 -m -w 1`)
	r.write(`quiescent=no
virtual=NET.100:80
	real=NET.11:80 gate 9
	real=NET.12:80 gate
	real=NET.13:80 gate
	persistent=300
` + web + `
virtual=NET.102:80
	real=NET.13:80 masq 4 l:5 u:10
	real=NET.12:80 masq
	fallback=NET.19:80 masq
	quiescent=yes
` + web)
	r.ldirectord("reload")
	r.comes("reload", `NET.100:80 -s wrr -p 300
		NET.100:80 -r NET.11:80 -g -w 9
		NET.100:80 -r NET.13:80 -g -w 1
		NET.102:80 -s wrr
		NET.102:80 -r NET.12:80 -m -w 0
		NET.102:80 -r NET.13:80 -m -w 4`)
	r.thresholds("NET.102:80", "-> NET.13:80 10 5 0 0")
	r.are(well, "12")
	r.comes("the dead one comes", reloadWhole)
	reloadRefused(r)
	r.ends("")
}

const reloadWhole = `NET.100:80 -s wrr -p 300
	NET.100:80 -r NET.11:80 -g -w 9
	NET.100:80 -r NET.12:80 -g -w 1
	NET.100:80 -r NET.13:80 -g -w 1
	NET.102:80 -s wrr
	NET.102:80 -r NET.12:80 -m -w 1
	NET.102:80 -r NET.13:80 -m -w 4`

// reloadRefused has a broken file refused, and then another forwarding method, scheduler and fallback taken.
func reloadRefused(r *run) {
	r.write("quiescent=no\nvirtual=NET.100:80\n\treal=NET.11:80 gate 2\n\tchecktype=sometimes\n")
	r.signal("HUP")
	r.comesLine(1, "Error [")
	r.comes("a broken file", reloadWhole)
	r.write(`quiescent=no
virtual=NET.100:80
	real=NET.11:80 masq 9
	real=NET.13:80 ipip
	scheduler=sh
	fallback=NET.19:80
	service=http
	request="index.html"
	receive="well"
`)
	r.signal("HUP")
	r.comes("a good file", `NET.100:80 -s sh
		NET.100:80 -r NET.11:80 -m -w 9
		NET.100:80 -r NET.13:80 -i -w 1`)
	r.signal("HUP")
	r.comes("a reload without a change", `NET.100:80 -s sh
		NET.100:80 -r NET.11:80 -m -w 9
		NET.100:80 -r NET.13:80 -i -w 1`)
	r.are(gone, "11", "13")
	r.comes("all dead", `NET.100:80 -s sh
		NET.100:80 -r NET.19:80 -g -w 1`)
}
