package decode

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// How much of a value, and how many fields, a line shows; JSON has all of them.
const (
	maxShown  = 72
	maxFields = 8
)

// write prints an entry on one line.
func (e *Entry) write(w io.Writer, zone clock) {
	number := "-"
	if e.Seq > 0 {
		number = fmt.Sprintf("%x:%d", e.Gen, e.Seq)
	}
	fmt.Fprintf(w, "%5d %s  %-34s  %-8s %-13s %s", e.Frame, zone(e.At).Format("15:04:05.000000"), e.way(),
		orDash(e.Node), orDash(e.Type), number)
	for i, v := range e.Fields {
		if i == maxFields {
			fmt.Fprintf(w, " …(%d more)", len(e.Fields)-i)
			break
		}
		fmt.Fprintf(w, " %s=%s", printable(v.Name), shown(v.Value))
	}
	for _, m := range e.Marks {
		fmt.Fprintf(w, "  ! %s", m.Kind)
		if m.Detail != "" {
			fmt.Fprintf(w, ": %s", printable(m.Detail))
		}
	}
	fmt.Fprintln(w)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return printable(s)
}

func shown(value string) string {
	value = strings.TrimSpace(value)
	if len(value) > maxShown {
		return printable(strings.ToValidUTF8(value[:maxShown], "")) + fmt.Sprintf("…(%d bytes)", len(value))
	}
	return printable(value)
}

// printable quotes a text that holds anything but plain characters: it comes from the network and
// goes to a terminal.
func printable(s string) string {
	for _, r := range s {
		if r < ' ' || r == 0x7f || r >= 0x80 && !strconv.IsPrint(r) || r == '\ufffd' {
			return strconv.QuoteToASCII(s)
		}
	}
	return s
}
