package differential

// The forms of services, servers and checks. A gate server of another port than its virtual's is in no quiescent
// one: there the original does not find its entry of weight 0 again, and the server never comes back.
const formsCF = `quiescent=no
virtual=NET.100:8080
	real=NET.12->NET.12:8081 masq 65535
	checktype=connect
	checkport=80
	scheduler=sh
	persistent=60
	netmask=255.255.255.0

virtual=NET.101:53
	real=NET.11:53 gate
	protocol=udp
	checktype=on
	ops=yes

virtual=NET.102:http
	real=NET.12:http ipip 0
	scheduler=wlc
	checktype=2
	request="index.html"
	receive="w.ll$"

virtual=NET.103:80
	real=NET.11:80 gate
	checktype=off
	fallback=NET.19 masq

virtual=NET.104:80
	real=NET.11:80 gate
	checktype=external
	checkcommand="/etc/ha.d/check-MARK"

virtual=NET.105:80
	real=NET.12:8080 gate "/other" "well"
	checkport=80
` + web + `
virtual=MARK
	real=NET.12 masq
	checktype=ping
`

func forms(r *run) {
	r.file("/etc/ha.d/check-MARK", "#!/bin/sh\n[ ! -e \"/etc/ha.d/down-$1-$2-$3-$4\" ]\n", 0o755)
	r.ldirectord("start")
	r.comes("start", `NET.100:8080 -s sh -p 60 -M 255.255.255.0
		NET.100:8080 -r NET.12:8081 -m -w 65535
		-u NET.101:53 -s wrr -o
		-u NET.101:53 -r NET.11:53 -g -w 1
		NET.102:80 -s wlc
		NET.102:80 -r NET.12:80 -i -w 0
		NET.103:80 -s wrr
		NET.103:80 -r NET.19:80 -m -w 1
		NET.104:80 -s wrr
		NET.104:80 -r NET.11:80 -g -w 1
		NET.105:80 -s wrr
		NET.105:80 -r NET.12:80 -g -w 1
		-f MARK -s wrr
		-f MARK -r NET.12:0 -m -w 1`)
	r.file("/etc/ha.d/down-NET.104-80-NET.11-80", "", 0o644)
	r.are(gone, "12")
	r.comes("a command says no, a server refuses", `NET.100:8080 -s sh -p 60 -M 255.255.255.0
		-u NET.101:53 -s wrr -o
		-u NET.101:53 -r NET.11:53 -g -w 1
		NET.102:80 -s wlc
		NET.103:80 -s wrr
		NET.103:80 -r NET.19:80 -m -w 1
		NET.104:80 -s wrr
		NET.105:80 -s wrr
		-f MARK -s wrr
		-f MARK -r NET.12:0 -m -w 1`)
	r.ends("")
}
