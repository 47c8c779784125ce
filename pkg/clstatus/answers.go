package clstatus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"systole/pkg/hbapi"
)

// heartbeatStatus tells whether the daemon runs. A daemon that refuses us runs.
func (c *command) heartbeatStatus(ctx context.Context, args []string) int {
	err := c.connect(ctx)
	if tooLate(err) {
		return exitTimeout
	}
	var refused *hbapi.RefusedError
	text, code := "Heartbeat is running on this machine.", exitOK
	switch {
	case errors.As(err, &refused):
		text = "Heartbeat is apparently running on this machine, but refuses my connection"
	case err != nil:
		text, code = "Heartbeat is stopped on this machine.", exitNo
	}
	if err := c.parse("hbstatus", "mv", args); err != nil {
		fmt.Fprintln(c.stderr, err)
	}
	switch {
	case !c.given('v'):
		fmt.Fprintln(c.stdout, text)
	case err != nil:
		fmt.Fprintf(c.stdout, "%s\n(%s)\n", text, signOnReason(err))
	default:
		return c.describe(ctx)
	}
	return code
}

// describe is hbstatus -v.
func (c *command) describe(ctx context.Context) int {
	controller, managed := `Resources controlled by "haresources"`, `"haresources"`
	if c.pacemaker() {
		controller, managed = "Resources controlled by Pacemaker.", "pacemaker\t("+c.welcome.Pacemaker+")"
	}
	c.say("version:\t"+c.welcome.Version, "Heartbeat version "+c.welcome.Version)
	c.say("managed by:\t"+managed, controller)
	c.membership(ctx)
	return listNodes(ctx, c)
}

func (c *command) pacemaker() bool {
	return c.welcome.Pacemaker != "" && c.welcome.Pacemaker != "false"
}

// test prints what the sign-on told.
func (c *command) test(ctx context.Context) int {
	state, err := c.client.ResourceState(ctx)
	switch {
	case tooLate(err):
		return exitTimeout
	case err != nil:
		state = "(null)"
	}
	fmt.Fprintf(c.stdout, "Dead time: %d\n keeplive time: %d\n mynodeid: %s\n rsc: %s\n",
		c.welcome.Deadtime.Milliseconds(), c.welcome.Keepalive.Milliseconds(), c.welcome.Node, state)
	return exitOK
}

// listNodes lists the nodes backwards, as the original's library stores them.
func listNodes(ctx context.Context, c *command) int {
	nodes, err := c.client.NodeList(ctx)
	if err != nil {
		return c.fail(err, exitFailed, "Cannot start node walk")
	}
	if c.human {
		fmt.Fprintln(c.stdout, "The nodes are as follow:")
	}
	all := c.given('n') == c.given('p')
	for _, n := range slices.Backward(nodes) {
		switch {
		case !all && (n.Type == hbapi.PingNode) != c.given('p'):
		case c.given('v'):
			fmt.Fprintf(c.stdout, "\n%s\t%s\t(nodetype: %s)\n", n.Name, n.Status, n.Type)
			if code := c.links(ctx, n.Name); code != exitOK {
				return code
			}
		default:
			fmt.Fprintln(c.stdout, n.Name)
		}
	}
	return exitOK
}

func listLinks(ctx context.Context, c *command) int { return c.links(ctx, c.params[0]) }

// links lists the links of a node, backwards too.
func (c *command) links(ctx context.Context, node string) int {
	links, err := c.client.LinkList(ctx, node)
	if err != nil {
		return c.fail(err, exitFailed, "Cannot start heartbeat link interface walk.")
	}
	if c.human {
		fmt.Fprintln(c.stdout, "\tthis node has the following heartbeat links:")
	}
	for _, l := range slices.Backward(links) {
		if c.given('v') {
			fmt.Fprintf(c.stdout, "\t%s\t%s\n", l.Name, l.Status)
		} else {
			fmt.Fprintf(c.stdout, "\t%s\n", l.Name)
		}
	}
	return exitOK
}

// noNode complains about a node the daemon does not know.
func (c *command) noNode(err error, text string) int {
	if tooLate(err) {
		return exitTimeout
	}
	fmt.Fprintln(c.stderr, text)
	return exitUsage
}

const badNode = "Error. May be due to incorrect node name"

func nodeStatus(ctx context.Context, c *command) int {
	status, err := c.client.NodeStatus(ctx, c.params[0])
	if err != nil {
		return c.noNode(err, badNode)
	}
	c.say(status, fmt.Sprintf("The cluster node %s is %s", c.params[0], status))
	if slices.Contains([]string{"active", "up", "ping"}, status) {
		return exitOK
	}
	return exitNo
}

func nodeWeight(ctx context.Context, c *command) int {
	weight, err := c.client.NodeWeight(ctx, c.params[0])
	if err != nil {
		return c.noNode(err, "Error. Maybe due to incorrect node name.")
	}
	c.say(strconv.Itoa(weight), fmt.Sprintf("The weight of the cluster node %s is %d", c.params[0], weight))
	return exitOK
}

func nodeSite(ctx context.Context, c *command) int {
	site, err := c.client.NodeSite(ctx, c.params[0])
	if err != nil {
		return c.noNode(err, badNode)
	}
	c.say(site, fmt.Sprintf("The site of the cluster node %s is %s", c.params[0], site))
	return exitOK
}

func nodeType(ctx context.Context, c *command) int {
	kind, err := c.client.NodeType(ctx, c.params[0])
	if err != nil {
		return c.noNode(err, badNode)
	}
	c.say(kind, fmt.Sprintf("The node %s's type: %s", c.params[0], kind))
	return exitOK
}

func linkStatus(ctx context.Context, c *command) int {
	node, link := c.params[0], c.params[1]
	status, err := c.client.LinkStatus(ctx, node, link)
	var bad *hbapi.RequestError
	if errors.As(err, &bad) {
		bad.Reason = "" // the original loses the daemon's
	}
	if err != nil {
		return c.fail(err, exitFailed, "Cannot get heartbeat link status")
	}
	c.say(status, fmt.Sprintf("The node %s's heartbeat link %s is %s", node, link, status))
	if status == "up" {
		return exitOK
	}
	return exitNo
}

// defaultWait is how long another node may take to say whether it has a client.
const defaultWait = 500 * time.Millisecond

// clientStatus asks for a client. Every failure is told as no timely answer, also an unknown node.
func clientStatus(ctx context.Context, c *command) int {
	node, id, wait := c.params[0], c.params[1], defaultWait
	if len(c.params) > 2 {
		ms, err := strconv.ParseUint(c.params[2], 10, 31)
		if err != nil {
			ms = 0
		}
		wait = time.Duration(ms) * time.Millisecond
	}
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	status, err := c.client.ClientStatus(short, node, id)
	if ctx.Err() != nil {
		return exitTimeout
	}
	if err != nil {
		c.errorf("Cannot get heartbeat client %s's status", id)
		c.errorf("REASON: No timely response.")
		return exitFailed
	}
	fmt.Fprintln(c.stdout, status)
	code, known := clientCodes[status]
	if !known {
		return exitFailed
	}
	return code
}

var clientCodes = map[string]int{"online": exitOK, "offline": exitNo, "join": exitJoin, "leave": exitLeave}

func resourceStatus(ctx context.Context, c *command) int {
	if c.pacemaker() {
		c.errorf("Cannot get cluster resource status of a pacemaker cluster; try crm_mon")
		return exitNo
	}
	state, err := c.client.ResourceState(ctx)
	if err != nil {
		return c.fail(err, exitFailed, "Cannot get cluster resource status")
	}
	c.say(state, fmt.Sprintf("This node is holding %s resources.", state))
	return exitOK
}

// parameter answers from the sign-on what it told already, as the original's library does.
func parameter(ctx context.Context, c *command) int {
	name, given := c.options['p']
	if !given {
		c.errorf("parameter name required")
		return exitUsage
	}
	known := map[string]string{"hbversion": c.welcome.Version, "pacemaker": c.welcome.Pacemaker}
	value, set := known[name], known[name] != ""
	if !set {
		var err error
		if value, set, err = c.client.Param(ctx, name); err != nil {
			return c.fail(err, exitNo, "Cannot get parameter %s's value", name)
		}
	}
	if !set {
		return c.fail(&hbapi.RequestError{}, exitNo, "Cannot get parameter %s's value", name)
	}
	c.say(value, fmt.Sprintf("Heartbeat parameter %s's value: %s", name, value))
	return exitOK
}
