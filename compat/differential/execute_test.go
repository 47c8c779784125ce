package differential

import "strings"

// execute= starts, asks, reloads and stops another instance, whose file and log are its own.
const (
	executeCF = `execute=second-MARK.cf
virtual=NET.100:80
	real=NET.11:80 gate
` + web
	secondCF = `virtual=NET.101:80
	real=NET.12:80 masq
` + web
	thirdCF = `virtual=NET.102:80
	real=NET.13:80 ipip
` + web
)

func execute(r *run) {
	second, third := r.here("second-MARK.cf"), r.here("third-MARK.cf")
	r.writeAs(second, secondCF)
	r.writeAs(third, thirdCF)
	first := r.lines
	r.lines = func(d *director) []string {
		return append(first(d), append(r.linesOf(d, "/var/log/"+second+".log"), r.linesOf(d, "/var/log/"+third+".log")...)...)
	}
	r.ldirectord("start")
	r.comes("start of two", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.101:80 -s wrr
		NET.101:80 -r NET.12:80 -m -w 1`)
	r.comesLine(1, "Added real server: NET.12:80")
	r.ldirectord("status")
	r.writeAs(second, strings.Replace(secondCF, "masq", "masq 6", 1))
	r.write(strings.Replace(executeCF, "virtual", "execute=third-MARK.cf\nvirtual", 1))
	r.signal("HUP")
	r.comes("a third one, and the second one reads its file again", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.101:80 -s wrr
		NET.101:80 -r NET.12:80 -m -w 6
		NET.102:80 -s wrr
		NET.102:80 -r NET.13:80 -i -w 1`)
	r.write(strings.Replace(executeCF, "second", "third", 1))
	r.signal("HUP")
	r.comes("without the second one", `NET.100:80 -s wrr
		NET.100:80 -r NET.11:80 -g -w 1
		NET.102:80 -s wrr
		NET.102:80 -r NET.13:80 -i -w 1`)
	r.ends("")
	r.comesNoFile("/var/run/ldirectord." + third + ".pid")
	r.ldirectord("status")
}
