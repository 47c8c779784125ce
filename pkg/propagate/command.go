package propagate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"systole/pkg/hacf"
)

const usage = `usage: ha_propagate
Copies /etc/ha.d/ha.cf and /etc/ha.d/authkeys to the other nodes of ha.cf with scp, and has
them start heartbeat at boot with ssh.
`

// enable has a machine start heartbeat at boot with whatever it has for that.
const enable = "systemctl enable heartbeat 2>/dev/null || chkconfig heartbeat on 2>/dev/null || update-rc.d heartbeat defaults"

// Main is the command ha_propagate. The exit code is 1 if heartbeat is not configured here or if
// something did not reach a node; the others are served all the same.
func Main(args []string, env func(string) string, _ io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		io.WriteString(stderr, usage)
		return 1
	}
	dir := env("HA_DIR")
	if dir == "" {
		dir = "/etc/ha.d"
	}
	others, err := otherNodes(dir)
	if err != nil {
		fmt.Fprintf(stdout, "HA Linux not configured on this node.  Can not propagate.\n")
		fmt.Fprintf(stderr, "ha_propagate: %v\n", err)
		return 1
	}
	code := 0
	for _, node := range others {
		if err := propagate(context.Background(), dir, node, stdout, stderr); err != nil {
			fmt.Fprintf(stderr, "ha_propagate: %s: %v\n", node, err)
			code = 1
		}
	}
	return code
}

// otherNodes are the nodes of ha.cf but this one. authkeys must be there too.
func otherNodes(dir string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "ha.cf"))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "authkeys")); err != nil {
		return nil, err
	}
	self, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	var others []string
	for _, d := range hacf.Parse("ha.cf", text) {
		if d.Name != "node" {
			continue
		}
		for _, name := range d.Values {
			if !strings.EqualFold(name, self) && !strings.HasPrefix(name, "-") {
				others = append(others, name)
			}
		}
	}
	if len(others) == 0 {
		return nil, errors.New("ha.cf names no other node")
	}
	return others, nil
}

// propagate serves one node.
func propagate(ctx context.Context, dir, node string, stdout, stderr io.Writer) error {
	fmt.Fprintf(stdout, "Propagating HA configuration files to node %s.\n", node)
	copied := run(ctx, stdout, stderr, "scp", "-p", filepath.Join(dir, "ha.cf"), filepath.Join(dir, "authkeys"), node+":"+dir+"/")
	if copied != nil {
		return copied
	}
	fmt.Fprintf(stdout, "Setting HA startup configuration on node %s.\n", node)
	return run(ctx, stdout, stderr, "ssh", node, enable)
}

func run(ctx context.Context, stdout, stderr io.Writer, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", argv[0], err)
	}
	return nil
}
