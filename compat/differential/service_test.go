package differential

// A day in the life of three virtuals: who is not well leaves the first, stays in the second
// with weight 0, and leaves the third after two failures. The first two look at what a server says, the
// third only connects. No server is in two of them: of such a one that is dead at a start the original
// remembers the last virtual only, and adds no entry of weight 0 to the others.
const serviceCF = `quiescent=no
maintenancedir=/var/maintenance/MARK
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate 3
	fallback=NET.19:80 gate
	checktimeout=6
` + web + `
virtual=NET.101:80
	real=NET.13:80 masq 5
	real=NET.14:80 ipip 7
	quiescent=yes
	fallback=NET.19:80 masq
	persistent=600
` + web + `
virtual=MARK
	real=NET.15:80 gate 2
	checktype=connect
	checkport=80
	failurecount=2
	scheduler=wlc
`

func service(r *run) {
	r.file("/var/maintenance/MARK/none", "", 0o644)
	r.are(gone, "12", "14")
	r.ldirectord("start")
	r.comes("start with one dead", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.101:80 -s wrr -p 600
		NET.101:80 -r NET.13:80 -m -w 5
		NET.101:80 -r NET.14:80 -i -w 0
		-f MARK -s wlc
		-f MARK -r NET.15:80 -g -w 2`)
	r.ldirectord("start")
	r.are(well, "12", "14")
	r.comes("the dead one comes", serviceWhole)
	r.are(wrong, "11", "13", "15")
	r.comes("a wrong answer", `NET.100:80 -s wrr
		NET.100:80 -r NET.12:80 -g -w 3
		NET.101:80 -s wrr -p 600
		NET.101:80 -r NET.13:80 -m -w 0
		NET.101:80 -r NET.14:80 -i -w 7
		-f MARK -s wlc
		-f MARK -r NET.15:80 -g -w 2`)
	serviceLast(r)
	serviceMaintenance(r)
	r.ldirectord("stop")
	r.comes("stop", "")
	r.left()
}

const serviceWhole = `NET.100:80 -s wrr
	NET.100:80 -r NET.11:80 -g -w 1
	NET.100:80 -r NET.12:80 -g -w 3
	NET.101:80 -s wrr -p 600
	NET.101:80 -r NET.13:80 -m -w 5
	NET.101:80 -r NET.14:80 -i -w 7
	-f MARK -s wlc
	-f MARK -r NET.15:80 -g -w 2`

// serviceLast takes the last server away and gives them back one by one.
func serviceLast(r *run) {
	r.are(hanging, "12")
	r.are(gone, "14", "15")
	r.comes("the last one hangs", `NET.100:80 -s wrr
		NET.100:80 -r NET.19:80 -g -w 1
		NET.101:80 -s wrr -p 600
		NET.101:80 -r NET.13:80 -m -w 0
		NET.101:80 -r NET.14:80 -i -w 0
		NET.101:80 -r NET.19:80 -m -w 1
		-f MARK -s wlc`)
	r.are(well, "11", "13", "15")
	r.are(gone, "12")
	r.comes("the first one is well, the other refuses", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.101:80 -s wrr -p 600
		NET.101:80 -r NET.13:80 -m -w 5
		NET.101:80 -r NET.14:80 -i -w 0
		-f MARK -s wlc
		-f MARK -r NET.15:80 -g -w 2`)
	r.are(well, "12", "14")
	r.comes("both are well", serviceWhole)
}

// serviceMaintenance takes servers out by files in maintenancedir: one by address and port, one by its short name.
func serviceMaintenance(r *run) {
	r.file("/var/maintenance/MARK/NET.11:80", "", 0o644)
	r.file("/var/maintenance/MARK/real15-MARK", "", 0o644)
	r.comes("maintenance", `NET.100:80 -s wrr
		NET.100:80 -r NET.12:80 -g -w 3
		NET.101:80 -s wrr -p 600
		NET.101:80 -r NET.13:80 -m -w 5
		NET.101:80 -r NET.14:80 -i -w 7
		-f MARK -s wlc`)
	r.both("rm", r.here("/var/maintenance/MARK/NET.11:80"), r.here("/var/maintenance/MARK/real15-MARK"))
	r.comes("end of the maintenance", serviceWhole)
}
