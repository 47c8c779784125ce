package ldirectorcf

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkLoad reads a file of 10,000 servers in one virtual.
func BenchmarkLoad(b *testing.B) {
	var text strings.Builder
	text.WriteString("checkinterval=1\nvirtual=10.0.0.100:80\n\tservice=http\n\trequest=\"index.html\"\n\treceive=\"well\"\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "\treal=10.%d.%d.%d:80 gate\n", 64+i/62500, i/250%250, i%250+1)
	}
	cf := []byte(text.String())
	b.SetBytes(int64(len(cf)))
	b.ReportAllocs()
	for b.Loop() {
		if c, _ := Load(Env{HostName: "director"}, "test.cf", cf); len(c.Virtuals) != 1 {
			b.Fatal("the file is refused")
		}
	}
}
