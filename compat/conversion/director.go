package conversion

import (
	"net/netip"
	"strconv"
	"strings"
)

// Director is an ldirectord.cf in the making. It keeps order and comments, which the writing back
// of ldirectorcf does not.
type Director struct {
	text strings.Builder
}

// Comment adds a line of comment.
func (d *Director) Comment(text string) {
	d.text.WriteString("# " + strings.Join(strings.Fields(text), " ") + "\n")
}

// Global adds a directive outside of sections.
func (d *Director) Global(name, value string) { d.text.WriteString(name + "=" + value + "\n") }

// Virtual opens a section; key is virtual or virtual6.
func (d *Director) Virtual(key, where string) { d.text.WriteString("\n" + key + "=" + where + "\n") }

// Set adds a directive to the section.
func (d *Director) Set(name, value string) { d.text.WriteString("\t" + name + "=" + value + "\n") }

// Quote adds a directive with a quoted value to the section, unless the value is empty.
func (d *Director) Quote(name, value string) {
	if value != "" {
		d.Set(name, `"`+value+`"`)
	}
}

// Number adds a directive to the section, unless it is 0.
func (d *Director) Number(name string, n int) {
	if n != 0 {
		d.Set(name, strconv.Itoa(n))
	}
}

// Text returns the file.
func (d *Director) Text() []byte { return []byte(d.text.String()) }

// Place writes an address and a port as ldirectord.cf has them: port 0 is left out.
func Place(addr netip.Addr, port uint16) string {
	text := addr.String()
	if addr.Is6() {
		text = "[" + text + "]"
	}
	if port != 0 {
		text += ":" + strconv.Itoa(int(port))
	}
	return text
}
