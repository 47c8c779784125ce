package hacf

import (
	"net/netip"
	"path"
	"slices"
)

// Device is what a path is that a serial directive names.
type Device uint8

// The answers of Env.Device.
const (
	DeviceOK       Device = iota // a character device
	DeviceMissing                // nothing there
	DeviceNotAChar               // something else
)

// Env is everything outside the file that validation asks about. A nil function stands for the
// answer that lets the directive pass.
type Env struct {
	// Node is our own name: the first line of /etc/ha.d/nodeinfo, or uname -n. Case does not
	// matter. "" leaves out the check that we are one of the nodes.
	Node string

	Interface  func(name string) bool                   // does the network interface exist
	Resolve    func(host string) (netip.Addr, error)    // first IPv4 address of a host name
	Executable func(path string) bool                   // may the program be executed
	User       func(name string) bool                   // is it a user name
	Group      func(name string) bool                   // is it a group name
	Service    func(port int) (name string, ok bool)    // UDP service of /etc/services at the port
	Device     func(path string) Device                 // what a serial path is
	Daemon     func(name string) (path string, ok bool) // where one of our own daemons lies
	Stonith    func(kind string) (known bool)           // is there a stonith plugin; nil: none
	Readable   func(path string) bool                   // can a stonith file be read
	HAPort     func() (port int, ok bool)               // UDP port of service ha-cluster
}

func (e Env) hasInterface(name string) bool {
	return e.Interface == nil || e.Interface(name)
}

func (e Env) resolves(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return nil
	}
	if e.Resolve == nil {
		return nil
	}
	_, err := e.Resolve(host)
	return err
}

func (e Env) executable(path string) bool { return e.Executable == nil || e.Executable(path) }
func (e Env) hasUser(name string) bool    { return e.User == nil || e.User(name) }
func (e Env) hasGroup(name string) bool   { return e.Group == nil || e.Group(name) }
func (e Env) readable(path string) bool   { return e.Readable == nil || e.Readable(path) }
func (e Env) hasStonith(kind string) bool { return e.Stonith != nil && e.Stonith(kind) }

func (e Env) service(port int) (string, bool) {
	if e.Service == nil {
		return "", false
	}
	return e.Service(port)
}

func (e Env) device(path string) Device {
	if e.Device == nil {
		return DeviceOK
	}
	return e.Device(path)
}

// defaultPort is the service ha-cluster of /etc/services, else 694 (wire spec 7.1).
func (e Env) defaultPort() int {
	if e.HAPort != nil {
		if port, ok := e.HAPort(); ok {
			return port
		}
	}
	return 694
}

// daemonAt returns where the daemon lies that a respawn path of another release means.
func (e Env) daemonAt(path string) (string, bool) {
	name, ok := DaemonName(path)
	if !ok || e.Daemon == nil {
		return "", false
	}
	return e.Daemon(name)
}

// DaemonName says which daemon of heartbeat a respawn path means: the releases kept them in
// different directories (tools spec 1.3), and an ha.cf names the directory of the release it
// was written for.
func DaemonName(file string) (name string, ok bool) {
	dir, name := path.Split(path.Clean(file))
	if !slices.Contains(daemonDirs, dir) || !slices.Contains(daemons, name) {
		return "", false
	}
	return name, true
}

var daemonDirs = []string{"/usr/lib64/heartbeat/", "/usr/lib/heartbeat/", "/usr/libexec/heartbeat/"}

var daemons = []string{"ipfail", "ccm", "dopd", "apphbd"}
