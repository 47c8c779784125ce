package clstatus

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"systole/pkg/hbapi"
)

// membershipSocket is where the cluster membership daemon (ccm) of the original listens. It is
// asked nothing: whoever connects is told the nodes it knows and then who is a member, in the
// frames of the client API (seen on its socket):
//
//	4 COUNT 0  { NUMBER NAME[256] }...               all nodes
//	2 COUNT INSTANCE QUORUM  { NUMBER BORN }...      the members
//	1 ...                                            this node was put out of the membership
const membershipSocket = "/run/heartbeat/ccm/ccm"

// membershipPatience is for an answer that comes at once. The original waits until its alarm.
const membershipPatience = time.Second

// Types of the frames.
const (
	ccmEvicted = 1
	ccmMembers = 2
	ccmNodes   = 4
)

const (
	ccmNameSize = 256
	ccmNodeSize = 4 + ccmNameSize
)

// membership is what ccm told.
type membership struct {
	evicted  bool
	quorum   bool
	instance uint32
	members  []member // the oldest first
}

// member is a node of the partition; born is the instance in which it came.
type member struct {
	number, born uint32
	name         string
}

var errMembership = errors.New("no sense in a frame of ccm")

// readMembership reads until it knows the members.
func readMembership(from io.Reader) (membership, error) {
	frames := hbapi.NewReader(from)
	names := map[uint32]string{}
	for {
		body, err := frames.Next()
		if err != nil {
			return membership{}, err
		}
		if len(body) < 16 { // the shortest with a count
			body = append(slices.Clone(body), make([]byte, 16-len(body))...)
		}
		switch number(body, 0) {
		case ccmEvicted:
			return membership{evicted: true}, nil
		case ccmNodes:
			if names, err = nodeNames(body[12:], number(body, 1)); err != nil {
				return membership{}, err
			}
		case ccmMembers:
			return memberList(body, names)
		}
	}
}

// number is the n-th number of a body.
func number(body []byte, n int) uint32 { return binary.NativeEndian.Uint32(body[4*n:]) }

func nodeNames(b []byte, count uint32) (map[uint32]string, error) {
	if uint64(len(b)) < uint64(count)*ccmNodeSize {
		return nil, errMembership
	}
	names := map[uint32]string{}
	for range count {
		name, _, _ := strings.Cut(string(b[4:ccmNodeSize]), "\x00")
		names[number(b, 0)] = name
		b = b[ccmNodeSize:]
	}
	return names, nil
}

// memberList reads the members. One whose name is not known is an error; the original crashes.
func memberList(body []byte, names map[uint32]string) (membership, error) {
	count, rest := number(body, 1), body[16:]
	if uint64(len(rest)) < uint64(count)*8 {
		return membership{}, errMembership
	}
	m := membership{instance: number(body, 2), quorum: number(body, 3) != 0}
	for range count {
		one := member{number: number(rest, 0), born: number(rest, 1)}
		name, known := names[one.number]
		if !known {
			return membership{}, errMembership
		}
		one.name, rest = name, rest[8:]
		m.members = append(m.members, one)
	}
	slices.SortStableFunc(m.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.born, b.born), cmp.Compare(a.number, b.number))
	})
	return m, nil
}

// membership tells what ccm says, where it runs and lets us in.
func (c *command) membership(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, membershipPatience)
	defer cancel()
	var d net.Dialer
	socket, err := d.DialContext(ctx, "unix", c.ccm)
	if err != nil {
		return
	}
	defer socket.Close()
	if deadline, ok := ctx.Deadline(); ok && socket.SetDeadline(deadline) != nil {
		return
	}
	m, err := readMembership(socket)
	var late net.Error
	switch {
	case errors.As(err, &late) && late.Timeout():
	case err != nil:
		fmt.Fprintln(c.stderr, "connection denied")
		c.errorf("problem handling ccm membership event")
	default:
		m.write(c.stdout, c.welcome.Node)
	}
}

// write prints the membership; self is the name of this node.
func (m membership) write(w io.Writer, self string) {
	if m.evicted {
		fmt.Fprint(w, "\nccm membership evicted\n")
		return
	}
	quorum := map[bool]string{true: "with", false: "WITHOUT"}[m.quorum]
	fmt.Fprintf(w, "\nccm membership %s quorum\n\tinstance %d\n\tmembers %d\n", quorum, m.instance, len(m.members))
	for _, one := range m.members {
		fmt.Fprintf(w, "\t\t%d %s\t(born: %d)\n", one.number, one.name, one.born)
	}
	not := "NOT "
	if slices.ContainsFunc(m.members, func(one member) bool { return one.name == self }) {
		not = ""
	}
	fmt.Fprintf(w, "\t%smember of partition\n", not)
}
