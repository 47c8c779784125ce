package ldird

import (
	"fmt"
	"strings"
)

// options are what stands before the first word.
type options struct{ debug, help, version bool }

const versionText = Version + `
1999-2006 Jacob Rief, Horms and others
<http://www.vergenet.net/linux/ldirectord/>

ldirectord comes with ABSOLUTELY NO WARRANTY.
This is free software, and you are welcome to redistribute it
under certain conditions. See the GNU General Public Licence for details.
`

const usage = `Usage:
    ldirectord [-d|--debug] [--] [configfile] start | stop | restart |
    try-restart | reload | force-reload | status

    ldirectord [-h|-?|--help|-v|--version]

Options:
    configuration: the name of a file in /etc/ha.d or /etc/ha.d/conf, or a
    path; ldirectord.cf if only a command is given

    -d|--debug   stay in the foreground and say everything on standard error

    -h|--help    print this text and exit

    -v|--version print the version and exit

    start        set the table up and keep it up, as a daemon
    stop         take the table away and end the daemon
    restart      stop, then start
    try-restart  restart, but only a daemon that is running
    reload       read the configuration file again
    force-reload the same as reload
    status       say whether the daemon is running: exit 0 running,
                 1 stale pid file, 3 stopped
`

// readOptions reads the options and returns the words after them. done says that the program is
// over with code. Short options may be bundled, long ones not shortened (ldirectord spec 1).
func (p *Program) readOptions() (words []string, done bool, code int) {
	words = p.Args[1:]
	for len(words) > 0 && strings.HasPrefix(words[0], "-") && words[0] != "-" {
		word := words[0]
		words = words[1:]
		if word == "--" {
			break
		}
		if bad := p.opts.set(word); bad != "" {
			fmt.Fprintf(p.Stderr, "Unknown option: %s\n", bad)
			fmt.Fprint(p.Stdout, usage)
			return nil, true, 255
		}
	}
	switch {
	case p.opts.help:
		fmt.Fprint(p.Stdout, usage)
	case p.opts.version:
		fmt.Fprint(p.Stdout, versionText)
	default:
		return words, false, 0
	}
	return nil, true, 0
}

// set takes one word of options and returns what in it is unknown.
func (o *options) set(word string) (unknown string) {
	if long, ok := strings.CutPrefix(word, "--"); ok {
		return o.one(long, map[string]string{"debug": "d", "help": "h", "version": "v"})
	}
	for _, c := range word[1:] {
		if bad := o.one(string(c), map[string]string{"d": "d", "h": "h", "?": "h", "v": "v"}); bad != "" {
			return bad
		}
	}
	return ""
}

func (o *options) one(name string, known map[string]string) (unknown string) {
	switch known[name] {
	case "d":
		o.debug = true
	case "h":
		o.help = true
	case "v":
		o.version = true
	default:
		return name
	}
	return ""
}
