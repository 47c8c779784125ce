# Process 1 of User-Mode Linux. /proc, /run and this machine's directory of the
# run (/run/uml) are mounted. The root is this machine's build/root/bare, read
# only: memory is laid over it, and the command runs on the two.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin

hostfs() {
	mount -t hostfs -o "$1" host "$2" 2>/dev/null || mount -t hostfs -o "hostfs=$1" host "$2"
}

modprobe -q -a overlay bridge veth dummy macvlan ifb sch_netem cls_bpf ip_vs ip_vs_rr ip_vs_wrr ip_vs_lc ip_vs_wlc \
	ip_vs_sh ip_vs_dh ip_vs_sed ip_vs_nq ip_vs_mh ip_vs_fo ip_vs_ovf ip_vs_lblc ip_vs_lblcr ip_vs_ftp xt_ipvs ipip \
	nf_conntrack iptable_nat iptable_mangle iptable_filter xt_mark sch_ingress

d=/run/disk
mkdir $d && mount -t tmpfs disk $d && mkdir $d/upper $d/work $d/root || exit 1
mount -t overlay -o lowerdir=/,upperdir=$d/upper,workdir=$d/work root $d/root || exit 1
cd $d/root || exit 1
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts pts dev/pts
mount -t tmpfs shm dev/shm
mount -t tmpfs run run
mount -t tmpfs tmp tmp
chmod 1777 tmp dev/shm
mkdir run/uml run/lock
mount --bind /run/uml run/uml
while read -r dir; do
	mkdir -p ".$dir" && hostfs "$dir" ".$dir" || exit 1
done < /run/uml/share

hostname uml
ip link set lo up
chroot . /usr/bin/timeout -k 5 "$(cat /run/uml/limit)" /bin/sh /run/uml/command > /run/uml/output 2>&1 < /dev/null
code=$?
[ $code = 124 ] || [ $code = 137 ] || echo $code > /run/uml/code
sync
echo o > /proc/sysrq-trigger
while :; do sleep 10; done
