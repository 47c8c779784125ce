#!/bin/bash
VIP="$2"
case "$1" in
	add)
		/sbin/iptables -A PREROUTING -t nat -d $VIP -p tcp -j REDIRECT
		;;
	del)
		/sbin/iptables -D PREROUTING -t nat -d $VIP -p tcp -j REDIRECT
		;;
	*)
		echo "Usage: $0 {add|del} ipaddress"
		exit 1
esac
exit 0
