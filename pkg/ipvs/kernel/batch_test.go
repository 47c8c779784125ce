package kernel

import (
	"errors"
	"testing"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// controllerRequests are what the generic netlink controller refuses, each for its own reason: a family that is
// not there, a command that it does not know.
func controllerRequests(t *testing.T) []netlink.Message {
	t.Helper()
	const getFamily, familyName, none = 3, 2, 99
	attrs, err := encode(func(e *netlink.AttributeEncoder) { e.String(familyName, "NOSUCH") })
	if err != nil {
		t.Fatal(err)
	}
	absent := netlink.Message{Data: append([]byte{getFamily, 1, 0, 0}, attrs...)}
	unknown := netlink.Message{Data: []byte{none, 1, 0, 0}}
	return []netlink.Message{absent, unknown, unknown, absent}
}

// toController is a connection to the controller, for a minute.
func toController(t *testing.T) *conn {
	t.Helper()
	c, err := dialGeneric("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	c.family = unix.GENL_ID_CTRL
	if err := c.netlink.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	return c
}

// Each request of a batch gets its own answer, and the next batch does not see those of an earlier one.
func TestExchange(t *testing.T) {
	c := toController(t)
	for range 3 {
		answers, err := c.exchange(controllerRequests(t))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []error{unix.ENOENT, unix.EOPNOTSUPP, unix.EOPNOTSUPP, unix.ENOENT} {
			if !errors.Is(answers[i], want) {
				t.Errorf("request %d: %v, want %v", i, answers[i], want)
			}
		}
	}
}

// A full batch that is refused as a whole: no answer is lost.
func TestExchangeRefusals(t *testing.T) {
	c := toController(t)
	var batch []netlink.Message
	for len(batch) < batchMax {
		batch = append(batch, controllerRequests(t)...)
	}
	answers, err := c.exchange(batch)
	for i, a := range answers {
		if a == nil {
			t.Errorf("request %d was not refused", i)
		}
	}
	if err != nil || len(answers) != batchMax {
		t.Errorf("%d answers, %v", len(answers), err)
	}
}

func TestParseAnswer(t *testing.T) {
	good := []byte{20, 0, 0, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff} // of a little-endian machine
	if number, errno, err := parseAnswer(good); number != 7 || errno != unix.ENOENT || err != nil {
		t.Errorf("%d %v %v", number, errno, err)
	}
	for i := range good {
		if _, _, err := parseAnswer(good[:i]); err == nil {
			t.Errorf("%d bytes are an answer", i)
		}
	}
	other := append([]byte{}, good...)
	other[4] = unix.GENL_ID_CTRL
	if _, _, err := parseAnswer(other); err == nil {
		t.Error("a reply is an answer")
	}
}
