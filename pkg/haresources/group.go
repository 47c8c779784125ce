package haresources

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
)

// Group is one logical line of haresources: the resources that move together.
type Group struct {
	Owner     string     // word 1, lower case: the node that the group prefers
	Resources []Resource // words 2…n; empty for a line with only a node name
	Line      int        // first physical line
	Last      int        // last physical line, beyond Line when backslashes continue it
}

// Resource is one word of a group.
type Resource struct {
	Word string   // as written: "IPaddr2::10.0.0.1/24/eth0", or a bare "10.0.0.1"
	Name string   // script name: "IPaddr2"; "IPaddr" for a bare address
	Args []string // arguments between "::", empty ones dropped
}

// NewResource splits a word of haresources into script and arguments. An IPv6 address for one of
// the address scripts is one argument with its "::": those take a single one, so that no word
// which works with the original is read otherwise.
func NewResource(word string) Resource {
	parts := strings.Split(word, "::")
	r := Resource{Word: word, Name: parts[0]}
	if isBareAddress(word) {
		r.Name, parts = "IPaddr", append([]string{""}, parts...)
	} else if arg, ok := ipv6Argument(word); ok {
		parts = []string{r.Name, arg}
	}
	for _, arg := range parts[1:] {
		if arg != "" {
			r.Args = append(r.Args, arg)
		}
	}
	return r
}

// ipv6Argument returns the argument of "IPv6addr::fd00::70/64/eth0".
func ipv6Argument(word string) (string, bool) {
	name, arg, _ := strings.Cut(word, "::")
	if name != "IPv6addr" && name != "IPaddr2" {
		return "", false
	}
	text, _, _ := strings.Cut(arg, "/")
	addr, err := netip.ParseAddr(text)
	return arg, err == nil && addr.Is6()
}

// isBareAddress is the shell pattern [0-9]*.[0-9]*.[0-9]*.[0-9]*: a digit, and three times
// later a dot with a digit behind.
func isBareAddress(word string) bool {
	if word == "" || !isDigit(word[0]) {
		return false
	}
	dots := 0
	for i := 1; i+1 < len(word); i++ {
		if word[i] == '.' && isDigit(word[i+1]) {
			dots++
		}
	}
	return dots >= 3
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// Key returns the key of the group, its first resource word, or "" for an empty group.
func (g Group) Key() string {
	if len(g.Resources) == 0 {
		return ""
	}
	return g.Resources[0].Word
}

// Words returns the resource words of the group in the order they start.
func (g Group) Words() []string {
	words := make([]string, len(g.Resources))
	for i, r := range g.Resources {
		words[i] = r.Word
	}
	return words
}

// String returns the group as one line of haresources.
func (g Group) String() string {
	return strings.Join(append([]string{g.Owner}, g.Words()...), " ")
}

// Digest returns 16 hex digits that two groups share if and only if (for all that SHA-256 can
// tell) they have the same resource words in the same order, whoever owns them.
func Digest(g Group) string {
	sum := sha256.Sum256([]byte(strings.Join(g.Words(), "\n")))
	return hex.EncodeToString(sum[:8])
}
