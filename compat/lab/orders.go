package lab

import (
	"encoding/json"
	"fmt"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// An order goes from the program that made the lab to a host's process 1, one
// JSON object a packet; exactly one of the fields is set.
//
//	{"boot":{…}}                          first of all; answered by {"ready":true} or {"err":"…"}
//	{"exec":{"id":7,"argv":["ip","a"]}}   with three descriptors; answered by {"id":7,"pid":31},
//	                                      when it ends by {"id":7,"exited":true,"code":0}
//	{"signal":{"pid":-31,"number":15}}    not answered
type order struct {
	Boot   *bootOrder   `json:"boot,omitempty"`
	Exec   *execOrder   `json:"exec,omitempty"`
	Signal *signalOrder `json:"signal,omitempty"`
}

type bootOrder struct {
	Hostname string   `json:"hostname"`
	Lower    []string `json:"lower"` // overlay layers, topmost first
	Dir      string   `json:"dir"`   // holds upper, work and the mount point root
	Self     string   `json:"self"`  // the program to bind at Self

	Devices map[string]string `json:"devices"` // devices of the machine to bind, by their names on the host
}

type execOrder struct {
	ID   uint64   `json:"id"`
	Argv []string `json:"argv"`
	Env  []string `json:"env"`
	Dir  string   `json:"dir"`
}

type signalOrder struct {
	Pid    int `json:"pid"` // negative: a process group
	Number int `json:"number"`
}

// A report goes the other way.
type report struct {
	Ready  bool   `json:"ready,omitempty"`
	ID     uint64 `json:"id,omitempty"`
	Pid    int    `json:"pid,omitempty"`
	Exited bool   `json:"exited,omitempty"`
	Code   int    `json:"code,omitempty"` // 128 + signal number if a signal ended it
	Err    string `json:"err,omitempty"`
}

// maxPacket holds the longest order the socket carries.
const maxPacket = 200 << 10

// wire is one end of the socket pair between the program and a process 1.
type wire struct{ *net.UnixConn }

// newWire makes a socket pair: the near end, and the file for the far end.
func newWire() (wire, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return wire{}, nil, fmt.Errorf("socket pair: %w", err)
	}
	far := os.NewFile(uintptr(fds[1]), "process 1")
	near, err := wireOf(os.NewFile(uintptr(fds[0]), "lab"))
	if err != nil {
		far.Close()
	}
	return near, far, err
}

// wireOf takes the file over.
func wireOf(f *os.File) (wire, error) {
	defer f.Close()
	c, err := net.FileConn(f)
	if err != nil {
		return wire{}, fmt.Errorf("control socket: %w", err)
	}
	return wire{c.(*net.UnixConn)}, nil
}

func (w wire) send(v any, files ...*os.File) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var rights []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, f := range files {
			fds[i] = int(f.Fd())
		}
		rights = unix.UnixRights(fds...)
	}
	_, _, err = w.WriteMsgUnix(b, rights, nil)
	return err
}

// receive reads one packet into v and returns the descriptors that came along.
// The error is io.EOF when the other end is gone.
func (w wire) receive(v any) ([]int, error) {
	b, oob := make([]byte, maxPacket), make([]byte, unix.CmsgSpace(3*4))
	n, oobn, _, _, err := w.ReadMsgUnix(b, oob)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, net.ErrClosed
	}
	fds, err := rights(oob[:oobn])
	if err != nil {
		return nil, err
	}
	return fds, json.Unmarshal(b[:n], v)
}

func rights(oob []byte) ([]int, error) {
	if len(oob) == 0 {
		return nil, nil
	}
	msgs, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(msgs) != 1 {
		return nil, fmt.Errorf("control message: %d parts: %w", len(msgs), err)
	}
	return unix.ParseUnixRights(&msgs[0])
}
