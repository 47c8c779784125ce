package genhash

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// dump shows bytes as keepalived's genhash does: sixteen a line with a gap in the middle.
//
//	0000  48 54 54 50 2f 31 2e 31 - 20 32 30 30 20 4f 4b 0d   HTTP/1.1 200 OK.
func dump(w io.Writer, text []byte) {
	for at := 0; at < len(text); at += 16 {
		line := text[at:min(at+16, len(text))]
		var hexes [2]strings.Builder
		var letters strings.Builder
		for i, c := range line {
			fmt.Fprintf(&hexes[i/8], "%02x ", c)
			if c < ' ' || c > '~' {
				c = '.'
			}
			letters.WriteByte(c)
		}
		fmt.Fprintf(w, "%04d  %-24s- %-24s  %-16s\n", at, hexes[0].String(), hexes[1].String(), letters.String())
	}
}

// title is the rule above a part of the verbose output.
func title(w io.Writer, text string) {
	const rule = "-----------------------"
	pad := (27 - len(text)) / 2
	fmt.Fprintf(w, "%s[%*s%s%*s]%s\n", rule, pad, "", text, pad, "", rule)
}

// show writes everything that is known of an answer.
func show(w io.Writer, r request, a answer) {
	title(w, "HTTP Header Buffer")
	dump(w, a.header)
	title(w, "HTTP Header Ascii Buffer")
	fmt.Fprintf(w, "%s\n", a.header)
	title(w, "HTML Buffer")
	dump(w, a.body)
	fmt.Fprintln(w)
	title(w, "HTML hash resulting")
	sum, _ := hex.DecodeString(a.digest())
	dump(w, sum)
	title(w, "HTML hash final resulting")
	fmt.Fprintf(w, "%s\n\nGlobal response time for [%s] = %d usecs\n", a.digest(), r.path, a.took.Microseconds())
}
