package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"systole/compat/lab"
	"systole/compat/layout"
)

// unit reads a unit file: "Section.Key" to its values.
func unit(t *testing.T, name string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("systemd", name))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	section := ""
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok {
			t.Fatalf("%s line %d: %q", name, n+1, line)
		}
		out[section+"."+key] = append(out[section+"."+key], value)
	}
	return out
}

// What units run is installed.
func TestUnitsRunWhatIsInstalled(t *testing.T) {
	var there []string
	for _, e := range layout.Table() {
		there = append(there, e.Path)
	}
	for _, name := range []string{"heartbeat.service", "ldirectord.service"} {
		u := unit(t, name)
		for key, values := range u {
			if !strings.HasPrefix(key, "Service.Exec") {
				continue
			}
			for _, v := range values {
				if program := strings.Fields(v)[0]; program != "/usr/bin/env" && !slices.Contains(there, program) {
					t.Errorf("%s: %s=%s is not installed", name, key, v)
				}
			}
		}
		for _, key := range []string{"Service.ExecStart", "Service.ExecStop", "Service.ExecReload", "Install.WantedBy", "Unit.Description"} {
			if len(u[key]) != 1 {
				t.Errorf("%s: %s %q", name, key, u[key])
			}
		}
	}
}

func TestHeartbeatUnit(t *testing.T) {
	u := unit(t, "heartbeat.service")
	for key, want := range map[string]string{
		"Service.Type": "notify", "Service.ExecStart": "/usr/libexec/heartbeat/heartbeat -f",
		"Service.ExecReload": "/usr/libexec/heartbeat/heartbeat -r", "Service.ExecStop": "/usr/libexec/heartbeat/heartbeat -k",
		"Service.KillMode": "process", "Service.SendSIGKILL": "no", "Service.WatchdogSec": "60s",
	} {
		if got := u[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s %q, want %s", key, got, want)
		}
	}
}

// A boot makes the directories with their owners.
func TestDirectoriesOfABoot(t *testing.T) {
	l := lab.Test(t)
	h := ourHost(t, l, "ours")
	r := lab.OK(h.Sh(patience.For(t), "cd / && stat -c '%A %U:%G %n' run/heartbeat run/heartbeat/dopd run/resource-agents var/lib/heartbeat/cores/*"))(t)
	want := "drwxr-x--- hacluster:haclient run/heartbeat\ndrwxr-x--- hacluster:haclient run/heartbeat/dopd\n" +
		"drwxr-xr-t root:root run/resource-agents\n" +
		"drwx------ hacluster:root var/lib/heartbeat/cores/hacluster\ndrwx------ nobody:root var/lib/heartbeat/cores/nobody\n" +
		"drwx------ root:root var/lib/heartbeat/cores/root\n"
	if r.Stdout != want {
		t.Errorf("%s%s", r.Stdout, r.Stderr)
	}
}
