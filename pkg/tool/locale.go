package tool

import (
	"io"
	"os"
	"strings"

	"systole/pkg/cells"
)

// UTF8 says whether the character set of the user has more than ASCII, as locale(7) tells.
func UTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(os.Getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

// Readable returns a writer of whole texts that w can show: without UTF-8, as ASCII.
func Readable(w io.Writer) io.Writer {
	if UTF8() {
		return w
	}
	return ascii{w}
}

type ascii struct{ w io.Writer }

func (a ascii) Write(text []byte) (int, error) {
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = cells.ASCII(lines[i])
	}
	_, err := io.WriteString(a.w, strings.Join(lines, "\n"))
	return len(text), err
}
