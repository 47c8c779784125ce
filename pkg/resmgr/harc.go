package resmgr

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"systole/compat/entry"
	"systole/pkg/hamsg"
)

// RCDir is where the scripts for messages are. The original joins it to a directory that ends in
// a slash, and its log lines show both.
const RCDir = "/etc/ha.d//rc.d"

// Harc hands cluster messages to scripts: to the file of rc.d that has the name of the message's
// type (failover spec 5). Files on disk decide: while those that take part are as shipped, what
// they do is done in-process.
type Harc struct {
	*Manager
	Dir string // rc.d; harc and shellfuncs are in the directory above
}

// Types returns the message types that have a script. The daemon asks at its start.
func (h *Harc) Types() []string {
	entries, _ := os.ReadDir(h.Dir)
	var types []string
	for _, e := range entries {
		if st, err := os.Stat(h.Dir + "/" + e.Name()); err == nil && st.Mode().IsRegular() {
			types = append(types, e.Name())
		}
	}
	return types
}

// Context is what scripts are told besides the message.
type Context struct {
	Nice   bool   // auto_failback on or off, not legacy: HA_NICEFAILBACK
	Status string // our own node's: HA_OSTATUS
}

// Handle runs the script for a message to its end and returns the messages to be sent now. A
// script that is executed sends its own through the FIFO.
func (h *Harc) Handle(ctx context.Context, msg *hamsg.Message, c Context) []*hamsg.Message {
	kind := msg.Type()
	if !fileName(kind) {
		return nil
	}
	if h.edited("harc") {
		h.execute(ctx, h.above("harc"), kind, msg, c)
		return nil
	}
	script, ok := h.script(kind)
	if !ok {
		return nil
	}
	if run, ok := builtins()[kind]; ok && !h.edited("rc.d/"+kind) && !h.edited("shellfuncs") {
		return run(ctx, h, event{field: msg.Get, nice: c.Nice})
	}
	h.execute(ctx, script, kind, msg, c)
	return nil
}

func (h *Harc) execute(ctx context.Context, path, kind string, msg *hamsg.Message, c Context) {
	if res, err := h.Runner.Script(ctx, path, []string{kind}, h.messageEnv(msg, c)); err != nil {
		h.logs("ERROR: %v", err)
	} else if res.Code != 0 {
		h.logs("ERROR: %s exited with return code %d", path, res.Code)
	}
}

// edited says whether a file below /etc/ha.d is there and not what we ship.
func (h *Harc) edited(name string) bool {
	got, err := os.ReadFile(h.above(name))
	return !errors.Is(err, fs.ErrNotExist) && (err != nil || !entry.Shipped(name, got))
}

func (h *Harc) above(name string) string { return path.Join(h.Dir, "..", name) }

// fileName says whether a type can be the name of a script: it comes from another machine.
func fileName(kind string) bool {
	return kind != "" && kind[0] != '.' && !strings.ContainsAny(kind, "/\x00")
}

// script returns the path of the script for a type and says what is done with it.
func (h *Harc) script(kind string) (path string, ok bool) {
	path = h.Dir + "/" + kind
	if st, err := os.Stat(h.Dir); err != nil || !st.IsDir() {
		h.logs("ERROR: /etc/ha.d/harc: %s does not exist", h.Dir)
		return "", false
	}
	st, err := os.Stat(path)
	if err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		h.logs("ERROR: /etc/ha.d/harc: %s: not executable", path)
		return "", false
	}
	h.logs("info: Running %s %s", path, kind)
	return path, true
}

func (h *Harc) logs(format string, a ...any) {
	h.Logs("harc", "").Log(fmt.Sprintf(format, a...))
}

// event is a message as a built-in script sees it.
type event struct {
	field func(name string) string
	nice  bool
}

// builtins is the table of what the shipped scripts do.
func builtins() map[string]func(context.Context, *Harc, event) []*hamsg.Message {
	return map[string]func(context.Context, *Harc, event) []*hamsg.Message{
		"status":          statusChanged,
		"ip-request":      ipRequest,
		"ip-request-resp": ipRequestResp,
		"hb_takeover":     hbTakeover,
		"ask_resources":   nothing,
	}
}

func statusChanged(ctx context.Context, h *Harc, e event) []*hamsg.Message {
	if e.field("st") != "dead" {
		return nil
	}
	return h.MachDown(ctx, e.field("src"), e.field("info"), e.nice)
}

func nothing(context.Context, *Harc, event) []*hamsg.Message { return nil }

// localGive runs a hook of the administrator before a group is given up to a peer that asked.
func (h *Harc) localGive(ctx context.Context, e event) {
	path := h.Dir + "/local_giveip"
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || st.Mode()&0o111 == 0 {
		return
	}
	env := []string{"HA_ipaddr=" + e.field("ipaddr"), "HA_src=" + e.field("src")}
	if _, err := h.Runner.Script(ctx, path, nil, env); err != nil {
		h.logs("ERROR: %v", err)
	}
}

// messageEnv is what scripts get besides the environment of all (failover spec 6): every string
// field of the message. A field that would not be a variable, or would change one that all
// scripts get, is left out: the message comes from another machine.
func (h *Harc) messageEnv(msg *hamsg.Message, c Context) []string {
	var env []string
	if c.Nice {
		env = append(env, "HA_NICEFAILBACK=yes")
	}
	if c.Status != "" {
		env = append(env, "HA_OSTATUS="+c.Status)
	}
	for _, f := range msg.Fields {
		if f.Type == hamsg.String && variable(f.Name) && strings.IndexByte(f.Value, 0) < 0 && !h.set("HA_"+f.Name) {
			env = append(env, "HA_"+f.Name+"="+f.Value)
		}
	}
	return env
}

// set says whether all scripts get a variable.
func (h *Harc) set(name string) bool {
	return slices.ContainsFunc(h.Runner.Env, func(e string) bool { return strings.HasPrefix(e, name+"=") })
}

func variable(name string) bool {
	return name != "" && strings.IndexFunc(name, func(c rune) bool {
		return c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) < 0
}
