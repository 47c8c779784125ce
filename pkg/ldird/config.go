package ldird

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"systole/pkg/check"
	"systole/pkg/diag"
	"systole/pkg/ldirectorcf"
)

// resolveLimit bounds the look-up of one name in the configuration file.
const resolveLimit = 10 * time.Second

// load parses the file at p.path into p.config.
func (p *Program) load() []diag.Diagnostic {
	var diags []diag.Diagnostic
	p.config, diags = readConfig(p.path, p.hostname)
	return diags
}

// readConfig reads a file, and refuses one that asks for a check we cannot do.
func readConfig(path, hostname string) (*ldirectorcf.Config, []diag.Diagnostic) {
	text, err := os.ReadFile(path)
	if err != nil {
		cf, _ := ldirectorcf.Load(ldirectorcf.Env{}, path, nil)
		return cf, []diag.Diagnostic{{File: path, Severity: diag.Error, Text: "can not read the file: " + errnoText(err)}}
	}
	cf, diags := ldirectorcf.Load(system(hostname), path, text)
	if diag.Failed(diags) {
		return cf, diags
	}
	var targets check.Targets
	for i := range cf.Virtuals {
		v := &cf.Virtuals[i]
		for j := range v.Reals {
			if _, err := targets.New(v, &v.Reals[j]); err != nil {
				return cf, append(diags, diag.Diagnostic{File: path, Line: v.Line, Severity: diag.Error, Text: err.Error()})
			}
		}
	}
	return cf, diags
}

func failed(diags []diag.Diagnostic) bool { return diag.Failed(diags) }

// complaints are the findings as the original prints them.
func (p *Program) complaints(diags []diag.Diagnostic) string {
	return strings.Join(lines(diags, os.Getpid()), "\n")
}

func lines(diags []diag.Diagnostic, pid int) []string {
	var out []string
	for _, d := range diags {
		if text := ldirectorcf.Format(d, pid); text != "" {
			out = append(out, text)
		}
	}
	return out
}

// system is how the parser asks the machine.
func system(hostname string) ldirectorcf.Env {
	return ldirectorcf.Env{
		HostName:    hostname,
		Resolve:     resolve,
		Port:        servicePort,
		LogFile:     appendable,
		MonitorFile: appendable,
		IsDir: func(path string) bool {
			st, err := os.Stat(path)
			return err == nil && st.IsDir()
		},
		Executable: func(path string) bool {
			st, err := os.Stat(path)
			return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
		},
	}
}

func resolve(host string, ipv6 bool) (netip.Addr, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveLimit)
	defer cancel()
	network := "ip4"
	if ipv6 {
		network = "ip6"
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil || len(addrs) == 0 {
		return netip.Addr{}, false
	}
	return addrs[0].Unmap(), true
}

// servicePort looks a name up in /etc/services: fwm has none.
func servicePort(service, protocol string) (uint16, bool) {
	networks := []string{protocol}
	if protocol == "" {
		networks = []string{"tcp", "udp"}
	}
	for _, n := range networks {
		if n == "fwm" {
			continue
		}
		if port, err := net.LookupPort(n, service); err == nil {
			return uint16(port), true
		}
	}
	return 0, false
}

// appendable says why a file cannot be written to; the bare reason, as strerror has it.
func appendable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return errors.New(errnoText(err))
	}
	return f.Close()
}

// errnoText is the system's word for an error, capitalised as strerror(3) has it.
func errnoText(err error) string {
	text := err.Error()
	var no syscall.Errno
	if errors.As(err, &no) {
		text = no.Error()
	}
	if text == "" {
		return fmt.Sprint(err)
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// searchDomains are the domains that resolv.conf(5) appends to short names: the last search or
// domain line counts.
func searchDomains(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var domains []string
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) > 1 && (f[0] == "search" || f[0] == "domain") {
			domains = f[1:]
		}
	}
	return domains
}
