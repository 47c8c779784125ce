_systole() {
	local line=${COMP_LINE:0:COMP_POINT} prev=${COMP_WORDS[COMP_CWORD-1]} words= kind=
	local cur=${line##*[[:space:]]}
	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		COMPREPLY=($(compgen -W 'check decode doctor explain status timeline top drain undrain weight disable enable genhash import mon monitor help completion version' -- "$cur"))
		return
	fi
	case ${COMP_WORDS[1]} in
	check)
		case $prev,$cur in
		--peer,*) kind=-d ;;
		--node,*) words="" ;;
		--peer-node,*) words="" ;;
		--hosts,*) kind=-f ;;
		--state,*) kind=-f ;;
		--timeout,*) words="" ;;
		--explain,*) words="" ;;
		*,-*) words='--peer --json --short --node --peer-node --hosts --here --state --online --timeout --explain --help' ;;
		*) kind=-d ;;
		esac ;;
	decode)
		case $prev,$cur in
		--authkeys,*) kind=-f ;;
		--port,*) words="" ;;
		--node,*) words="" ;;
		--type,*) words="" ;;
		*,-*) words='--authkeys --json --summary --utc --port --node --type --help' ;;
		*) kind=-f ;;
		esac ;;
	doctor)
		case $prev,$cur in
		--vip,*) words="" ;;
		--dir,*) kind=-d ;;
		--socket,*) kind=-f ;;
		--timeout,*) words="" ;;
		*,-*) words='--real --vip --json --dir --socket --timeout --help' ;;
		*) words="" ;;
		esac ;;
	explain)
		case $prev,$cur in
		--dir,*) kind=-d ;;
		*,-*) words='--list --json --utc --dir --help' ;;
		*) words="$(systole completion records 2>/dev/null) last start stop reload peer-stop death return partition link ping-loss standby takeover failback failed-start ipfail stall" ;;
		esac ;;
	status)
		case $prev,$cur in
		--events,*) words="" ;;
		--socket,*) kind=-f ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--json --events --utc --socket --director-pids --timeout --help' ;;
		*) words="" ;;
		esac ;;
	timeline)
		case $prev,$cur in
		--since,*) words="" ;;
		--svg,*) kind=-f ;;
		--dir,*) kind=-d ;;
		*,-*) words='--since --svg --utc --dir --help' ;;
		*) words="" ;;
		esac ;;
	top)
		case $prev,$cur in
		--interval,*) words="" ;;
		--count,*) words="" ;;
		--socket,*) kind=-f ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--interval --lines --count --utc --socket --director-pids --timeout --help' ;;
		*) words="" ;;
		esac ;;
	drain)
		case $prev,$cur in
		--virtual,*) words="$(systole completion virtuals 2>/dev/null)" ;;
		--for,*) words="" ;;
		--reason,*) words="" ;;
		--director,*) words="$(systole completion directors 2>/dev/null)" ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--virtual --for --reason --director --director-pids --timeout --help' ;;
		*) words="$(systole completion reals 2>/dev/null)" ;;
		esac ;;
	undrain)
		case $prev,$cur in
		--virtual,*) words="$(systole completion virtuals 2>/dev/null)" ;;
		--director,*) words="$(systole completion directors 2>/dev/null)" ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--virtual --director --director-pids --timeout --help' ;;
		*) words="$(systole completion drained 2>/dev/null)" ;;
		esac ;;
	weight)
		case $prev,$cur in
		--virtual,*) words="$(systole completion virtuals 2>/dev/null)" ;;
		--for,*) words="" ;;
		--reason,*) words="" ;;
		--director,*) words="$(systole completion directors 2>/dev/null)" ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--virtual --for --reason --director --director-pids --timeout --help' ;;
		*) words="$(systole completion reals 2>/dev/null) default" ;;
		esac ;;
	disable)
		case $prev,$cur in
		--virtual,*) words="$(systole completion virtuals 2>/dev/null)" ;;
		--for,*) words="" ;;
		--reason,*) words="" ;;
		--director,*) words="$(systole completion directors 2>/dev/null)" ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--virtual --for --reason --director --director-pids --timeout --help' ;;
		*) words="$(systole completion reals 2>/dev/null)" ;;
		esac ;;
	enable)
		case $prev,$cur in
		--virtual,*) words="$(systole completion virtuals 2>/dev/null)" ;;
		--director,*) words="$(systole completion directors 2>/dev/null)" ;;
		--director-pids,*) words="" ;;
		--timeout,*) words="" ;;
		*,-*) words='--virtual --director --director-pids --timeout --help' ;;
		*) words="$(systole completion disabled 2>/dev/null)" ;;
		esac ;;
	genhash)
		case $prev,$cur in
		--server,*) words="" ;;
		--port,*) words="" ;;
		--url,*) kind=-f ;;
		--use-virtualhost,*) words="" ;;
		--fwmark,*) words="" ;;
		--protocol,*) words="" ;;
		--timeout,*) words="" ;;
		--digest,*) words="" ;;
		--status,*) words="" ;;
		--regex,*) words="" ;;
		--not-regex,*) words="" ;;
		*,-*) words='--server --port --url --use-ssl --use-sni --use-virtualhost --verbose --fwmark --protocol --timeout --digest --status --regex --not-regex --help' ;;
		*) words="" ;;
		esac ;;
	import)
		case $prev,$cur in
		--node,*) words="" ;;
		--peer,*) words="" ;;
		--peer-file,*) kind=-f ;;
		--out,*) kind=-d ;;
		*,-*) words='--node --peer --peer-file --out --help' ;;
		*) kind=-f ;;
		esac ;;
	mon)
		case $prev,$cur in
		--config,*) kind=-f ;;
		--pidfile,*) kind=-f ;;
		--alertdir,*) kind=-d ;;
		--mondir,*) kind=-d ;;
		--basedir,*) kind=-d ;;
		--cfbasedir,*) kind=-d ;;
		--logdir,*) kind=-d ;;
		--statedir,*) kind=-d ;;
		--facility,*) words="" ;;
		--maxprocs,*) words="" ;;
		--randstart,*) words="" ;;
		--tick,*) words="" ;;
		--port,*) words="" ;;
		--trapport,*) words="" ;;
		--history,*) words="" ;;
		--authfile,*) words="" ;;
		*,-*) words='--config --daemon --check --lenient --pidfile --alertdir --mondir --basedir --cfbasedir --logdir --statedir --facility --maxprocs --randstart --version --tick --port --trapport --history --authfile --loadstate --debug --stopped --help' ;;
		*) words="" ;;
		esac ;;
	monitor)
		case $prev,$cur in
		*,-*) words='--help' ;;
		*) words="" ;;
		esac ;;
	help)
		case $prev,$cur in
		*,-*) words='--help' ;;
		*) words="check decode doctor explain status timeline top drain undrain weight disable enable genhash import mon monitor help completion version" ;;
		esac ;;
	completion)
		case $prev,$cur in
		*,-*) words='--help' ;;
		*) words="bash zsh fish" ;;
		esac ;;
	version)
		case $prev,$cur in
		*,-*) words='--help' ;;
		*) words="" ;;
		esac ;;
	esac
	[ -z "$kind" ] || compopt -o filenames 2>/dev/null
	COMPREPLY=($(compgen $kind -W "$words" -- "$cur"))
	if [[ $COMP_WORDBREAKS == *:* && $cur == *:* ]]; then
		COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
	fi
}
complete -F _systole systole
