package agent

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	resourced "systole/resource.d"

	"systole/pkg/netif/netnstest"
)

// commands makes a HA_BIN in which the test program goes by the names of commands, and the
// shipped entry points; it returns how to run one.
func commands(t *testing.T) (rsctmp string, command func(env []string, name string, args ...string) (string, int)) {
	t.Helper()
	netnstest.TwoNetworks(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), t.TempDir()
	for _, name := range []string{"IPaddr", "IPaddr2", "agent", "findif", sendArpName, sendUAName} {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range Natives() {
		text, err := fs.ReadFile(resourced.Files, n.Name)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, n.Name), string(text), 0o755)
	}
	rsctmp = filepath.Join(bin, "rsctmp")
	return rsctmp, func(env []string, name string, args ...string) (string, int) {
		t.Helper()
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			path = filepath.Join(bin, name)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, args...)
		cmd.Env = append([]string{"HA_BIN=" + bin, "HA_RSCTMP=" + rsctmp, "PATH=/usr/bin:/bin"}, env...)
		out, err := cmd.Output()
		if cmd.ProcessState == nil {
			t.Fatalf("%s: %v", name, err)
		}
		return strings.ReplaceAll(string(bytes.TrimSpace(out)), path, name), cmd.ProcessState.ExitCode()
	}
}

// resource.d/IPaddr2 by hand: a background process sends the ten frames, and a stop ends it.
func TestEntryPoint(t *testing.T) {
	rsctmp, command := commands(t)
	heard := listen(t, "peer0")
	pidFile := filepath.Join(rsctmp, "send_arp-"+theVIP)
	if out, code := command(nil, "IPaddr2", theVIP+"/32/eth0", "start"); code != 0 || out != "INFO:  Success" {
		t.Fatalf("start: %q %d", out, code)
	}
	if got := heard.frames(10); !slices.Equal(got, strings.Fields(strings.Repeat("request reply ", 5))) {
		t.Errorf("frames %v", got)
	}
	await(t, "the pid file to go", func() bool { _, err := os.Stat(pidFile); return err != nil })
	if out, code := command(nil, "IPaddr2", theVIP+"/32/eth0", "status"); code != 0 || out != "INFO:  Running OK" {
		t.Errorf("status: %q %d", out, code)
	}
	if out, code := command(nil, "IPaddr2", theVIP+"/32/eth0", "stop"); code != 0 || out != "INFO:  Success" {
		t.Errorf("stop: %q %d", out, code)
	}
	if out, code := command(nil, "IPaddr2", theVIP+"/32/eth0", "status"); code != 7 || out != "INFO:  Resource is stopped" {
		t.Errorf("status: %q %d", out, code)
	}
}

func TestStopEndsBackground(t *testing.T) {
	rsctmp, command := commands(t)
	pidFile := filepath.Join(rsctmp, "send_arp-"+theVIP)
	slow := []string{"OCF_RESKEY_arp_interval=100000000"}
	if out, code := command(slow, "IPaddr2", theVIP+"/32/eth0", "start"); code != 0 {
		t.Fatalf("start: %q %d", out, code)
	}
	pid, ok := readPid(pidFile)
	if !ok {
		t.Fatal("no pid file")
	}
	await(t, "send_arp to run", func() bool { return signalSender(pid, 0) })
	command(nil, "IPaddr2", theVIP+"/32/eth0", "stop")
	awaitGone(t, strconv.Itoa(pid))
	if _, err := os.Stat(pidFile); err == nil {
		t.Error("pid file left")
	}
}

// A stale pid file that names another program does no harm to it.
func TestStalePidFile(t *testing.T) {
	rsctmp, command := commands(t)
	innocent := exec.Command("sleep", "300")
	if err := innocent.Start(); err != nil {
		t.Fatal(err)
	}
	if err := writePid(filepath.Join(rsctmp, "send_arp-"+theVIP), innocent.Process.Pid); err != nil {
		t.Fatal(err)
	}
	command(nil, "IPaddr2", theVIP+"/32/eth0", "stop")
	command(nil, sendArpName, "-i", "1", "-p", filepath.Join(rsctmp, "send_arp-"+theVIP), "eth0", theVIP, "auto", "x", "x")
	if err := innocent.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := innocent.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("ended by %v", err)
	}
}

func TestUsage(t *testing.T) {
	_, command := commands(t)
	usage := map[string]string{
		"IPaddr":  "usage: IPaddr <ip-address> (start|stop|status|usage|meta-data)",
		"IPaddr2": "usage: IPaddr2 ip-address[/netmaskbits[/interface[:label][/broadcast]]] (start|stop|status|usage|meta-data)",
	}
	for name, text := range usage {
		for _, args := range [][]string{{}, {"start"}, {theVIP, "start", "extra"}} {
			if out, code := command(nil, name, args...); code != 1 || out != text {
				t.Errorf("%s %q: %q %d", name, args, out, code)
			}
		}
		want, status := text, 1
		if name == "IPaddr2" {
			want, status = text+"\nINFO:  Success", 0
		}
		if out, code := command(nil, name, theVIP, "usage"); code != status || out != want {
			t.Errorf("%s usage: %q %d", name, out, code)
		}
		if out, code := command(nil, name, theVIP, "meta-data"); code != 1 || out != "ERROR: Unknown operation: meta-data\n"+text {
			t.Errorf("%s meta-data: %q %d", name, out, code)
		}
	}
}

func TestSendArp(t *testing.T) {
	rsctmp, command := commands(t)
	heard := listen(t, "peer0")
	if out, code := command(nil, sendArpName, "-i", "2", "-r", "2", "eth0", theVIP, "01b2c3d4e5f6", "not_used", "not_used"); code != 0 {
		t.Errorf("%q %d", out, code)
	}
	if got := heard.frames(4); !slices.Equal(got, []string{"request", "reply", "request", "reply"}) {
		t.Errorf("frames %v", got)
	}
	if left, _ := os.ReadDir(rsctmp); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	for _, args := range [][]string{
		{}, {"eth0", theVIP, "auto"}, {"eth0", "bogus", "auto", "x", "x"}, {"eth0", theVIP, "zz", "x", "x"},
		{"-i", "x", "eth0", theVIP, "auto", "x", "x"}, {"nosuch", theVIP, "auto", "x", "x"}, {"lo", theVIP, "auto", "x", "x"},
	} {
		if _, code := command(nil, sendArpName, args...); code != 1 {
			t.Errorf("%q: %d", args, code)
		}
	}
}

func TestFindifCommand(t *testing.T) {
	_, command := commands(t)
	cases := []struct {
		env  []string
		args []string
		out  string
		code int
	}{
		{[]string{"OCF_RESKEY_ip=" + theVIP}, nil, "eth0\tnetmask 255.255.255.240\tbroadcast 121.254.175.79", 0},
		{[]string{"OCF_RESKEY_ip=" + theVIP}, []string{"-C"}, "eth0\tnetmask 28\tbroadcast 121.254.175.79", 0},
		{[]string{"OCF_RESKEY_ip=10.9.9.9", "OCF_RESKEY_netmask=24"}, nil, "eth0\tnetmask 255.255.255.0\tbroadcast 10.9.9.255", 0},
		{[]string{"OCF_RESKEY_ip=10.9.9.9"}, nil, "", 1},
		{[]string{"OCF_RESKEY_ip=300.1.1.1"}, nil, "", 6},
		{nil, []string{theVIP + "/28"}, "eth0\tnetmask 255.255.255.240\tbroadcast 121.254.175.79", 0},
		{nil, []string{theVIP + "/121.254.175.78"}, "eth0\tnetmask 255.255.255.240\tbroadcast 121.254.175.78", 0},
		{nil, []string{theVIP + "/121.254.175.78/30"}, "eth0\tnetmask 255.255.255.252\tbroadcast 121.254.175.78", 0},
		{nil, nil, "", 6},
		{nil, []string{"-x"}, "", 2},
		{nil, []string{"a", "b"}, "", 2},
	}
	for _, c := range cases {
		if out, code := command(c.env, "findif", c.args...); out != c.out || code != c.code {
			t.Errorf("%q %q: %q %d, want %q %d", c.env, c.args, out, code, c.out, c.code)
		}
	}
}
