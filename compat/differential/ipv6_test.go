package differential

// Virtuals and servers with IPv6 addresses, and a mark of IPv6. The mark has a fallback of its own: the global one,
// which ours gives it, the original tries in vain to add. All are connected to only: for anything else the original needs a
// module that Debian does not have.
const ipv6CF = `quiescent=no
fallback6=[NET6:19]:80 gate
virtual6=[NET6:100]:80
	real6=[NET6:11]:80 gate
	real6=[NET6:12]:80 masq 2
	checktype=connect
	scheduler=wrr
	persistent=60
	netmask=64

virtual6=[NET6:101]:80
	real6=[NET6:13]:80 gate
	fallback6=[NET6:14]:80 masq
	quiescent=yes
	checktype=connect
	scheduler=rr

virtual6=MARK
	real6=[NET6:15]:80 gate 4
	fallback6=[NET6:14]:80
	checktype=connect
	checkport=80

virtual=NET.102:80
	real=NET.11:80 gate
	checktype=connect
`

func ipv6(r *run) {
	r.are(gone, "12")
	r.ldirectord("start")
	r.comes("start with one dead", `[NET6:100]:80 -s wrr -p 60 -M 64
		[NET6:100]:80 -r [NET6:11]:80 -g -w 1
		[NET6:101]:80 -s rr
		[NET6:101]:80 -r [NET6:13]:80 -g -w 1
		-f MARK -6 -s wrr
		-f MARK -6 -r [NET6:15]:80 -g -w 4
		NET.102:80 -s wrr
		NET.102:80 -r NET.11:80 -g -w 1`)
	r.are(gone, "11", "13", "15")
	r.comes("all dead", `[NET6:100]:80 -s wrr -p 60 -M 64
		[NET6:100]:80 -r [NET6:19]:80 -g -w 1
		[NET6:101]:80 -s rr
		[NET6:101]:80 -r [NET6:13]:80 -g -w 0
		[NET6:101]:80 -r [NET6:14]:80 -m -w 1
		-f MARK -6 -s wrr
		-f MARK -6 -r [NET6:14]:80 -g -w 1
		NET.102:80 -s wrr`)
	r.are(well, "11", "12", "13", "15")
	r.comes("all well", `[NET6:100]:80 -s wrr -p 60 -M 64
		[NET6:100]:80 -r [NET6:11]:80 -g -w 1
		[NET6:100]:80 -r [NET6:12]:80 -m -w 2
		[NET6:101]:80 -s rr
		[NET6:101]:80 -r [NET6:13]:80 -g -w 1
		-f MARK -6 -s wrr
		-f MARK -6 -r [NET6:15]:80 -g -w 4
		NET.102:80 -s wrr
		NET.102:80 -r NET.11:80 -g -w 1`)
	r.ends("")
}
