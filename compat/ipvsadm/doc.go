// Package ipvsadm makes an ldirectord.cf of commands of ipvsadm(8), as how-tos and start scripts
// have them, or of what "ipvsadm -Sn" prints (agents spec 9).
//
//	#ipvsadm -A -t 192.168.3.108:80 -s wrr               a how-to, with its prompt
//	$IPVSADM -a -t 10.0.0.1:80 -R 10.0.0.2 -g            a script; -R is what old releases had for -r
//	-a -t 10.0.0.1:80 -r 10.0.0.2:80 -g -w 1             ipvsadm -Sn
//	     │
//	  words ──▶ command ──▶ table, as the commands would leave it ──▶ ldirectord.cf and report
//
// A table by hand stays as it is when a server dies; ldirectord looks. Which check it makes is the
// one thing that the commands do not say: tcp services get a connect, all others none.
package ipvsadm
