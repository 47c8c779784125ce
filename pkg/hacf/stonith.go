package hacf

import (
	"fmt"
	"strings"
)

// What a faulty stonith line needs. The devices are those of the stonith command of cluster-glue.
const (
	stonithRemedy   = "write: stonith TYPE FILE, or: stonith_host * TYPE PARAMETERS; stonith -L shows the types"
	noStonithRemedy = "stonith -L shows the types there are; the command is in the package cluster-glue"
)

// stonith TYPE FILE: the parameters of the device are in the file.
func stonith(r *Reading, d Directive) {
	kind, file := cutWord(d.Rest)
	if !r.stonithType(d, kind) {
		return
	}
	if file == "" || !r.env.readable(file) {
		r.fail(d, fmt.Sprintf("glib: Cannot open %[1]s\nInvalid Stonith config file [%[1]s]", file),
			"write the path of the file with the parameters of the device")
		return
	}
	r.addStonith(d, Stonith{Host: "*", Type: kind, File: file})
}

// stonithHost HOST TYPE PARAMS is for the node HOST, or for all with *.
func stonithHost(r *Reading, d Directive) {
	host, rest := cutWord(d.Rest)
	if host == "" {
		r.fail(d, "No Stonith hostname argument given", stonithRemedy)
		return
	}
	if host != "*" && !strings.EqualFold(host, r.env.Node) {
		r.note(d, "stonith_host is for another node")
		return
	}
	kind, params := cutWord(rest)
	if r.stonithType(d, kind) {
		r.addStonith(d, Stonith{Host: host, Type: kind, Params: params})
	}
}

func (r *Reading) stonithType(d Directive, kind string) bool {
	switch {
	case kind == "":
		r.fail(d, "No Stonith type given", stonithRemedy)
	case !r.env.hasStonith(kind):
		r.fail(d, fmt.Sprintf("Invalid Stonith type [%s]", kind), noStonithRemedy)
	default:
		return true
	}
	return false
}

// addStonith keeps a device. Of several the original uses the last.
func (r *Reading) addStonith(d Directive, s Stonith) {
	s.Pos = d.Pos
	if len(r.Config.Stonith) > 0 {
		r.warn(d, "of several devices only the last one is used")
	}
	r.Config.Stonith = append(r.Config.Stonith, s)
}

// StonithDevice returns the device that resets dead nodes.
func (c *Config) StonithDevice() (Stonith, bool) {
	if len(c.Stonith) == 0 {
		return Stonith{}, false
	}
	return c.Stonith[len(c.Stonith)-1], true
}
