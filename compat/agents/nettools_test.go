package agents

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"systole/compat/lab"
)

// layers are what is laid over both flavours: the scripts of testdata/disk, and net-tools, without
// which the original's IPaddr does nothing.
func layers(t *testing.T) []string {
	t.Helper()
	disk := lab.OK(filepath.Abs("testdata/disk"))(t)
	return []string{disk, lab.OK(netTools())(t)}
}

// netTools unpacks the Debian package into the build directory, once.
var netTools = sync.OnceValues(func() (string, error) {
	build, err := lab.BuildDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(build, "root", "net-tools")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "net-tools-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	cmd := exec.Command("sh", "-ec", `umask 022; apt-get download -q net-tools
mkdir root; dpkg-deb -x net-tools_*.deb root; [ -x root/sbin/ifconfig ]
mv root/sbin/* root/usr/sbin; rm -r root/bin root/sbin`) // /bin and /sbin are links
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("unpack net-tools: %w: %s", err, out)
	}
	if err := os.Rename(filepath.Join(fresh, "root"), dir); err != nil && !os.IsExist(err) {
		return "", err
	}
	return dir, nil
})
