// Package importer is the verb "systole import": heartbeat's and ldirectord's files from those of
// other programs, with an account of every line.
//
//	systole import keepalived keepalived.conf --peer node2 --out DIR   DIR/node1/etc/ha.d/…, DIR/node2/etc/ha.d/…
//	systole import ipvsadm FILE|-                                      ldirectord.cf on standard output
//
// The conversions are in compat/keepalived and compat/ipvsadm; this reads and writes for them.
package importer

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"systole/compat/conversion"
	"systole/compat/ipvsadm"
	"systole/compat/keepalived"
	"systole/pkg/tool"
)

// The exit codes.
const (
	exitWhole   = 0
	exitLost    = 1
	exitRefused = 2
	exitFailed  = 3
)

// Verb describes "systole import".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "import", Args: "keepalived|ipvsadm FILE", Summary: "make configurations of those of other programs", Takes: tool.Files, Setup: setup,
		About: `Makes the files of heartbeat and ldirectord for both nodes of a keepalived.conf, or
an ldirectord.cf of commands of ipvsadm or of what ipvsadm -Sn printed. A FILE of -
is standard input. With --out the files and report.txt are written into a new
directory, all of them or none; without it they are printed, and the report goes to
standard error. The report has every line of the file: equal, approximated and how,
or lost and why.

For a keepalived.conf the names of both nodes (uname -n) are needed; with their
addresses heartbeats are sent by ucast. The file of the other node tells which of
the two has the higher priority.
`,
		Exits: []tool.Exit{
			{Code: exitWhole, Meaning: "done; nothing is lost"},
			{Code: exitLost, Meaning: "done; something is lost, and the report says what"},
			{Code: exitRefused, Meaning: "the file is damaged; nothing was made"},
			{Code: exitFailed, Meaning: "a file cannot be read or written"},
		},
	}
}

// options are those of the command line.
type options struct {
	node, peer, peerFile, out string
}

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.StringVar(&o.node, "node", "", "`NAME[=ADDRESS]` of the node whose keepalived.conf it is (default uname -n)")
	flags.StringVar(&o.peer, "peer", "", "`NAME[=ADDRESS]` of the other node")
	flags.StringVar(&o.peerFile, "peer-file", "", "keepalived.conf of the other node, a `FILE`")
	flags.StringVar(&o.out, "out", "", "make the new directory `DIR`")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) != 2 {
		return c.Wrong("import", "name a kind, keepalived or ipvsadm, and a file")
	}
	kind, file := c.Args[0], c.Args[1]
	var convert func(text []byte) (conversion.Tree, *conversion.Report, error)
	switch kind {
	case "ipvsadm":
		convert = func(text []byte) (conversion.Tree, *conversion.Report, error) { return ipvsadm.Convert(file, text) }
	case "keepalived":
		nodes, err := o.nodes()
		if err != nil {
			return c.Wrong("import", "%v", err)
		}
		if o.peerFile != "" {
			if nodes.PeerText, err = os.ReadFile(o.peerFile); err != nil {
				return c.Failed("import", exitFailed, err)
			}
			nodes.PeerFile = o.peerFile
		}
		convert = func(text []byte) (conversion.Tree, *conversion.Report, error) {
			return keepalived.Convert(file, text, nodes)
		}
	default:
		return c.Wrong("import", "there is nothing to import from %q: name keepalived or ipvsadm", kind)
	}
	text, err := read(c, file)
	if err != nil {
		return c.Failed("import", exitFailed, err)
	}
	tree, report, err := convert(text)
	if err != nil {
		return c.Failed("import", exitFailed, err)
	}
	return o.hand(c, tree, report)
}

func read(c tool.Call, file string) ([]byte, error) {
	if file == "-" {
		return io.ReadAll(c.Stdin)
	}
	return os.ReadFile(file)
}

// nodes reads --node and --peer.
func (o *options) nodes() (keepalived.Options, error) {
	out := keepalived.Options{Rand: rand.Reader}
	if o.peer == "" {
		return out, fmt.Errorf("name the other node with --peer: its uname -n, and if you like =ADDRESS")
	}
	if strings.ContainsAny(o.peer, ", ") {
		return out, fmt.Errorf("one --peer: a cluster with haresources has two nodes")
	}
	node := o.node
	if name, address, _ := strings.Cut(node, "="); name == "" {
		self, err := os.Hostname()
		if err != nil {
			return out, err
		}
		if node = self; address != "" {
			node += "=" + address
		}
	}
	var err error
	if out.Node, err = parseNode(node); err != nil {
		return out, err
	}
	out.Peer, err = parseNode(o.peer)
	return out, err
}

func parseNode(text string) (keepalived.Node, error) {
	name, address, given := strings.Cut(text, "=")
	n := keepalived.Node{Name: name}
	if !given {
		return n, nil
	}
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Zone() != "" {
		return n, fmt.Errorf("%s: %q is no address", name, address)
	}
	n.Addr = addr
	return n, nil
}

// hand gives out what was made.
func (o *options) hand(c tool.Call, tree conversion.Tree, report *conversion.Report) int {
	if report.Failed() {
		for _, d := range report.Errors {
			fmt.Fprintln(c.Stderr, d)
		}
		fmt.Fprintln(c.Stderr, "systole import: nothing was made")
		return exitRefused
	}
	to := c.Stdout
	var err error
	if o.out == "" {
		to = c.Stderr
		err = tree[:len(tree)-1].Print(c.Stdout) // without the report, which is the last
	} else {
		err = tree.Write(o.out)
	}
	if err == nil {
		_, err = report.WriteTo(to)
	}
	switch {
	case err != nil:
		return c.Failed("import", exitFailed, err)
	case report.Count(conversion.Lost) > 0:
		return exitLost
	}
	return exitWhole
}
