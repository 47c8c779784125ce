package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"systole/compat/lab"
)

// packageLayer is the directory of the project's build directory that has what some
// Debian packages install.
func packageLayer(packages []string) (string, error) {
	build, err := lab.BuildDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(build, "layers", "demo-"+strings.Join(packages, "-")), nil
}

// unpack fetches packages from where this machine's own apt gets them, and lays out
// their files as on a Debian where /lib, /bin and /sbin are links to /usr.
const unpack = `
apt-get download -q "$@" || { apt-get update -q; apt-get download -q "$@"; }
mkdir root
for p in *.deb; do dpkg-deb -x "$p" root; done
for d in lib bin sbin; do
	if [ -d root/$d ]; then mkdir -p root/usr/$d; cp -a root/$d/. root/usr/$d/; rm -r root/$d; fi
done
rm -rf root/usr/lib/tmpfiles.d # it names accounts that are not there`

// ensurePackages makes the layer of some packages if it is missing.
func ensurePackages(ctx context.Context, packages []string) error {
	if len(packages) == 0 {
		return nil
	}
	dir, err := packageLayer(packages)
	if err != nil {
		return err
	}
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	fresh, err := os.MkdirTemp(filepath.Dir(dir), "demo.")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-ec", unpack, "sh"}, packages...)...)
	cmd.Dir = fresh
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("packages %s: %w: %s", strings.Join(packages, ", "), err, out)
	}
	if err := os.Rename(filepath.Join(fresh, "root"), dir); err != nil && !os.IsExist(err) {
		return err
	}
	return nil
}
