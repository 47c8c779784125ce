package differential

// Servers in several virtuals. The first two have the same identity in two virtuals, where the original checks them
// once; the monitor files tell each virtual of it. A command is told when nobody is left.
const sharedCF = `quiescent=no
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate
	monitorfile="/var/log/monitor-MARK-a"
	fallback=NET.19:80
	fallbackcommand="/etc/ha.d/fell-MARK"
` + web + `
virtual=NET.101:80
	real=NET.12:80 gate
	real=NET.11:80 gate
	monitorfile=/var/log/monitor-MARK-b
	quiescent=yes
` + web + `
virtual=NET.102:80
	real=NET.11:80 masq 5
	real=NET.13:80 masq
	monitorfile="/var/log/monitor-MARK-b"
	checktype=connect
	fallback=127.0.0.1:80
	scheduler=wrr
`

func shared(r *run) {
	r.extra = append(r.extra, perVirtual())
	r.file("/etc/ha.d/fell-MARK", "#!/bin/sh\necho \"$@\" >> /var/log/fell-MARK\n", 0o755)
	r.ldirectord("start")
	r.comes("start", sharedWhole)
	r.comesLastLine("/var/log/fell-MARK", "stop NET.100:80 tcp") // the dance has it called more often
	r.both("rm", r.here("/var/log/fell-MARK"))
	r.are(wrong, "11")
	r.comes("one answers wrongly", `NET.100:80 -s wrr
		NET.100:80 -r NET.12:80 -g -w 1
		NET.101:80 -s wrr
		NET.101:80 -r NET.11:80 -g -w 0
		NET.101:80 -r NET.12:80 -g -w 1
		NET.102:80 -s wrr
		NET.102:80 -r NET.11:80 -m -w 5
		NET.102:80 -r NET.13:80 -m -w 1`)
	r.sameMonitor("/var/log/monitor-MARK-a", "/var/log/monitor-MARK-b")
	r.are(gone, "11", "12", "13")
	r.comes("all are gone", `NET.100:80 -s wrr
		NET.100:80 -r NET.19:80 -g -w 1
		NET.101:80 -s wrr
		NET.101:80 -r NET.11:80 -g -w 0
		NET.101:80 -r NET.12:80 -g -w 0
		NET.102:80 -s wrr
		NET.102:80 -r 127.0.0.1:80 -g -w 1`)
	r.comesFile("/var/log/fell-MARK", r.here("start NET.100:80 tcp\n"))
	for _, host := range []string{"11", "12"} { // the one that was down already has to be looked at again
		r.comesIn("/var/log/monitor-MARK-a", "500 Can't connect to NET."+host+":80")
		r.comesIn("/var/log/monitor-MARK-b", "500 Can't connect to NET."+host+":80")
	}
	r.are(well, "11", "12", "13")
	r.comes("all are well", sharedWhole)
	r.comesFile("/var/log/fell-MARK", r.here("start NET.100:80 tcp\nstop NET.100:80 tcp\n"))
	r.sameMonitor("/var/log/monitor-MARK-a", "/var/log/monitor-MARK-b")
	r.ends("")
}

const sharedWhole = `NET.100:80 -s wrr
	NET.100:80 -r NET.11:80 -g -w 1
	NET.100:80 -r NET.12:80 -g -w 1
	NET.101:80 -s wrr
	NET.101:80 -r NET.11:80 -g -w 1
	NET.101:80 -r NET.12:80 -g -w 1
	NET.102:80 -s wrr
	NET.102:80 -r NET.11:80 -m -w 5
	NET.102:80 -r NET.13:80 -m -w 1`
