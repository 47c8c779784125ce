#compdef systole
local -a verbs
verbs=(
	'check:read the configuration and say what will go wrong'
	'decode:print captured heartbeat traffic'
	'doctor:examine this director or real server, and say how to repair it'
	'explain:tell why resources moved'
	'status:show nodes, links, resources and the last events'
	'timeline:draw what happened lately'
	'top:watch the cluster and the virtual servers on the terminal'
	'drain:give a real server no new connections'
	'undrain:let a drained real server serve again'
	'weight:give a real server another weight'
	'disable:take a real server out of the table'
	'enable:let a disabled real server serve again'
	'genhash:compute the digest of a web page, or compare it'
	'import:make configurations of those of other programs'
	'mon:monitor services as mon does, with its mon.cf'
	'monitor:call a monitor or alert of mon that is inside'
	'help:say what the verbs do'
	'completion:write the completions of a shell'
	'version:print the version'
)
if (( CURRENT == 2 )); then
	_describe verb verbs
	return
fi
shift words
(( CURRENT-- ))
case $words[1] in
check)
	_arguments \
		'--peer[also read the `DIR` of the other node, and compare]:value:_files -/' \
		'--json[print JSON]' \
		'--short[print one line for each finding]' \
		'--node[`NAME` of the machine that DIR is for, if it is not this one]:value:()' \
		'--peer-node[`NAME` of the other machine]:value:()' \
		'--hosts[look names up in `FILE`]:value:_files' \
		'--here[DIR is for this machine, as /etc/ha.d is]' \
		'--state[take measured times from `FILE`: a socket, or what status --json printed]:value:_files' \
		'--online[ask name servers, and connect to the real servers]' \
		'--timeout[with --online, wait so long for each answer]:value:()' \
		'--explain[explain a `CODE`, or all of them, instead of checking]:value:()' \
		'--help[explain the verb]' \
		'*:argument:_files -/'
	;;
decode)
	_arguments \
		'--authkeys[verify signatures with the keys of `FILE`]:value:_files' \
		'--json[print JSON, an object a line; the last is the summary]' \
		'--summary[print the summary alone]' \
		'--utc[print times in UTC, not in the local zone]' \
		'--port[heartbeat is on this UDP `PORT` too (found by itself as a rule)]:value:()' \
		'--node[print messages of this `NODE` only]:value:()' \
		'--type[print messages of this `TYPE` only]:value:()' \
		'--help[explain the verb]' \
		'*:argument:_files'
	;;
doctor)
	_arguments \
		'--real[this is a real server, whatever files there are]' \
		'--vip[take `ADDRESS` for a VIP, not those that are found; may be repeated]:value:()' \
		'--json[print JSON]' \
		'--dir[read the files in `DIR`]:value:_files -/' \
		'--socket[ask heartbeat at `PATH`]:value:_files' \
		'--timeout[end after so long]:value:()' \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
explain)
	_arguments \
		'--list[list the records, the newest last]' \
		'--json[print the record as JSON]' \
		'--utc[print times in UTC, not in the local zone]' \
		'--dir[read the records in `DIR`]:value:_files -/' \
		'--help[explain the verb]' \
		'*:argument:compadd -- ${(f)"$(systole completion records 2>/dev/null)"} last start stop reload peer-stop death return partition link ping-loss standby takeover failback failed-start ipfail stall'
	;;
status)
	_arguments \
		'--json[print the document as JSON]' \
		'--events[show the last `N` events]:value:()' \
		'--utc[print times in UTC, not in the local zone]' \
		'--socket[ask at `PATH`]:value:_files' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for the answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
timeline)
	_arguments \
		'--since[go so far back (90s, 10m, 48h)]:value:()' \
		'--svg[write a picture into `FILE`, - is standard output]:value:_files' \
		'--utc[print times in UTC, not in the local zone]' \
		'--dir[read the records in `DIR`]:value:_files -/' \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
top)
	_arguments \
		'--interval[ask so often]:value:()' \
		'--lines[write lines, also on a terminal]' \
		'--count[end after `N` times; with lines only]:value:()' \
		'--utc[show times in UTC, not in the local zone]' \
		'--socket[ask heartbeat at `PATH`]:value:_files' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for an answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
drain)
	_arguments \
		'--virtual[only in the virtual service `V`: VIP:PORT or a firewall mark]:value:compadd -- ${(f)"$(systole completion virtuals 2>/dev/null)"} ' \
		'--for[for so long only (90s, 10m, 2h)]:value:()' \
		'--reason[why, for those who see the order later]:value:()' \
		'--director[only the ldirectord `NAME`]:value:compadd -- ${(f)"$(systole completion directors 2>/dev/null)"} ' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for the answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:compadd -- ${(f)"$(systole completion reals 2>/dev/null)"} '
	;;
undrain)
	_arguments \
		'--virtual[only in the virtual service `V`: VIP:PORT or a firewall mark]:value:compadd -- ${(f)"$(systole completion virtuals 2>/dev/null)"} ' \
		'--director[only the ldirectord `NAME`]:value:compadd -- ${(f)"$(systole completion directors 2>/dev/null)"} ' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for the answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:compadd -- ${(f)"$(systole completion drained 2>/dev/null)"} '
	;;
weight)
	_arguments \
		'--virtual[only in the virtual service `V`: VIP:PORT or a firewall mark]:value:compadd -- ${(f)"$(systole completion virtuals 2>/dev/null)"} ' \
		'--for[for so long only (90s, 10m, 2h)]:value:()' \
		'--reason[why, for those who see the order later]:value:()' \
		'--director[only the ldirectord `NAME`]:value:compadd -- ${(f)"$(systole completion directors 2>/dev/null)"} ' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for the answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:compadd -- ${(f)"$(systole completion reals 2>/dev/null)"} default'
	;;
disable)
	_arguments \
		'--virtual[only in the virtual service `V`: VIP:PORT or a firewall mark]:value:compadd -- ${(f)"$(systole completion virtuals 2>/dev/null)"} ' \
		'--for[for so long only (90s, 10m, 2h)]:value:()' \
		'--reason[why, for those who see the order later]:value:()' \
		'--director[only the ldirectord `NAME`]:value:compadd -- ${(f)"$(systole completion directors 2>/dev/null)"} ' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for the answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:compadd -- ${(f)"$(systole completion reals 2>/dev/null)"} '
	;;
enable)
	_arguments \
		'--virtual[only in the virtual service `V`: VIP:PORT or a firewall mark]:value:compadd -- ${(f)"$(systole completion virtuals 2>/dev/null)"} ' \
		'--director[only the ldirectord `NAME`]:value:compadd -- ${(f)"$(systole completion directors 2>/dev/null)"} ' \
		'--director-pids[`PATTERN` of the pid files of ldirectord]:value:()' \
		'--timeout[wait so long for the answer]:value:()' \
		'--help[explain the verb]' \
		'*:argument:compadd -- ${(f)"$(systole completion disabled 2>/dev/null)"} '
	;;
genhash)
	_arguments \
		'--server[`ADDRESS` of the server]:value:()' \
		'--port[`PORT` of the server]:value:()' \
		'--url[`PATH` of the page]:value:_files' \
		'--use-ssl[use TLS]' \
		'--use-sni[name the virtual host in the handshake of TLS]' \
		'--use-virtualhost[`NAME` for the Host header]:value:()' \
		'--verbose[show the answer]' \
		'--fwmark[firewall `MARK` of the connection]:value:()' \
		'--protocol[`VERSION` of HTTP: 1.0, 1.0c (with Connection: close) or 1.1]:value:()' \
		'--timeout[`SECONDS` to wait]:value:()' \
		'--digest[the page must have this `DIGEST`]:value:()' \
		'--status[its status must be one of these `CODES`, such as 200-299,301]:value:()' \
		'--regex[it must match this `EXPRESSION` of Perl]:value:()' \
		'--not-regex[it must not match this `EXPRESSION`]:value:()' \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
import)
	_arguments \
		'--node[`NAME(=ADDRESS)` of the node whose keepalived.conf it is (default uname -n)]:value:()' \
		'--peer[`NAME(=ADDRESS)` of the other node]:value:()' \
		'--peer-file[keepalived.conf of the other node, a `FILE`]:value:_files' \
		'--out[make the new directory `DIR`]:value:_files -/' \
		'--help[explain the verb]' \
		'*:argument:_files'
	;;
mon)
	_arguments \
		'--config[the configuration `FILE`]:value:_files' \
		'--daemon[go into the background]' \
		'--check[say what is wrong with the file, and end]' \
		'--lenient[a blank line does not end a watch if indented lines follow]' \
		'--pidfile[`FILE` for the process id]:value:_files' \
		'--alertdir[look for alerts in `DIRS`, separated by colons]:value:_files -/' \
		'--mondir[look for monitors in `DIRS`]:value:_files -/' \
		'--basedir[relative directories begin at `DIR`]:value:_files -/' \
		'--cfbasedir[`DIR` of configuration files]:value:_files -/' \
		'--logdir[`DIR` for logs of monitors]:value:_files -/' \
		'--statedir[`DIR` for states of monitors]:value:_files -/' \
		'--facility[syslog `FACILITY`]:value:()' \
		'--maxprocs[run at most `N` monitors at a time]:value:()' \
		'--randstart[spread the first runs over `TIME`, such as 30s]:value:()' \
		'--version[print whose mon it is]' \
		'--tick[no effect here]:value:()' \
		'--port[no effect here]:value:()' \
		'--trapport[no effect here]:value:()' \
		'--history[no effect here]:value:()' \
		'--authfile[no effect here]:value:()' \
		'--loadstate[no effect here]' \
		'--debug[no effect here]' \
		'--stopped[no effect here]' \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
monitor)
	_arguments \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
help)
	_arguments \
		'--help[explain the verb]' \
		'*:argument:(check decode doctor explain status timeline top drain undrain weight disable enable genhash import mon monitor help completion version)'
	;;
completion)
	_arguments \
		'--help[explain the verb]' \
		'*:argument:(bash zsh fish)'
	;;
version)
	_arguments \
		'--help[explain the verb]' \
		'*:argument:()'
	;;
esac
