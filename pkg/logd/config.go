package logd

import (
	"fmt"
	"slices"
	"strings"
)

// ConfigFile is what ha_logd reads.
const ConfigFile = "/etc/logd.cf"

// defaultFacility is the syslog facility of a logd.cf that names none.
const defaultFacility = "daemon"

// Config says where the logging daemon writes.
type Config struct {
	Logfile   string // every line but debug
	Debugfile string // every line
	Facility  string // syslog facility; "none" is no syslog
	Plain     bool   // syslogmsgfmt off: the other format in the files
}

// Default is the configuration of a machine without a logd.cf.
func Default() Config { return Config{Facility: defaultFacility} }

// directives are the words of logd.cf. Those without an action are of no effect on where lines go.
func directives() map[string]func(c *Config, value string) error {
	ignored := func(*Config, string) error { return nil }
	return map[string]func(c *Config, value string) error{
		"logfile":      func(c *Config, v string) error { c.Logfile = v; return nil },
		"debugfile":    func(c *Config, v string) error { c.Debugfile = v; return nil },
		"logfacility":  facility,
		"syslogmsgfmt": format,
		"entity":       ignored,
		"sendqlen":     ignored,
		"recvqlen":     ignored,
		"syslogprefix": ignored,
	}
}

func facility(c *Config, v string) error {
	known := []string{"none", "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}
	if !slices.Contains(known, v) {
		return fmt.Errorf("%q is no syslog facility; it is one of %s", v, strings.Join(known, ", "))
	}
	c.Facility = v
	return nil
}

func format(c *Config, v string) error {
	switch strings.ToLower(v) {
	case "true", "on", "yes", "y", "1":
		c.Plain = false
	case "false", "off", "no", "n", "0":
		c.Plain = true
	default:
		return fmt.Errorf("%q is neither true nor false", v)
	}
	return nil
}

// ParseConfig reads the text of a logd.cf as ha_logd does: a word and a value on each line, in letters
// of any case, the last of a kind counts. ha_logd does not start with a fault in it, so that its
// defaults are returned with an error that names the line.
func ParseConfig(text string) (Config, error) {
	c := Default()
	for n, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		set, ok := directives()[strings.ToLower(words[0])]
		if !ok {
			return Default(), fmt.Errorf("line %d: unknown directive %q", n+1, words[0])
		}
		if len(words) == 1 {
			continue
		}
		if err := set(&c, words[1]); err != nil {
			return Default(), fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return c, nil
}
