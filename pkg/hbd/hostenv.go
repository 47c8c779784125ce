package hbd

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"systole/pkg/hacf"
	"systole/pkg/stonith"
)

// hostEnv answers the questions of ha.cf from this machine.
func hostEnv(p Paths) hacf.Env {
	return hacf.Env{
		Node:       nodeName(p),
		Interface:  func(name string) bool { _, err := net.InterfaceByName(name); return err == nil },
		Resolve:    resolve4,
		Executable: func(path string) bool { return unix.Access(path, unix.X_OK) == nil && !isDir(path) },
		User:       func(name string) bool { _, err := user.Lookup(name); return err == nil || isNumber(name) },
		Group:      func(name string) bool { _, err := user.LookupGroup(name); return err == nil || isNumber(name) },
		Service:    udpService,
		HAPort:     func() (int, bool) { return udpPort("ha-cluster") },
		Device:     device,
		Stonith:    func(kind string) bool { return stonith.Known(context.Background(), "", kind) },
		Readable:   func(path string) bool { return unix.Access(path, unix.R_OK) == nil && !isDir(path) },
		Daemon: func(name string) (string, bool) {
			path := p.LibexecDir + "/" + name
			return path, unix.Access(path, unix.X_OK) == nil
		},
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 32)
	return err == nil
}

// nodeName is the first line of nodeinfo, if it is a whole line, else uname -n (wire spec 4.1).
func nodeName(p Paths) string {
	if text, err := os.ReadFile(p.File("nodeinfo")); err == nil {
		if line, _, ok := bytes.Cut(text, []byte("\n")); ok && len(bytes.TrimSpace(line)) > 0 {
			return strings.ToLower(string(bytes.TrimSpace(line)))
		}
	}
	return strings.ToLower(unameN())
}

// unameN is the host name as uname -n tells it, case kept.
func unameN() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Nodename[:])
}

func resolve4(host string) (netip.Addr, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(addrs) == 0 {
		return netip.Addr{}, fmt.Errorf("%s: no IPv4 address", host)
	}
	return addrs[0].Unmap(), nil
}

func device(path string) hacf.Device {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return hacf.DeviceMissing
	case info.Mode()&os.ModeCharDevice == 0:
		return hacf.DeviceNotAChar
	}
	return hacf.DeviceOK
}

// udpService and udpPort look into /etc/services.
func udpService(port int) (name string, ok bool) {
	eachService(func(n string, p int) bool { name, ok = n, p == port; return !ok })
	return name, ok
}

func udpPort(name string) (port int, ok bool) {
	eachService(func(n string, p int) bool { port, ok = p, n == name; return !ok })
	return port, ok
}

// eachService calls visit for every UDP service until it returns false.
func eachService(visit func(name string, port int) bool) {
	f, err := os.Open("/etc/services")
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) < 2 {
			continue
		}
		number, isUDP := strings.CutSuffix(words[1], "/udp")
		port, err := strconv.Atoi(number)
		if !isUDP || err != nil {
			continue
		}
		for _, name := range append(words[:1:1], words[2:]...) {
			if !visit(name, port) {
				return
			}
		}
	}
}

// loadAverage is the first line of /proc/loadavg, which every message carries.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "n/a"
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
