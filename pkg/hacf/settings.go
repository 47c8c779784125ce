package hacf

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// boolean stores a boolean value, or refuses the directive.
func (r *Reading) boolean(d Directive, v string, field *bool) bool {
	b, ok := parseBool(v)
	if !ok {
		r.fail(d, "", fmt.Sprintf("%s [%s] is not valid: write on or off", d.Name, v))
		return false
	}
	*field = b
	return true
}

// setBool returns the handler of a boolean directive that is silent about faults.
func setBool(field func(*Config) *bool) func(*Reading, Directive, string) {
	return func(r *Reading, d Directive, v string) { r.boolean(d, v, field(r.Config)) }
}

// setSwitch returns the handler of a directive of ours: on is the zero value.
func setSwitch(off func(*SystoleOptions) *bool) func(*Reading, Directive, string) {
	return func(r *Reading, d Directive, v string) {
		on := true
		if r.boolean(d, v, &on) {
			*off(&r.Config.Systole) = !on
		}
	}
}

// setNumber returns the handler of a number between least and most that is silent about faults.
func setNumber(field func(*Config) *int, least, most int) func(*Reading, Directive, string) {
	return func(r *Reading, d Directive, v string) {
		n := leadingInt(v)
		if n < least || n > most {
			r.fail(d, "", fmt.Sprintf("%s [%s] is not valid: write a number from %d to %d", d.Name, v, least, most))
			return
		}
		r.oddNumber(d, v, n)
		*field(r.Config) = n
	}
}

// oddNumber tells of a value that the original reads as something else than it says.
func (r *Reading) oddNumber(d Directive, v string, n int) {
	if !isNumber(v) {
		r.warn(d, fmt.Sprintf("[%s] is no number and counts as %d", v, n))
	}
}

// noEffect notes a directive that is right and does nothing.
func (r *Reading) noEffect(d Directive) {
	r.note(d, d.Name+" is accepted and has no effect")
}

// unused is the handler of a directive whose value nothing asks for.
func unused(r *Reading, d Directive, _ string) { r.noEffect(d) }

// node adds nodes in lower case. The original makes a second node of a repeated name, which
// nobody ever hears of.
func node(r *Reading, d Directive, v string) {
	name := strings.ToLower(v)
	if slices.Contains(r.Config.AllNodes, name) {
		r.warn(d, fmt.Sprintf("node %s is there already and ignored here", name))
		return
	}
	if len(name) > 99 {
		r.fail(d, "", "a node name has 99 characters at most")
		return
	}
	r.Config.Nodes = append(r.Config.Nodes, name)
	r.Config.AllNodes = append(r.Config.AllNodes, name)
}

func cluster(r *Reading, _ Directive, v string) { r.Config.Cluster = v }

func quorumServer(r *Reading, d Directive, v string) {
	r.Config.QuorumServer = v
	r.warn(d, "quorum_server is for the membership service and has no effect here")
}

func useApphbd(r *Reading, d Directive, v string) {
	on := false
	if r.boolean(d, v, &on) && on {
		r.warn(d, "there is no application heartbeat daemon: use_apphbd has no effect")
	}
}

func hbgenmethod(r *Reading, d Directive, v string) {
	if v != "file" && v != "time" {
		r.fail(d, fmt.Sprintf("Illegal hb generation method [%s]", v), "write hbgenmethod file, or time")
		return
	}
	r.Config.GenMethodTime = v == "time"
}

func uuidfrom(r *Reading, d Directive, v string) {
	if v != "file" && v != "nodename" {
		r.fail(d, fmt.Sprintf("Invalid uuidfrom directive [%s]", v), "write uuidfrom file, or nodename")
		return
	}
	r.Config.UUIDFromName = v == "nodename"
}

func msgfmt(r *Reading, d Directive, v string) {
	if v != "classic" && v != "netstring" {
		r.fail(d, "", fmt.Sprintf("msgfmt [%s] is not valid: write msgfmt classic, or netstring", v))
		return
	}
	r.Config.MsgFmtClassic = v == "classic"
}

func compression(r *Reading, d Directive, v string) {
	if v != "zlib" && v != "bz2" {
		r.fail(d, fmt.Sprintf("Compression module(%s) not found", v), "write compression zlib, or bz2")
		return
	}
	r.Config.Compression = v
}

func compressionThreshold(r *Reading, d Directive, v string) {
	n := leadingInt(v)
	if n <= 0 {
		r.fail(d, fmt.Sprintf("set_compression_threshold: compress_threshhold(%s) invalid", v), "write kilobytes, a number above 0")
		return
	}
	r.oddNumber(d, v, n)
	r.Config.CompressionKiB = n
}

func traditionalCompression(r *Reading, d Directive, v string) {
	on, ok := parseBool(v)
	if !ok {
		r.fail(d, "set_traditional_compression:Invalid directive value "+v, "write on or off")
		return
	}
	if on {
		r.note(d, "whole messages are compressed; behaviour between original nodes suffers from it")
	}
	r.Config.Traditional = on
}

func rtprio(r *Reading, d Directive, v string) {
	n := leadingInt(v)
	if n < 1 || n > 99 {
		r.fail(d, fmt.Sprintf("Illegal realtime priority [%s]", v), "write a number from 1 to 99")
		return
	}
	r.oddNumber(d, v, n)
	r.Config.RTPrio = n
}

func watchdog(r *Reading, d Directive, v string) {
	if r.Config.Watchdog != "" {
		r.failRaw(d, "heartbeat: Watchdog device multiply specified.", "keep one watchdog line")
		return
	}
	r.Config.Watchdog = v
}

func coreroot(r *Reading, d Directive, v string) {
	if !path.IsAbs(v) {
		r.fail(d, fmt.Sprintf("Invalid dir in cl_set_corerootdir() [%[1]s]: No such file or directory\n"+
			"Invalid core directory [%[1]s]: Invalid argument", v), "write the full path of a directory")
		return
	}
	r.Config.Coreroot = v
}

// env NAME=VALUE …; commas separate settings too. A name without = does nothing.
func env(r *Reading, d Directive, v string) {
	name, _, set := strings.Cut(v, "=")
	switch {
	case name == "":
		r.fail(d, fmt.Sprintf("set_env: invalid nvpair(%s)", v), "write: env NAME=VALUE")
	case !set:
		r.warn(d, fmt.Sprintf("env [%s] has no = and does nothing", v))
	default:
		r.Config.Env = append(r.Config.Env, v)
	}
}
