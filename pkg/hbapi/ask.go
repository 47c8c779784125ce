package hbapi

import (
	"context"
	"fmt"
	"strconv"

	"systole/pkg/hamsg"
)

// Node is what the node list says about a node.
type Node struct{ Name, Type, Status string }

// NodeList lists the nodes in the order of ha.cf. A daemon before 3.0.6 lists names only; the
// rest is asked for.
func (c *Client) NodeList(ctx context.Context) ([]Node, error) {
	var nodes []Node
	err := c.walk(ctx, c.newRequest("nodelist"), func(m *hamsg.Message) {
		nodes = append(nodes, Node{m.Get("node"), m.Get("nodetype"), m.Get("st")})
	})
	for i := range nodes {
		n := &nodes[i]
		if err == nil && n.Type == "" {
			n.Type, err = c.NodeType(ctx, n.Name)
		}
		if err == nil && n.Status == "" {
			n.Status, err = c.NodeStatus(ctx, n.Name)
		}
	}
	return nodes, err
}

// LinkList lists the links of a node with their states.
func (c *Client) LinkList(ctx context.Context, node string) ([]LinkInfo, error) {
	var links []LinkInfo
	err := c.walk(ctx, c.newRequest("iflist", "node", node), func(m *hamsg.Message) {
		links = append(links, LinkInfo{m.Get("ifname"), m.Get("st")})
	})
	for i := range links {
		l := &links[i]
		if err == nil && l.Status == "" {
			l.Status, err = c.LinkStatus(ctx, node, l.Name)
		}
	}
	return links, err
}

// walk makes a request that is answered by one message per item.
func (c *Client) walk(ctx context.Context, request *hamsg.Message, each func(*hamsg.Message)) error {
	m, err := c.request(ctx, request)
	for err == nil {
		each(m)
		if m.Get("result") != resultMore {
			return nil
		}
		m, err = c.answer(ctx, request.Get("reqtype"))
	}
	return err
}

// NodeStatus returns init, up, active, dead or ping.
func (c *Client) NodeStatus(ctx context.Context, node string) (string, error) {
	return c.field(ctx, "st", "nodestatus", "node", node)
}

// NodeType returns normal, ping or unknown.
func (c *Client) NodeType(ctx context.Context, node string) (string, error) {
	return c.field(ctx, "nodetype", "nodetype", "node", node)
}

// NodeSite returns the site of a node, empty unless one was set.
func (c *Client) NodeSite(ctx context.Context, node string) (string, error) {
	return c.field(ctx, "site", "nodesite", "node", node)
}

// NodeWeight returns the weight of a node, 100 unless another one was set.
func (c *Client) NodeWeight(ctx context.Context, node string) (int, error) {
	return c.number(ctx, "weight", "nodeweight", "node", node)
}

// NumNodes returns the number of nodes, ping nodes not counted.
func (c *Client) NumNodes(ctx context.Context) (int, error) {
	return c.number(ctx, "numnodes", "numnodes")
}

// LinkStatus returns up or dead.
func (c *Client) LinkStatus(ctx context.Context, node, link string) (string, error) {
	return c.field(ctx, "st", "ifstatus", "node", node, "ifname", link)
}

// Param returns a parameter of ha.cf (tools spec 8.12) and whether it is set.
func (c *Client) Param(ctx context.Context, name string) (string, bool, error) {
	m, err := c.ask(ctx, "getparm", "pname", name)
	value, set := m.Lookup("pvalue")
	return value, set, err
}

// ResourceState returns none, local, foreign, all or transition.
func (c *Client) ResourceState(ctx context.Context) (string, error) {
	return c.field(ctx, "rsc_hold", "getrsc")
}

// UUID returns the 16 bytes that identify a node; known is false if the daemon has not heard them.
func (c *Client) UUID(ctx context.Context, node string) (uuid [16]byte, known bool, err error) {
	m, err := c.ask(ctx, "getuuid", "queryname", node)
	value, found := m.Lookup("queryuuid")
	if err == nil && found && len(value) != len(uuid) {
		err = fmt.Errorf("uuid of %s: %d bytes", node, len(value))
	}
	copy(uuid[:], value)
	return uuid, found && err == nil, err
}

// NodeName returns the node with a uuid; known is false if there is none.
func (c *Client) NodeName(ctx context.Context, uuid [16]byte) (name string, known bool, err error) {
	request := c.newRequest("getnodename")
	request.SetBinary("queryuuid", string(uuid[:]))
	m, err := c.request(ctx, request)
	name, known = m.Lookup("queryname")
	return name, known, err
}

// ClientStatus says whether a client is signed on at a node: online or offline, or whatever else
// the daemon answers. About another node that node is asked, and no answer may ever come: ctx
// should have a deadline.
func (c *Client) ClientStatus(ctx context.Context, node, id string) (string, error) {
	request := c.newRequest("clientstatus", "node", node, "cn", id)
	if err := c.Send(ctx, request); err != nil {
		return "", err
	}
	for {
		m, err := c.next(ctx)
		switch {
		case err != nil:
			return "", err
		case m.Type() == typeResponse && m.Get("reqtype") == "clientstatus":
			if m.Get("result") != resultOK {
				return "", &RequestError{"clientstatus", m.Get("info")}
			}
			return m.Get("cs"), nil
		case m.Type() == typeRespond && m.Get("cn") == id && m.Get("src") == node:
			return m.Get("cs"), nil
		case m.Type() != typeResponse:
			c.held = append(c.held, m)
		}
	}
}

// SetFilter chooses the kinds of messages the daemon passes on; more than Keep is for root.
func (c *Client) SetFilter(ctx context.Context, kinds Kind) error {
	_, err := c.ask(ctx, "setfilter", "fmask", strconv.FormatUint(uint64(kinds), 16))
	return err
}

// SetSignal makes the daemon send our process a signal after each message; 0 ends that.
func (c *Client) SetSignal(ctx context.Context, signal int) error {
	_, err := c.ask(ctx, "setsignal", "signal", strconv.Itoa(signal))
	return err
}

// SetQueueLen sets how many messages may wait in the daemon for us before it removes us.
func (c *Client) SetQueueLen(ctx context.Context, n int) error {
	return c.Send(ctx, c.newRequest("set_sendqlen", "sendqlen", strconv.Itoa(n)))
}

// field makes a request that is answered by one value.
func (c *Client) field(ctx context.Context, field, kind string, fields ...string) (string, error) {
	m, err := c.ask(ctx, kind, fields...)
	return m.Get(field), err
}

func (c *Client) number(ctx context.Context, field, kind string, fields ...string) (int, error) {
	text, err := c.field(ctx, field, kind, fields...)
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", kind, err)
	}
	return n, nil
}
