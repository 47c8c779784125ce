package decode

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"systole/pkg/authkeys"
	"systole/pkg/diag"
	"systole/pkg/hamsg/pcap"
	"systole/pkg/tool"
)

// The exit codes.
const (
	exitGood     = 0
	exitRefused  = 1
	exitUnusable = 3
)

// Verb describes "systole decode".
func Verb() tool.Verb {
	return tool.Verb{
		Name: "decode", Args: "FILE.pcap|-", Summary: "print captured heartbeat traffic", Takes: tool.Files, Setup: setup,
		About: `Prints the heartbeat messages of a packet capture (tcpdump -w), one a line: frame,
time, medium and addresses, node, type, generation:sequence, the fields that
matter, and behind "!" what a node would notice: bad signatures, replays, gaps,
retransmissions, duplicates, malformed messages. A summary follows. With - the
capture comes from standard input:

  tcpdump -i eth0 -w - udp port 694 or icmp |
      systole decode --authkeys /etc/ha.d/authkeys -

Without --authkeys nothing is verified.
`,
		Exits: []tool.Exit{
			{Code: exitGood, Meaning: "every message would be accepted"},
			{Code: exitRefused, Meaning: "some would be refused: bad signature, malformed, replay, no message"},
			{Code: exitUnusable, Meaning: "the capture or the keys cannot be read"},
		},
	}
}

// options are those of the command line.
type options struct {
	keys       string
	json       bool
	summary    bool
	utc        bool
	ports      []uint
	node, kind string
}

// clock turns a time into the zone of the output.
type clock func(time.Time) time.Time

func setup(flags *pflag.FlagSet) func(tool.Call) int {
	var o options
	flags.StringVar(&o.keys, "authkeys", "", "verify signatures with the keys of `FILE`")
	flags.BoolVar(&o.json, "json", false, "print JSON, an object a line; the last is the summary")
	flags.BoolVar(&o.summary, "summary", false, "print the summary alone")
	flags.BoolVar(&o.utc, "utc", false, "print times in UTC, not in the local zone")
	flags.UintSliceVar(&o.ports, "port", nil, "heartbeat is on this UDP `PORT` too (found by itself as a rule)")
	flags.StringVar(&o.node, "node", "", "print messages of this `NODE` only")
	flags.StringVar(&o.kind, "type", "", "print messages of this `TYPE` only")
	return func(c tool.Call) int { return o.run(c) }
}

func (o *options) run(c tool.Call) int {
	if len(c.Args) != 1 {
		return c.Wrong("decode", "name one capture")
	}
	decoder, err := o.decoder()
	if err != nil {
		return c.Failed("decode", exitUnusable, err)
	}
	in, name, err := open(c)
	if err != nil {
		return c.Failed("decode", exitUnusable, err)
	}
	defer in.Close()
	out := bufio.NewWriter(c.Stdout)
	summary, err := o.decode(decoder, in, out)
	if err := out.Flush(); err != nil {
		return c.Failed("decode", exitUnusable, err)
	}
	switch {
	case err != nil:
		return c.Failed("decode", exitUnusable, fmt.Errorf("%s: %w", name, err))
	case summary.Refused > 0:
		return exitRefused
	}
	return exitGood
}

func open(c tool.Call) (in io.ReadCloser, name string, err error) {
	if c.Args[0] == "-" {
		return io.NopCloser(c.Stdin), "standard input", nil
	}
	in, err = os.Open(c.Args[0])
	return in, c.Args[0], err
}

func (o *options) decoder() (*Decoder, error) {
	d := &Decoder{Ports: map[uint16]bool{}}
	for _, p := range o.ports {
		d.Ports[uint16(p)] = true
	}
	if o.keys == "" {
		return d, nil
	}
	text, err := os.ReadFile(o.keys)
	if err != nil {
		return nil, err
	}
	keys, found := authkeys.Parse(o.keys, text)
	for _, f := range found {
		if f.Severity == diag.Error {
			return nil, errors.New(f.String())
		}
	}
	d.Keys = keys
	return d, nil
}

// decode writes every message of a capture and the summary. What was read before an error is
// written too.
func (o *options) decode(d *Decoder, in io.Reader, out *bufio.Writer) (Summary, error) {
	var s Summary
	write := o.writer(out)
	reader, err := pcap.NewReader(bufio.NewReader(in))
	if err != nil {
		return s, err
	}
	for {
		dg, err := reader.Next()
		if err != nil {
			s.Incomplete = reader.Incomplete()
			o.end(out, &s)
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return s, err
		}
		s.Datagrams++
		if e, ok := d.Decode(dg); ok {
			s.add(&e)
			if !o.summary && o.wanted(&e) {
				write(&e)
			}
		}
	}
}

func (o *options) wanted(e *Entry) bool {
	return (o.node == "" || strings.EqualFold(o.node, e.Node)) && (o.kind == "" || o.kind == e.Type)
}

func (o *options) zone() clock {
	if o.utc {
		return time.Time.UTC
	}
	return time.Time.Local
}

func (o *options) writer(out *bufio.Writer) func(*Entry) {
	zone := o.zone()
	if !o.json {
		return func(e *Entry) { e.write(out, zone) }
	}
	enc := json.NewEncoder(out)
	return func(e *Entry) {
		e.At = zone(e.At)
		enc.Encode(e) // an error is kept by the bufio.Writer
	}
}

func (o *options) end(out *bufio.Writer, s *Summary) {
	if o.json {
		s.First, s.Last = o.zone()(s.First), o.zone()(s.Last)
		json.NewEncoder(out).Encode(struct {
			Summary *Summary `json:"summary"`
		}{s})
		return
	}
	if !o.summary && s.Messages > 0 {
		fmt.Fprintln(out)
	}
	s.write(out)
}
