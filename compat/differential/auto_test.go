package differential

import "strings"

// autoreload=yes takes a changed file by itself, and keeps the old one in the face of a broken one. With
// readdquiescent=yes a dead server's entry is put back.
const autoCF = `quiescent=yes
readdquiescent=yes
autoreload=yes
callback="/etc/ha.d/callback-MARK"
virtual=NET.100:80
	real=NET.11:80 gate
	real=NET.12:80 gate
	fallback=NET.19:80
` + web

func auto(r *run) {
	r.file("/etc/ha.d/callback-MARK", "#!/bin/sh\necho \"$@\" >> /var/log/callback-MARK\n", 0o755)
	r.are(gone, "11")
	r.ldirectord("start")
	r.comes("start with one dead", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 0
		NET.100:80 -r NET.12:80 -g -w 1`)
	r.are(gone, "12")
	r.comes("all dead", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 0
		NET.100:80 -r NET.12:80 -g -w 0
		NET.100:80 -r NET.19:80 -g -w 1`)
	r.are(well, "11")
	r.are(well, "12")
	r.comes("all well", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 1`)
	r.write(strings.Replace(autoCF, "	real=NET.12:80 gate\n", "	real=NET.12:80 gate 4\n", 1))
	r.comes("a changed file", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 4`)
	r.comesFile("/var/log/callback-MARK", "/etc/ha.d/"+r.name+"\n")
	autoBroken(r)
	r.ends("")
}

// autoBroken breaks the file and mends it. Nothing happens to the servers in between: until the file is good the original
// does not heed its checks.
func autoBroken(r *run) {
	r.write(autoCF + "\tchecktype=sometimes\n")
	r.comesLine(1, "Error [")
	r.comes("a broken file", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 4`)
	r.write(strings.Replace(autoCF, "	real=NET.12:80 gate\n", "	real=NET.12:80 gate 6\n", 1))
	r.comes("the file is mended", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 6`)
	r.comesFile("/var/log/callback-MARK", strings.Repeat("/etc/ha.d/"+r.name+"\n", 3))
	r.are(gone, "12")
	r.comes("one is gone", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.100:80 -r NET.12:80 -g -w 0`)
}
