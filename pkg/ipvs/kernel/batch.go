package kernel

import (
	"encoding/binary"
	"fmt"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// batchMax is how many requests go in one datagram. Should the kernel refuse them all, its answers, a
// kilobyte each as it counts them, fit in the receive buffer of a socket (208 kB, net.core.rmem_default).
const batchMax = 64

// exchange sends requests in one datagram and returns what the kernel answered to each of them. It takes
// them in their order, and answers those that it refuses, and the last one in any case (netlink(7),
// NLM_F_ACK): a batch that is all well costs two system calls. The error says that the outcome
// is not known.
func (c *conn) exchange(batch []netlink.Message) ([]error, error) {
	for i := range batch {
		batch[i].Header = netlink.Header{Type: netlink.HeaderType(c.family), Flags: netlink.Request, Sequence: uint32(i + 1)}
	}
	batch[len(batch)-1].Header.Flags |= netlink.Acknowledge
	if _, err := c.netlink.SendMessages(batch); err != nil {
		return nil, err
	}
	answers := make([]error, len(batch))
	for {
		number, errno, err := c.answer()
		switch {
		case err != nil:
			return nil, err
		case number == 0 || number > len(batch):
			return nil, fmt.Errorf("answer to request %d of %d", number, len(batch))
		case errno != 0:
			answers[number-1] = errno
		}
		if number == len(batch) {
			return answers, nil
		}
	}
}

// answer receives the next answer: which request it is to, and 0 or why that was refused. Package netlink
// would not say which.
func (c *conn) answer() (number int, errno unix.Errno, err error) {
	buf := make([]byte, 4096)
	var n int
	waiting := c.raw.Read(func(fd uintptr) bool {
		n, _, err = unix.Recvfrom(int(fd), buf, 0)
		return err != unix.EAGAIN && err != unix.EINTR
	})
	switch {
	case waiting != nil:
		return 0, 0, waiting
	case err != nil:
		return 0, 0, fmt.Errorf("receive: %w", err)
	}
	return parseAnswer(buf[:n])
}

// parseAnswer reads a message of type NLMSG_ERROR: its header has the request's number, its data
// begin with the error, negative.
func parseAnswer(b []byte) (number int, errno unix.Errno, err error) {
	var m netlink.Message
	if err := m.UnmarshalBinary(b); err != nil {
		return 0, 0, fmt.Errorf("answer of %d bytes: %w", len(b), err)
	}
	if m.Header.Type != netlink.Error || len(m.Data) < 4 {
		return 0, 0, fmt.Errorf("answer of type %d and %d bytes", m.Header.Type, len(b))
	}
	return int(m.Header.Sequence), unix.Errno(-int32(binary.NativeEndian.Uint32(m.Data))), nil
}
