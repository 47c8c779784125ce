package agent

import (
	"context"
	"errors"
	"fmt"
)

// portRule is one portblock resource (agents spec 5): udp|tcp, ports, block|unblock. A group has a
// pair of them around a service, so that clients find neither a closed port nor half a service:
//
//	portblock::tcp::139::block IPaddr2::10.0.0.1 smbd portblock::tcp::139::unblock
type portRule struct {
	*Job
	words   []string // of iptables, after the chain
	blocks  bool     // action "block"
	blocked bool     // the rule is in force
}

// portblock is the agent portblock. The original looks for its rule in a listing, and where
// iptables lists protocols by number it finds none: rules pile up. Here iptables is asked (-C).
func portblock(ctx context.Context, j *Job, op string) int {
	for i, name := range []string{"protocol", "portno"} {
		if j.Args[i] == "" {
			j.logf("ERROR: Please set OCF_RESKEY_%s", name)
			return notConfigured
		}
	}
	p := &portRule{Job: j}
	p.words = []string{"-p", j.Args[0], "-d", "0.0.0.0/0", "-m", "multiport", "--dports", j.Args[1], "-j", "DROP"}
	switch j.Args[2] {
	case "block":
		p.blocks = true
	case "unblock":
	default:
		fmt.Fprintf(j.Stderr, "portblock: action %q is neither block nor unblock\n", j.Args[2])
		return generic
	}
	if err := p.check(ctx); err != nil {
		return p.unable(op, err)
	}
	switch op {
	case "start":
		return p.start(ctx)
	case "stop":
		return p.stop(ctx)
	}
	return p.status()
}

// unable is iptables missing.
func (p *portRule) unable(op string, err error) int {
	if op == "stop" {
		p.logf("WARNING: iptables: %v", err)
		p.unmark()
		return success
	}
	if errors.Is(err, errNoProgram) {
		return p.fail(notInstalled, "Setup problem: couldn't find command: iptables")
	}
	return p.fail(generic, "iptables: %v", err)
}

// check asks whether the rule is in force. iptables complains of a rule that is not, and of one
// that makes no sense; a start finds the latter out.
func (p *portRule) check(ctx context.Context) error {
	quiet := *p.Host
	quiet.Stderr = discard{}
	q := *p.Job
	q.Host = &quiet
	_, code, err := q.run(ctx, command{name: "iptables", args: append([]string{"-w", "-C", "INPUT"}, p.words...)})
	p.blocked = err == nil && code == 0
	return err
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }

// change inserts or deletes the rule.
func (p *portRule) change(ctx context.Context, flag string) int {
	_, code, err := p.run(ctx, command{name: "iptables", args: append([]string{"-w", flag, "INPUT"}, p.words...)})
	if err != nil || code != 0 {
		return badArgs
	}
	return success
}

func (p *portRule) block(ctx context.Context) int {
	if p.blocked {
		return success
	}
	return p.change(ctx, "-I")
}

func (p *portRule) unblock(ctx context.Context) int {
	active := 0
	if p.blocked {
		active = 1
	}
	p.print("active: %d want_active: 0", active)
	if !p.blocked {
		return success
	}
	return p.change(ctx, "-D")
}

func (p *portRule) start(ctx context.Context) int {
	act := p.unblock
	if p.blocks {
		act = p.block
	}
	if code := act(ctx); code != success {
		return code
	}
	return p.marking()
}

func (p *portRule) stop(ctx context.Context) int {
	act := p.block
	if p.blocks {
		act = p.unblock
	}
	code := act(ctx)
	p.unmark()
	return code
}

func (p *portRule) status() int {
	rule := fmt.Sprintf("portblock DROP rule [%s %s 0.0.0.0/0 in %s]", p.Args[0], p.Args[1], p.Args[2])
	switch {
	case p.blocks && p.blocked, p.marked() && !p.blocks && !p.blocked:
		p.print("%s  is running (OK)", rule)
	case p.marked():
		p.print("%s considered to be running (OK)", rule)
	default:
		p.print("%s is inactive", rule)
		return notRunning
	}
	return success
}
