package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Faults of a wire. Cut, Lose and Deafen are drop rules at the switch's end of
// the wire; they add up until Heal. They are made of clsact and a classic BPF
// classifier, which every kernel with network scheduling has; only Delay needs
// sch_netem.

// Unplug pulls the plug: the host sees its carrier go.
func (h *Host) Unplug(dev string) error { return h.atPort(dev, netlink.LinkSetDown) }

// Plug puts the plug back in.
func (h *Host) Plug(dev string) error { return h.atPort(dev, netlink.LinkSetUp) }

// Cut drops everything that the card sends and gets; the host sees nothing of it.
func (h *Host) Cut(dev string) error { return h.Lose(dev, 1, 1) }

// Lose drops a share (0 to 1) of the frames that the host sends and gets.
func (h *Host) Lose(dev string, sent, got float64) error {
	return h.addDrops(dev, dropRule{share: sent}, dropRule{toHost: true, share: got})
}

// Deafen drops what comes to the card from the other host, and only that: the
// other still hears this one.
func (h *Host) Deafen(dev string, from *Host) error {
	var rules []dropRule
	for _, c := range from.cards {
		rules = append(rules, dropRule{toHost: true, share: 1, from: c.mac})
	}
	return h.addDrops(dev, rules...)
}

// Heal ends what Cut, Lose, Deafen and Delay did to the card.
func (h *Host) Heal(dev string) error {
	c, err := h.card(dev)
	if err != nil {
		return err
	}
	c.drop = nil
	return errors.Join(h.applyDrops(c), h.Delay(dev, 0, 0))
}

// RemoveDev deletes the card from the host, as when a driver fails or a cloud
// detaches it. Restart brings it back.
func (h *Host) RemoveDev(dev string) error {
	return h.Do(func() error { return withLink(dev, netlink.LinkDel) })
}

// Delay holds back all that the host sends and gets by delay ± jitter. Zero ends
// it. It needs sch_netem, which not every kernel has; User-Mode Linux's does.
func (h *Host) Delay(dev string, delay, jitter time.Duration) error {
	set := func(link netlink.Link) error { return setNetem(link, delay, jitter) }
	if err := h.atPort(dev, set); err != nil {
		return fmt.Errorf("delay %s of %s: %w", dev, h.Name, err)
	}
	err := h.Do(func() error { return withLink(dev, set) })
	if errors.Is(err, errDown) || errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil // a card that is away has nothing to delay
	}
	return err
}

func setNetem(link netlink.Link, delay, jitter time.Duration) error {
	at := netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT}
	q := netlink.NewNetem(at, netlink.NetemQdiscAttrs{Latency: uint32(delay.Microseconds()), Jitter: uint32(jitter.Microseconds())})
	if delay > 0 {
		return netlink.QdiscReplace(q)
	}
	if have, err := netlink.QdiscList(link); err != nil || !slices.ContainsFunc(have, isNetem) {
		return err
	}
	return netlink.QdiscDel(q)
}

func isNetem(q netlink.Qdisc) bool { return q.Type() == "netem" }

// atPort does something to the switch's end of a card's wire.
func (h *Host) atPort(dev string, do func(netlink.Link) error) error {
	c, err := h.card(dev)
	if err != nil {
		return err
	}
	return h.lab.inSwitches(func() error { return withLink(c.end, do) })
}

// dropRule drops a share of the frames that pass the switch's end of a wire.
type dropRule struct {
	toHost bool // frames to the host, else frames from it
	share  float64
	from   net.HardwareAddr // only frames sent by this card; nil: all
}

func (h *Host) addDrops(dev string, rules ...dropRule) error {
	c, err := h.card(dev)
	if err != nil {
		return err
	}
	c.drop = append(c.drop, rules...)
	return h.applyDrops(c)
}

// applyDrops makes the kernel's filters what c.drop says.
func (h *Host) applyDrops(c *card) error {
	return h.atPort(c.dev, func(link netlink.Link) error {
		clsact := &netlink.GenericQdisc{
			QdiscAttrs: netlink.QdiscAttrs{LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_CLSACT},
			QdiscType:  "clsact",
		}
		if err := netlink.QdiscDel(clsact); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("remove drop rules: %w", err)
		}
		if len(c.drop) == 0 {
			return nil
		}
		if err := netlink.QdiscAdd(clsact); err != nil {
			return fmt.Errorf("clsact: %w", err)
		}
		for i, r := range c.drop {
			if err := r.install(link.Attrs().Index, uint16(i+1)); err != nil {
				return fmt.Errorf("drop rule: %w", err)
			}
		}
		return nil
	})
}

// Verdicts of a classifier in direct action mode (linux/pkt_cls.h).
const (
	tcActPipe = ^uint32(0) // TC_ACT_UNSPEC: ask the next filter
	tcActShot = 2
)

// program is the rule as a classic BPF program over the Ethernet frame.
func (r dropRule) program() []bpf.Instruction {
	const sourceMAC = 6
	var p []bpf.Instruction
	if r.from != nil { // jumps skip to the last instruction
		p = append(p,
			bpf.LoadAbsolute{Off: sourceMAC, Size: 4},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: binary.BigEndian.Uint32(r.from), SkipTrue: 5},
			bpf.LoadAbsolute{Off: sourceMAC + 4, Size: 2},
			bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: uint32(binary.BigEndian.Uint16(r.from[4:])), SkipTrue: 3},
		)
	}
	limit := uint32(min(max(r.share, 0), 1) * (1<<32 - 1))
	return append(p,
		bpf.LoadExtension{Num: bpf.ExtRand},
		bpf.JumpIf{Cond: bpf.JumpGreaterThan, Val: limit, SkipTrue: 1},
		bpf.RetConstant{Val: tcActShot},
		bpf.RetConstant{Val: tcActPipe},
	)
}

// install adds the rule's filter to the device. The netlink library only knows
// eBPF programs that are loaded already, hence the message by hand.
func (r dropRule) install(index int, prio uint16) error {
	if r.share <= 0 {
		return nil
	}
	code, err := bpf.Assemble(r.program())
	if err != nil {
		return err
	}
	parent := uint32(netlink.HANDLE_MIN_INGRESS)
	if r.toHost {
		parent = netlink.HANDLE_MIN_EGRESS
	}
	all := uint32(unix.ETH_P_ALL>>8 | unix.ETH_P_ALL<<8&0xff00)
	req := nl.NewNetlinkRequest(unix.RTM_NEWTFILTER, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.AddData(&nl.TcMsg{Family: nl.FAMILY_ALL, Ifindex: int32(index), Parent: parent, Info: uint32(prio)<<16 | all})
	req.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("bpf")))
	options := nl.NewRtAttr(nl.TCA_OPTIONS, nil)
	options.AddRtAttr(nl.TCA_BPF_OPS_LEN, nl.Uint16Attr(uint16(len(code))))
	options.AddRtAttr(nl.TCA_BPF_OPS, opcodes(code))
	options.AddRtAttr(nl.TCA_BPF_FLAGS, nl.Uint32Attr(nl.TCA_BPF_FLAG_ACT_DIRECT))
	req.AddData(options)
	_, err = req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// opcodes is the kernel's struct sock_filter array.
func opcodes(code []bpf.RawInstruction) []byte {
	var b []byte
	for _, op := range code {
		b = binary.NativeEndian.AppendUint16(b, op.Op)
		b = append(b, op.Jt, op.Jf)
		b = binary.NativeEndian.AppendUint32(b, op.K)
	}
	return b
}
