package ldirectorcf

import (
	"fmt"
	"strings"
)

// The remedies of values: what was probably meant by one that is refused.

// hashRemedy explains a directive that lost its closing quote (ldirectord spec 3, section context).
const hashRemedy = "# starts a comment even inside quotes; write %23 in a URL, \\x23 in receive="

// windowsRemedy is for every exact value that fails because of a carriage return.
const windowsRemedy = `the line ends in a carriage return: remove them all with sed -i 's/\r$//' FILE`

func numberRemedy(value string) string {
	if value == "" {
		return "write a number after the ="
	}
	if _, ok := number(value); !ok {
		return "write the number in digits"
	}
	return "it must be greater than 0"
}

func yesNoRemedy(name, value string) string {
	word := strings.Trim(value, blanks)
	first, rest := firstWord(word)
	first, _, glued := strings.Cut(first, "#")
	word = strings.Trim(strings.ToLower(first), `"'`)
	answer, known := yesNoWords[word]
	switch {
	case strings.HasSuffix(value, "\r"):
		return windowsRemedy
	case !known:
		return "write " + name + "=yes or " + name + "=no"
	case glued || strings.HasPrefix(rest, "#"):
		return "a comment may not follow a value: put it on a line of its own and write " + name + "=" + answer
	case value != word && strings.TrimRight(value, blanks) == word:
		return "remove the blank after " + word
	}
	return "write " + name + "=" + answer
}

// yesNoWords are the ways to say it that the original does not know.
var yesNoWords = map[string]string{
	"yes": "yes", "no": "no", "y": "yes", "n": "no", "on": "yes", "off": "no", "true": "yes", "false": "no",
	"1": "yes", "0": "no", "enable": "yes", "disable": "no", "enabled": "yes", "disabled": "no",
}

func quoteRemedy(name, value string) string {
	value = strings.Trim(value, `"'`+blanks)
	if value == "" {
		value = "..."
	}
	return "the value must be quoted: " + name + `="` + value + `"`
}

func mailStatusRemedy(word string) string {
	switch bare := strings.Trim(word, blanks); {
	case strings.HasSuffix(word, "\r"):
		return windowsRemedy
	case knownMailWord(bare):
		return "remove the blank after " + bare
	case strings.ContainsAny(bare, blanks):
		return "separate the words by commas"
	}
	return didYouMean(strings.ToLower(word), append(wordsOf(mailStates), "all", "none"))
}

// forwardWords are other systems' names of the methods.
var forwardWords = map[string]string{
	"gate": "gate", "masq": "masq", "ipip": "ipip", "dr": "gate", "route": "gate", "gateway": "gate", "gatewaying": "gate",
	"direct": "gate", "nat": "masq", "masquerade": "masq", "masquerading": "masq", "tun": "ipip", "tunnel": "ipip",
	"tunneling": "ipip", "tunnelling": "ipip", "g": "gate", "m": "masq", "i": "ipip",
}

const forwardMeaning = "gate (direct routing), masq (address translation) or ipip (tunnel)"

func forwardRemedy(value string) string {
	word, rest := firstWord(strings.TrimRight(value, blanks))
	_, right := forwardOf(word)
	switch {
	case word == "":
		return "after the address write " + forwardMeaning
	case right && strings.HasPrefix(rest, "#"):
		return "a comment may not follow a value in column 0: put it on a line of its own"
	case right:
		return fmt.Sprintf("nothing may follow %s: remove %q", word, rest)
	}
	if meant, ok := forwardWords[strings.ToLower(word)]; ok {
		return fmt.Sprintf("for %q write %s", word, meant)
	}
	return fmt.Sprintf("instead of %q write %s", word, forwardMeaning)
}

func virtualRemedy(value string, ipv6 bool) string {
	switch {
	case value == "":
		return "write ADDRESS:PORT, NAME:PORT or a firewall mark after the ="
	case strings.HasPrefix(value, "[") && ipv6:
		return "write virtual6=[ADDRESS]:PORT; the address may hold hexadecimal digits and colons only"
	case strings.HasPrefix(value, "["):
		return "an IPv6 service is opened by virtual6=[ADDRESS]:PORT"
	case strings.Count(value, ":") > 1:
		return "an IPv6 address must stand in brackets: virtual6=[ADDRESS]:PORT"
	case virtualHostForm.MatchString(strings.TrimRight(value, blanks) + ":80"):
		return "a name needs a port: write " + strings.TrimRight(value, blanks) + ":80, or a number alone for a firewall mark"
	}
	return "write ADDRESS:PORT, NAME:PORT or a firewall mark"
}

func unresolved(name string, ipv6 bool) string {
	family := family(ipv6)
	switch {
	case strings.Count(name, ":") > 0 && !strings.HasPrefix(name, "["):
		return "an IPv6 address must stand in brackets"
	case strings.HasPrefix(name, "["):
		return name + " is not an " + family + " address"
	case bareIPv4.MatchString(name):
		return name + " is not an " + family + " address: see if the section should be of the other family, and if every number is below 256"
	}
	return "no " + family + " address is known for " + name + ": write the address, or put the name into /etc/hosts"
}

func badPort(name, protocol string) string {
	switch {
	case strings.Trim(name, "0123456789") == "":
		return "the largest port is 65535"
	case protocol == "fwm":
		return "no service name belongs to a firewall mark: write the port as a number"
	case protocol == "":
		return name + " is not in /etc/services: write the port as a number"
	}
	return name + "/" + protocol + " is not in /etc/services: write the port as a number"
}

func realFormatRemedy(value string) string {
	value = strings.Trim(value, blanks)
	if value == "" {
		return "write ADDRESS[:PORT] METHOD [WEIGHT]"
	}
	return "after the address and port write " + forwardMeaning + ", for example real=" + value + " gate"
}

func realRestRemedy(rest string) string {
	switch {
	case strings.ContainsAny(rest, `"'`):
		return `after the weight write "REQUEST","RECEIVE" in double quotes, joined by one comma`
	case strings.Contains(rest, "l:"), strings.Contains(rest, "u:"):
		return "write the thresholds at the end, as in l:5 u:20"
	}
	return fmt.Sprintf(`remove %q: after the method come WEIGHT "REQUEST","RECEIVE" l:N u:N`, strings.Trim(rest, blanks))
}

func netmaskRemedy(value string) string {
	switch bare := strings.TrimRight(value, blanks); {
	case strings.HasSuffix(value, "\r"):
		return windowsRemedy
	case dottedQuad.MatchString(bare):
		return "remove the blank after " + bare
	}
	if n, ok := number(value); ok && n >= 1 && n <= 32 && strings.Trim(value, "/0123456789"+blanks) == "" {
		return "write netmask=" + quadOf(n)
	}
	return "write a dotted quad, for example netmask=255.255.255.0"
}

// markRemedy explains the address that was read as a firewall mark because it has no port.
func markRemedy(s *section) string {
	text := s.l.lines[s.v.Line-1].text
	_, value, _ := splitDirective(text)
	if address := bareIPv4.FindString(value); address != "" {
		return fmt.Sprintf("line %d has no port and is read as firewall mark %d: write virtual=%s:80",
			s.v.Line, s.v.Service.FWMark, address)
	}
	return fmt.Sprintf("virtual=%d on line %d is a firewall mark: remove the line, or give an address and port there",
		s.v.Service.FWMark, s.v.Line)
}

func duplicateRemedy(s *section, first int, again bool) string {
	if again {
		return fmt.Sprintf("%s is already on line %d: join the two sections, or give one another port or protocol=", s.v.ID, first)
	}
	return "a virtual may not be the last line of the file: add its real= lines below it"
}

// startsComment says whether what follows a value is a comment, which needs no warning.
func startsComment(rest string) bool {
	return strings.HasPrefix(strings.TrimLeft(rest, blanks), "#")
}
