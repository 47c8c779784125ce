// Package stonith resets dead nodes with the stonith command of cluster-glue (failover spec 10.8).
//
//	stonith -t external/ipmi -p "n2 10.0.0.9 admin" -T reset n2     stonith_host * external/ipmi …
//	stonith -t external/ipmi -F /etc/ha.d/ipmi.conf -T reset n2     stonith external/ipmi FILE
//	stonith -t external/ipmi -p "n2 10.0.0.9 admin" -S              is the device there?
//
// The device "null" resets nothing and succeeds; it needs no command.
package stonith

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"systole/pkg/halog"
)

// Null is the device for tests.
const Null = "null"

// patience is how long the command may take. The original would wait for ever.
const patience = 2 * time.Minute

// Device is a device that can reset nodes.
type Device struct {
	Tool   string // the stonith command; "" looks it up
	Type   string
	Params string // words for the device
	File   string // with them, if not ""
}

// Log takes the lines of the original.
type Log func(level halog.Level, text string)

// Known says whether there is a type of device. tool is as in Device.
func Known(ctx context.Context, tool, kind string) bool {
	if kind == Null {
		return true
	}
	out, err := Device{Tool: tool}.command(ctx, "-L").Output()
	return err == nil && slices.Contains(strings.Fields(string(out)), kind)
}

// Describe names the device in the log. Its parameters may be secret.
func (d Device) Describe() string {
	if d.Type == Null {
		return "NULL STONITH device"
	}
	return d.Type
}

// Reset resets a node and logs what comes of it. The error says why the node was not reset.
func (d Device) Reset(ctx context.Context, node string, log Log) error {
	log(halog.Info, fmt.Sprintf("Resetting node %s with [%s]", node, d.Describe()))
	if d.Type == Null {
		log(halog.Info, "glib: Host null-reset: "+node)
		log(halog.Info, fmt.Sprintf("node %s now reset.", node))
		return nil
	}
	err := d.run(ctx, "STONITH "+node, log, "-T", "reset", node)
	if err != nil {
		log(halog.Error, fmt.Sprintf("Host %s not reset!", node))
		return fmt.Errorf("reset of %s: %w", node, err)
	}
	log(halog.Info, fmt.Sprintf("node %s now reset.", node))
	return nil
}

// Status asks the device whether it works.
func (d Device) Status(ctx context.Context, log Log) error {
	log(halog.Info, fmt.Sprintf("Checking status of STONITH device [%s]", d.Describe()))
	if d.Type == Null {
		return nil
	}
	err := d.run(ctx, "STONITH-stat", log, "-S")
	if err != nil {
		log(halog.Warn, fmt.Sprintf("STONITH device %s not operational!", d.Describe()))
		return fmt.Errorf("status of %s: %w", d.Type, err)
	}
	return nil
}

// run runs the command and logs its words and its end.
func (d Device) run(ctx context.Context, name string, log Log, action ...string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := d.command(ctx, append(d.words(), action...)...)
	words := &excerpt{most: 4096}
	cmd.Stdout, cmd.Stderr = words, words
	cmd.WaitDelay = time.Second // a plugin may leave a process behind that holds the pipe
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	for _, line := range words.lines() {
		log(halog.Info, "glib: "+line)
	}
	if cmd.ProcessState == nil {
		return err
	}
	logEnd(log, name, cmd)
	return err
}

func logEnd(log Log, name string, cmd *exec.Cmd) {
	level := halog.Info
	if !cmd.ProcessState.Success() {
		level = halog.Warn
	}
	log(level, fmt.Sprintf("Managed %s process %d exited with return code %d.", name, cmd.Process.Pid, cmd.ProcessState.ExitCode()))
}

func (d Device) words() []string {
	if d.File != "" {
		return []string{"-t", d.Type, "-F", d.File}
	}
	return []string{"-t", d.Type, "-p", d.Params}
}

func (d Device) command(ctx context.Context, args ...string) *exec.Cmd {
	tool := d.Tool
	if tool == "" {
		tool = "stonith"
		if path, err := exec.LookPath("/usr/sbin/stonith"); err == nil {
			tool = path
		}
	}
	return exec.CommandContext(ctx, tool, args...)
}

// excerpt keeps the begin of what a command writes.
type excerpt struct {
	buf  bytes.Buffer
	most int
}

func (e *excerpt) Write(p []byte) (int, error) {
	e.buf.Write(p[:min(len(p), e.most-e.buf.Len())])
	return len(p), nil
}

func (e *excerpt) lines() []string {
	return strings.FieldsFunc(e.buf.String(), func(r rune) bool { return r == '\n' })
}
